"""COUNTER usage: what a resource's event types of one day unite to.

A view is an investigation; a download is a request and an investigation
(COUNTER 5.1, 3.3). Totals are sums over the types, uniques are sessions of any
of them: who looks at a record and takes its file in one session is one unique
investigation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from stats.aggregations.breakdown_rows import divide
from stats.aggregations.tally import Numbers, Tally
from stats.aggregations.types import USAGE_FIELDS

UsageRow = list[int]
"""The numbers of :data:`USAGE_FIELDS`."""

Seen = frozenset[tuple[int, int]]
"""The types, by number, and the profiles that one session of several types was seen with."""

Shared = dict[Seen, int]
"""Sessions of one resource that several types saw: how many there are of each kind."""


def add_shared_sessions(tallies: Mapping[int, Tally], shared: Shared) -> None:
    """Add the sessions of a slice that several types, by number, saw at one resource."""
    once: set[str] = set()
    twice: set[str] = set()
    for one in tallies.values():
        twice |= once & one.sessions.keys()
        once |= one.sessions.keys()
    for session in twice:
        seen = frozenset(_seen(session, tallies))
        shared[seen] = shared.get(seen, 0) + 1


def _seen(session: str, tallies: Mapping[int, Tally]) -> Iterator[tuple[int, int]]:
    """Yield every type and profile that a session was seen with."""
    for number, one in tallies.items():
        if session in one.mixed:
            yield from ((number, profile) for profile in one.mixed[session])
        elif session in one.sessions:
            yield number, one.sessions[session]


class UsageType(NamedTuple):
    """What one event type counted, by resource, and the key of each profile.

    ``number`` is the type's among all of the day's.
    """

    number: int
    request: bool
    keys: Sequence[str]
    found: Mapping[str, Numbers]


class UsageUnion:
    """What some types of usage unite to, divided by one breakdown."""

    def __init__(self, types: Sequence[UsageType]) -> None:
        self._types = types
        self._keys = {one.number: one.keys for one in types}
        self._requests = {one.number for one in types if one.request}
        self._surplus: dict[Seen, list[tuple[str, int, int]]] = {}

    def rows(self, resource: str, shared: Shared) -> dict[str, UsageRow]:
        """Return the usage rows of a resource by key."""
        rows: dict[str, UsageRow] = {}
        for one in self._types:
            numbers = one.found.get(resource)
            if numbers is not None:
                _add(divide(numbers, one.keys), rows, request=one.request)
        for seen, sessions in shared.items():
            for key, investigations, requests in self._surplus_of(seen):
                rows[key][1] -= sessions * investigations
                rows[key][3] -= sessions * requests
        return rows

    def _surplus_of(self, seen: Seen) -> list[tuple[str, int, int]]:
        """Return how often too much a session is in the sums over the types, by key."""
        known = self._surplus.get(seen)
        if known is None:
            types: dict[str, set[int]] = {}
            for number, profile in seen:
                types.setdefault(self._keys[number][profile], set()).add(number)
            known = self._surplus[seen] = [
                (key, len(numbers) - 1, max(0, len(numbers & self._requests) - 1))
                for key, numbers in types.items()
            ]
        return known


def _add(divided: Mapping[str, Sequence[int]], rows: dict[str, UsageRow], *, request: bool) -> None:
    for key, (count, unique, volume) in divided.items():
        row = rows.setdefault(key, [0] * len(USAGE_FIELDS))
        row[0] += count
        row[1] += unique
        if request:
            row[2] += count
            row[3] += unique
            row[4] += volume
