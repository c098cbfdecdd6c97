"""COUNTER usage: what a resource's event types of one day unite to.

A view is an investigation; a download is a request and an investigation
(COUNTER 5.1, 3.3). Totals are sums over the types, uniques are sessions of any
of them: who looks at a record and takes its file in one session is one unique
investigation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stats.aggregations.profiles import Profiles
from stats.aggregations.tally import Tally
from stats.events.types import USAGE_BREAKDOWNS, Breakdown, EventType


@dataclass(slots=True)
class UsageNumbers:
    """Total and unique investigations and requests, and the bytes of the requests."""

    total_investigations: int = 0
    unique_investigations: int = 0
    total_requests: int = 0
    unique_requests: int = 0
    volume: int = 0

    def add(self, other: UsageNumbers) -> None:
        """Add the numbers of other visitors."""
        self.total_investigations += other.total_investigations
        self.unique_investigations += other.unique_investigations
        self.total_requests += other.total_requests
        self.unique_requests += other.unique_requests
        self.volume += other.volume

    def row(self) -> list[int]:
        """Return the numbers in the order in which a daily document lists them."""
        return [
            self.total_investigations,
            self.unique_investigations,
            self.total_requests,
            self.unique_requests,
            self.volume,
        ]


@dataclass(slots=True)
class Usage:
    """One resource's usage of one day, whole and by breakdown."""

    whole: UsageNumbers = field(default_factory=UsageNumbers)
    rows: dict[Breakdown, dict[str, UsageNumbers]] = field(default_factory=dict)


@dataclass(frozen=True)
class TypeTally:
    """What one event type counted for one resource."""

    event_type: EventType
    profiles: Profiles
    tally: Tally


def fold_usage(parts: Sequence[TypeTally], usage: Usage) -> None:
    """Add what a slice counted for one resource, over all its types."""
    usage.whole.add(_unite(parts, None).get("", UsageNumbers()))
    for breakdown in USAGE_BREAKDOWNS:
        rows = usage.rows.setdefault(breakdown, {})
        for key, numbers in _unite(parts, breakdown).items():
            rows.setdefault(key, UsageNumbers()).add(numbers)


def _unite(parts: Sequence[TypeTally], breakdown: Breakdown | None) -> dict[str, UsageNumbers]:
    """Return the numbers by key of ``breakdown``; without one, all under the empty key."""
    found: dict[str, UsageNumbers] = {}
    investigators: dict[str, set[str]] = {}
    requesters: dict[str, set[str]] = {}
    for part in parts:
        request = part.event_type.usage == "request"
        for profile, (count, volume) in part.tally.profiles.items():
            numbers = found.setdefault(_key(part, breakdown, profile), UsageNumbers())
            numbers.total_investigations += count
            if request:
                numbers.total_requests += count
                numbers.volume += volume
        for session, profile in _seen(part.tally):
            key = _key(part, breakdown, profile)
            investigators.setdefault(key, set()).add(session)
            if request:
                requesters.setdefault(key, set()).add(session)
    for key, numbers in found.items():
        numbers.unique_investigations = len(investigators[key])
        numbers.unique_requests = len(requesters.get(key, ()))
    return found


def _key(part: TypeTally, breakdown: Breakdown | None, profile: int) -> str:
    return "" if breakdown is None else part.profiles.key(breakdown, profile)


def _seen(one: Tally) -> Iterator[tuple[str, int]]:
    """Yield every session with every profile that it was seen with."""
    yield from one.sessions.items()
    for session, profiles in one.mixed.items():
        for profile in profiles:
            yield session, profile
