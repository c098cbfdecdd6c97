"""The documents of one counted day, ready to be written.

Comes in: a day's numbers. Goes out: bulk actions, each with the id and the
version that make a repetition harmless. ``_id`` is a hash of what the document
is about; the version is the ticket of the snapshot it was counted from, so
that an older snapshot never overwrites a newer one.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from stats.aggregations.breakdown_rows import divide, divide_by_user, largest_first, limited, sums
from stats.aggregations.count_day import DayNumbers
from stats.aggregations.item_attribution import ItemAttribution
from stats.aggregations.session_union import UsageType, UsageUnion
from stats.aggregations.tally import Numbers
from stats.aggregations.types import (
    MEMBERSHIP_FAMILY,
    USAGE_FAMILY,
    USAGE_FIELDS,
    USERS_FAMILY,
    Aggregation,
    attributed,
)
from stats.aggregations.users.rows import UserRow
from stats.counting_rules import EXTRACTOR
from stats.events.types import BY_USER, USAGE_BREAKDOWNS, Breakdown, EventType
from stats.refs import kind_of
from stats.times import iso_of_ms

Document = dict[str, Any]

WHOLE = Breakdown(())
"""Not divided: one row, with the empty key."""


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
    """What day was counted, from a read when: ``ticket``, drawn before it and never twice."""

    day: date
    ticket: int

    @property
    def counted_at(self) -> str:
        """Return the ticket as the time that it is: no other snapshot has the same."""
        return iso_of_ms(self.ticket)

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
        daily = DailyBuilder(numbers, snapshot, aggregation)
        for resource in numbers.touched[aggregation] | (found.keys() if whole else set()):
            yield daily.build(resource, found.get(resource))
            yield from daily.build_parts(resource)
    usage = UsageBuilder(numbers, snapshot)
    for resource in numbers.touched_usage | (usage.used() if whole else set()):
        yield usage.build(resource)
    types = {a.event_type.name: a.event_type for a in numbers.types}
    for user, resource in numbers.touched_rows | (numbers.users.keys() if whole else set()):
        row = numbers.users.get((user, resource))
        yield build_user(user, resource, row, snapshot, types)


class DailyBuilder:
    """Builds the documents of one type and day (``docs/contracts.md#daily-document``)."""

    def __init__(self, numbers: DayNumbers, snapshot: Snapshot, aggregation: Aggregation) -> None:
        self._aggregation = aggregation
        self._snapshot = snapshot
        self._common = snapshot.common | {"event": aggregation.event_type.name}
        self._containers = numbers.containers
        self._memberships = numbers.memberships[aggregation]
        profiles = numbers.profiles[aggregation]
        self._breakdowns = [
            (b.name, b.limit, divide_by_user if b == BY_USER else divide, profiles.keys(b))
            for b in aggregation.breakdowns
        ]

    def build(self, resource: str, numbers: Numbers | None) -> FamilyDocument:
        """Build one resource's document."""
        event = self._aggregation.event_type.name
        identity = document_id(event, self._snapshot.day.isoformat(), resource)
        if numbers is None:
            return FamilyDocument(self._aggregation.family, identity, resource)
        count, unique_count, volume = sums(numbers)
        body = self._common | {
            "resource": resource,
            "kind": kind_of(resource),
            "parents": self._containers.of(resource),
            "count": count,
            "unique_count": unique_count,
            "volume": volume,
            "excluded_count": sum(numbers.excluded.values()),
            "excluded": dict(sorted(numbers.excluded.items())),
            "breakdown": {
                name: limited(divided(numbers, keys), limit, numbers, keys)
                for name, limit, divided, keys in self._breakdowns
            },
        }
        partly = self._memberships.partly(resource, body["parents"])
        if partly:
            body["partly"] = partly
        if numbers.last:
            body["last"] = numbers.last
        if numbers.valued is not None:
            body |= {"sum": numbers.sum, "max": numbers.max, "last_value": numbers.valued[2]}
        return FamilyDocument(self._aggregation.family, identity, resource, body=body)

    def build_parts(self, resource: str) -> Iterator[FamilyDocument]:
        """Build a document for each container that held a resource for a part of the day."""
        event, day = self._aggregation.event_type.name, self._snapshot.day.isoformat()
        for container, numbers in self._memberships.parts(resource).items():
            body = self.build(resource, numbers).body
            if body is not None:
                body = {name: body[name] for name in body if name not in ("breakdown", "partly")}
                body["container"] = container
            identity = document_id(MEMBERSHIP_FAMILY, event, day, resource, container)
            yield FamilyDocument(MEMBERSHIP_FAMILY, identity, resource, body=body)


class UsageBuilder:
    """Builds the usage documents of a day, of all types (``docs/contracts.md#usage-document``)."""

    def __init__(self, numbers: DayNumbers, snapshot: Snapshot) -> None:
        self._numbers = numbers
        self._snapshot = snapshot
        self._common = snapshot.common
        self._types = [
            (number, aggregation, numbers.types[aggregation])
            for number, aggregation in enumerate(numbers.types)
            if aggregation.event_type.usage
        ]
        self._whole = self._divided_by(WHOLE)
        self._divided = {b.name: self._divided_by(b) for b in USAGE_BREAKDOWNS}
        self._of_items = [
            (items, {b.name: self._divided_by(b, items) for b in USAGE_BREAKDOWNS})
            for items in numbers.items
        ]

    def used(self) -> set[str]:
        """Return the resources that have any usage that counts."""
        return {ref for _, _, found in self._types for ref, one in found.items() if one.profiles}

    def build(self, resource: str) -> FamilyDocument:
        """Build one resource's document; without a body when it was not used."""
        identity = document_id(USAGE_FAMILY, self._snapshot.day.isoformat(), resource)
        shared = self._numbers.shared.get(resource, {})
        whole = self._whole.rows(resource, shared)
        if not whole:
            return FamilyDocument(USAGE_FAMILY, identity, resource)
        body = self._common | {
            "resource": resource,
            "kind": kind_of(resource),
            "parents": self._numbers.containers.of(resource),
            **dict(zip(USAGE_FIELDS, whole[""], strict=True)),
            "breakdown": {
                name: largest_first(union.rows(resource, shared))
                for name, union in self._divided.items()
            }
            | self._attributed(resource),
        }
        return FamilyDocument(USAGE_FAMILY, identity, resource, body=body)

    def _attributed(self, resource: str) -> dict[str, list[list[Any]]]:
        """Divide what is attributed to a resource, in the roles in which that is not all."""
        return {
            attributed(items.role.name, name): largest_first(
                union.rows(resource, items.shared.get(resource, {}))
            )
            for items, divided in self._of_items
            if resource in items.partial
            for name, union in divided.items()
        }

    def _divided_by(self, breakdown: Breakdown, items: ItemAttribution | None = None) -> UsageUnion:
        profiles = self._numbers.profiles
        return UsageUnion(
            [
                UsageType(
                    number,
                    a.event_type.usage == "request",
                    profiles[a].keys(breakdown),
                    items.numbers[number] if items else found,
                )
                for number, a, found in self._types
            ]
        )


def build_user(
    user: str,
    resource: str,
    row: UserRow | None,
    snapshot: Snapshot,
    types: dict[str, EventType],
) -> FamilyDocument:
    """Build the document of one user, resource and day (``docs/contracts.md#rows-by-user``)."""
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
