"""The documents of one counted day, ready to be written.

Comes in: a day's numbers. Goes out: bulk actions, each with the id and the
version that make a repetition harmless. ``_id`` is a hash of what the document
is about; the version is the ticket of the snapshot it was counted from, so
that an older snapshot never overwrites a newer one.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from stats.aggregations.day import DayNumbers
from stats.aggregations.tally import Numbers
from stats.aggregations.types import USAGE_FAMILY, USERS_FAMILY, Aggregation
from stats.aggregations.usage import Usage
from stats.aggregations.users import EXTRACTOR, UserRow
from stats.aggregations.within import Containers
from stats.events.types import OTHER, Breakdown, EventType
from stats.refs import kind_of

Document = dict[str, Any]


@dataclass(frozen=True)
class FamilyDocument:
    """One document of a family of indices; one without a body is to be deleted."""

    family: str
    id: str
    resource: str
    user: str | None = None
    body: Document | None = None


@dataclass(frozen=True)
class Snapshot:
    """What day was counted, from a read when: ``ticket`` and ``counted_at`` (ISO text)."""

    day: date
    ticket: int
    counted_at: str

    @property
    def common(self) -> Document:
        """Return the fields that every document of the day has."""
        return {
            "timestamp": f"{self.day.isoformat()}T00:00:00.000Z",
            "counted_at": self.counted_at,
            "source": "events",
            "interval": "day",
        }


def document_id(*parts: str) -> str:
    """Return the ``_id`` of a document: a hash of what it is about."""
    digest = blake2b("\0".join(parts).encode(), digest_size=16).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def build_documents(
    numbers: DayNumbers, snapshot: Snapshot, *, whole: bool
) -> Iterator[FamilyDocument]:
    """Yield the documents that changed, or with ``whole`` all of the day.

    A document that changed to nothing comes without a body.
    """
    for aggregation, found in numbers.types.items():
        for resource in numbers.touched[aggregation] | (found.keys() if whole else set()):
            one = found.get(resource)
            yield build_daily(aggregation, resource, one, snapshot, numbers.containers)
    for resource in numbers.touched_usage | (numbers.usage.keys() if whole else set()):
        yield build_usage(resource, numbers.usage.get(resource), snapshot, numbers.containers)
    types = {a.event_type.name: a.event_type for a in numbers.types}
    for user, resource in numbers.touched_rows | (numbers.users.keys() if whole else set()):
        row = numbers.users.get((user, resource))
        yield build_user(user, resource, row, snapshot, types)


def build_daily(
    aggregation: Aggregation,
    resource: str,
    numbers: Numbers | None,
    snapshot: Snapshot,
    containers: Containers,
) -> FamilyDocument:
    """Build the document of one type, day and resource (DESIGN 3.3)."""
    event = aggregation.event_type.name
    identity = document_id(event, snapshot.day.isoformat(), resource)
    if numbers is None:
        return FamilyDocument(aggregation.family, identity, resource)
    body = snapshot.common | {
        "event": event,
        "resource": resource,
        "kind": kind_of(resource),
        "parents": containers.of(resource),
        "count": numbers.count,
        "unique_count": numbers.unique_count,
        "volume": numbers.volume,
        "excluded_count": sum(numbers.excluded.values()),
        "excluded": dict(sorted(numbers.excluded.items())),
        "breakdown": {b.name: _rows(b, numbers) for b in numbers.rows},
    }
    if numbers.last:
        body["last"] = numbers.last
    if numbers.valued is not None:
        body |= {"sum": numbers.sum, "max": numbers.max, "last_value": numbers.valued[2]}
    return FamilyDocument(aggregation.family, identity, resource, body=body)


def build_usage(
    resource: str, usage: Usage | None, snapshot: Snapshot, containers: Containers
) -> FamilyDocument:
    """Build the COUNTER document of one day and resource (DESIGN 3.3)."""
    identity = document_id(USAGE_FAMILY, snapshot.day.isoformat(), resource)
    if usage is None:
        return FamilyDocument(USAGE_FAMILY, identity, resource)
    whole = usage.whole
    body = snapshot.common | {
        "resource": resource,
        "kind": kind_of(resource),
        "parents": containers.of(resource),
        "total_investigations": whole.total_investigations,
        "unique_investigations": whole.unique_investigations,
        "total_requests": whole.total_requests,
        "unique_requests": whole.unique_requests,
        "volume": whole.volume,
        "breakdown": {
            breakdown.name: _sorted([key, *row.row()] for key, row in rows.items())
            for breakdown, rows in usage.rows.items()
        },
    }
    return FamilyDocument(USAGE_FAMILY, identity, resource, body=body)


def build_user(
    user: str,
    resource: str,
    row: UserRow | None,
    snapshot: Snapshot,
    types: dict[str, EventType],
) -> FamilyDocument:
    """Build the document of one user, resource and day (DESIGN 3.3)."""
    identity = document_id(USERS_FAMILY, user, resource, snapshot.day.isoformat())
    if row is None:
        return FamilyDocument(USERS_FAMILY, identity, resource, user)
    counts: dict[str, dict[str, int]] = {}
    for (event, via), count in row.counts.items():
        counts.setdefault(event, {})[via] = count
    ways = _ways(row, types)
    body = snapshot.common | {
        "user_id": user,
        "resource": resource,
        "kind": kind_of(resource),
        "counts": counts,
        "via": ways,
        "views": sum(sums["views"] for way, sums in ways.items() if way != EXTRACTOR),
        "downloads": sum(sums["downloads"] for way, sums in ways.items() if way != EXTRACTOR),
    }
    for counts_as, field in (("views", "last_viewed"), ("downloads", "last_downloaded")):
        if counts_as in row.last:
            body[field] = row.last[counts_as]
    return FamilyDocument(USERS_FAMILY, identity, resource, user, body)


def _ways(row: UserRow, types: dict[str, EventType]) -> dict[str, dict[str, int]]:
    """Return views and downloads per via; extractors' are kept apart under theirs."""
    found = [(via, types[event], count) for (event, via), count in row.counts.items()]
    found += [(EXTRACTOR, types[event], count) for event, count in row.apart.items()]
    ways: dict[str, dict[str, int]] = {}
    for via, event_type, count in found:
        if event_type.counts_as:
            sums = ways.setdefault(via, {"views": 0, "downloads": 0})
            sums[event_type.counts_as] += count
    return ways


def _rows(breakdown: Breakdown, numbers: Numbers) -> list[list[Any]]:
    """Return the rows largest first, those beyond the limit summed as one.

    A session that had several of the summed values is one unique of them all.
    """
    ordered = _sorted([key, *row] for key, row in numbers.rows[breakdown].items())
    limit = breakdown.limit
    if limit is None or len(ordered) <= limit:
        return ordered
    rest = [sum(column) for column in zip(*(row[1:] for row in ordered[limit:]), strict=True)]
    summed = {row[0] for row in ordered[limit:]}
    for keys, sessions in numbers.several.get(breakdown, {}).items():
        rest[1] -= sessions * max(0, len(keys & summed) - 1)
    return [*ordered[:limit], [OTHER, *rest]]


def _sorted(rows: Iterable[list[Any]]) -> list[list[Any]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))
