"""Stores of a report, made of rows by hand: for tests that need no engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from stats.aggregations.types import MEMBERSHIP_FAMILY
from stats.events.catalogue import EVENT_TYPES
from stats.events.types import DIMENSIONS
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.refs import kind_of
from stats.reports.items import Platform
from stats.reports.sources import Sources
from stats.stores.ranking import RANKED_BY

UTC = timezone.utc
NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
COUNTED_UNTIL = datetime(2024, 6, 15, 10, tzinfo=UTC)
PLATFORM = Platform(
    "myrepo",
    "My Repository",
    "My Repository",
    ("grid", "266093.8"),
    item_kinds=("record", "dataset"),
    dataset_kinds=("dataset",),
    data_types={"dataset": "Dataset"},
)


def usage_document(
    resource: str,
    day: str,
    rows: Mapping[str, Sequence[int]],
    *,
    access: str = "open",
    country: str = "ZZ",
    parents: Sequence[str] = (),
) -> dict[str, Any]:
    """One day of one resource: access method -> the five numbers of a usage row."""
    return {
        "resource": resource,
        "kind": resource.partition(":")[0],
        "timestamp": f"{day}T00:00:00.000Z",
        "parents": list(parents),
        "breakdown": {
            "access_method": [[method, *numbers] for method, numbers in rows.items()],
            "access_method+access": [[f"{m}|{access}", *n] for m, n in rows.items()],
            "access_method+country": [[f"{m}|{country}", *n] for m, n in rows.items()],
        },
    }


class Usages:
    """A search store that holds usage documents, and answers what usage reports ask."""

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self.documents = sorted(documents, key=lambda d: (d["resource"], d["timestamp"]))

    def daily(self, family: str, month: str | None = None) -> str:
        return f"stats-{family}"

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        kinds = body["query"]["bool"]["filter"][0]["terms"]["kind"]
        times = [d["timestamp"] for d in self.documents if d["kind"] in kinds]
        if not times:
            return {"aggregations": {"oldest": {"value": None}}}
        oldest = datetime.fromisoformat(min(times).replace("Z", "+00:00"))
        return {"aggregations": {"oldest": {"value": oldest.timestamp() * 1000}}}

    def pages(
        self, index: str, body: dict[str, Any], *, size: int = 2, sort: Sequence[Any] = ()
    ) -> Iterator[list[dict[str, Any]]]:
        if index == self.daily(MEMBERSHIP_FAMILY):  # nothing moved within a day
            return
        kinds, days = body["query"]["bool"]["filter"]
        span = days["range"]["timestamp"]
        found = [
            {"_source": d}
            for d in self.documents
            if d["kind"] in kinds["terms"]["kind"]
            and span["gte"] <= d["timestamp"][:10] <= span["lte"]
        ]
        for start in range(0, len(found), 2):
            yield found[start : start + 2]


class Resources:
    """Descriptions by ref; counts how often it is asked."""

    def __init__(self, descriptions: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.descriptions = dict(descriptions or {})
        self.asked = 0

    def read(self, refs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        self.asked += 1
        return {ref: self.descriptions[ref] for ref in refs if ref in self.descriptions}

    def has_kind(self, kind: str) -> bool:
        return any(kind_of(ref) == kind for ref in self.descriptions)


class Ranking:
    """Totals, sorted as the store sorts them."""

    def __init__(self, totals: Iterable[Mapping[str, Any]] = ()) -> None:
        self.documents = list(totals)

    def _of(self, kind: str, by: str, counted: Sequence[str]) -> list[Any]:
        then = "views" if by == "downloads" else "downloads"
        used = [d for d in self.documents if d["kind"] == kind and any(d[c] for c in counted)]
        return sorted(used, key=lambda d: (-d[by], -d[then], d["_id"]))

    def totals(self, kind: str, by: str, counted: Sequence[str] = RANKED_BY) -> Iterator[Any]:
        return iter(self._of(kind, by, counted))

    users = totals

    def count_totals(self, kind: str, counted: Sequence[str] = RANKED_BY) -> int:
        return len(self._of(kind, "downloads", counted))

    count_users = count_totals

    def has_kind(self, kind: str) -> bool:
        return any(d["kind"] == kind for d in self.documents)


class State:
    """How far everything is counted."""

    def __init__(self, until: datetime | None = COUNTED_UNTIL) -> None:
        self.until = until

    def counted_until(self) -> datetime | None:
        return self.until


def sources(
    *,
    usage: Iterable[Mapping[str, Any]] = (),
    totals: Iterable[Mapping[str, Any]] = (),
    descriptions: Mapping[str, Mapping[str, Any]] | None = None,
    until: datetime | None = COUNTED_UNTIL,
    kinds: Iterable[Kind] = (),
) -> Sources:
    """Return sources that hold these."""
    return Sources(
        Usages(usage),
        Ranking(totals),
        Resources(descriptions),
        State(until),
        {event_type.name: event_type for event_type in EVENT_TYPES},
        build_kinds(kinds),
        {dimension.name: dimension for dimension in DIMENSIONS},
    )
