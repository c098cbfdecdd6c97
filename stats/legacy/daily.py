"""Daily numbers of invenio-stats, as daily documents with ``source`` ``legacy``.

Pure. Its numbers are of single files and records; here each counts for the
resource, its parents and the site. Invariant: counts and volumes add
up. Uniques of a container are the sum of its parts' uniques, which is what
invenio-stats and InvenioRDM show, and more than there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stats.aggregations.daily_documents import document_id
from stats.aggregations.hierarchy import Containers, Hierarchy
from stats.aggregations.types import LEGACY
from stats.events.types import SITE
from stats.kinds.types import Kinds
from stats.legacy.mapping import refs_of
from stats.refs import kind_of

Document = dict[str, Any]


@dataclass
class LegacyDay:
    """What one type has of one day: counts, uniques and bytes by resource."""

    kinds: Kinds
    rows: dict[str, list[int]] = field(default_factory=dict)
    unread: int = 0

    def __post_init__(self) -> None:
        """Know no hierarchy yet."""
        self.containers = Containers(Hierarchy(self.kinds))

    def add(self, sources: Iterable[Mapping[str, Any]]) -> None:
        """Take daily documents of invenio-stats."""
        for source in sources:
            refs = refs_of(source)
            if refs is None:
                self.unread += 1
                continue
            numbers = [_whole(source, name) for name in ("count", "unique_count", "volume")]
            refs = self.kinds.normal_refs(refs)
            self.containers.add(refs)
            for ref in (*refs, SITE):
                row = self.rows.setdefault(ref, [0, 0, 0])
                for position, number in enumerate(numbers):
                    row[position] += number

    def documents(
        self, type_name: str, day: date, *, counted_at: str, import_id: str
    ) -> Iterator[tuple[str, Document]]:
        """Yield ``_id`` and daily document of each resource."""
        for ref, (count, unique_count, volume) in self.rows.items():
            yield (
                document_id(type_name, day.isoformat(), ref, LEGACY),
                {
                    "timestamp": f"{day.isoformat()}T00:00:00.000Z",
                    "counted_at": counted_at,
                    "source": LEGACY,
                    "import_id": import_id,
                    "interval": "day",
                    "event": type_name,
                    "resource": ref,
                    "kind": kind_of(ref),
                    "parents": self.containers.of(ref),
                    "count": count,
                    "unique_count": unique_count,
                    "volume": volume,
                    "excluded_count": 0,
                    "excluded": {},
                    "breakdown": {},
                },
            )


def _whole(source: Mapping[str, Any], name: str) -> int:
    """Return a number of theirs; some are absent, some are floating-point or null."""
    return round(source.get(name) or 0)
