"""What the numbers must be: every use is noted as it is made, and summed in the plainest way.

Each use is of a visitor of its own unless it says otherwise, so no two are a double click.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

BYTES = 12
Numbers = dict[str, int]


@dataclass
class Model:
    """The uses that count, by resource."""

    views: Counter[str] = field(default_factory=Counter)
    downloads: Counter[str] = field(default_factory=Counter)
    viewers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    downloaders: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def view(self, visitor: int, *refs: str) -> None:
        """Note a view of a record, with all that it is in."""
        for ref in refs:
            self.views[ref] += 1
            self.viewers[ref].add(visitor)

    def download(self, visitor: int, *refs: str) -> None:
        """Note a download of a file, with all that it is in."""
        for ref in refs:
            self.downloads[ref] += 1
            self.downloaders[ref].add(visitor)

    def total(self, ref: str) -> Numbers:
        """Return the numbers of a resource."""
        return {
            "views": self.views[ref],
            "unique_views": len(self.viewers[ref]),
            "downloads": self.downloads[ref],
            "unique_downloads": len(self.downloaders[ref]),
            "volume": self.downloads[ref] * BYTES,
        }

    def stats(self, record: str, concept: str) -> dict[str, Numbers]:
        """Return ``stats`` as InvenioRDM has them in a record."""
        parts = {"this_version": f"record:{record}", "all_versions": f"concept:{concept}"}
        named = {part: self.total(ref) for part, ref in parts.items()}
        return {
            part: {**{k: v for k, v in n.items() if k != "volume"}, "data_volume": n["volume"]}
            for part, n in named.items()
        }

    def refs(self) -> list[str]:
        """Return all resources that were used."""
        return sorted({*self.views, *self.downloads})
