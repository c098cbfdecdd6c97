"""Counting: clicks that count go in, exact numbers per resource come out.

A :class:`Tally` is one resource's numbers while a slice of visitors is read:
it holds the sessions themselves. :func:`fold` adds it to the resource's
:class:`Numbers`, which hold sums alone. Slices never share a visitor, hence
never a session, so sums over slices are exact (DESIGN 3.2, ``partition``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stats.aggregations.clicks import Click, Excluded
from stats.aggregations.profiles import Profiles
from stats.events.types import Breakdown

Row = list[int]
"""The count, the unique count and the volume in bytes of one row of a breakdown."""


class Tally:
    """One resource in one slice.

    ``profiles``: profile -> [count, volume]. ``sessions``: session -> the profile
    it was first seen with. ``mixed``: the few sessions seen with more than one,
    with all of theirs.
    """

    __slots__ = ("last", "max", "mixed", "profiles", "sessions", "sum", "valued")

    def __init__(self) -> None:
        self.profiles: dict[int, list[int]] = {}
        self.sessions: dict[str, int] = {}
        self.mixed: dict[str, set[int]] = {}
        self.last = ""
        self.sum = 0.0
        self.max: float | None = None
        self.valued: tuple[str, str, float] | None = None

    def add_value(self, click: Click, value: float) -> None:
        """Take the value of a gauge or a delay."""
        self.sum += value
        self.max = value if self.max is None else max(self.max, value)
        latest = (click.timestamp, click.id, value)
        self.valued = latest if self.valued is None else max(self.valued, latest)


def tally(clicks: Iterable[Click]) -> dict[str, Tally]:
    """Count ``clicks`` for every resource of theirs.

    The loop is the hot path of the whole system and is written as one piece:
    four dictionary look-ups for each click and resource.
    """
    tallies: dict[str, Tally] = {}
    for click in clicks:
        profile, session, timestamp = click.profile, click.session, click.timestamp
        for resource in click.resources:
            one = tallies.get(resource)
            if one is None:
                one = tallies[resource] = Tally()
            sums = one.profiles.get(profile)
            if sums is None:
                one.profiles[profile] = [1, click.volume]
            else:
                sums[0] += 1
                sums[1] += click.volume
            first = one.sessions.setdefault(session, profile)
            if first != profile:
                one.mixed.setdefault(session, {first}).add(profile)
            if timestamp > one.last:  # noqa: PLR1730 (a call here costs more than the loop)
                one.last = timestamp
            if click.value is not None:
                one.add_value(click, click.value)
    return tallies


@dataclass(slots=True)
class Numbers:
    """One resource's numbers of one day and type, summed over the slices.

    ``several``: for a breakdown that keeps its largest values only, the sets of
    values that single sessions had, each with how many sessions had it; without
    them the uniques of the rest could not be told.
    """

    count: int = 0
    unique_count: int = 0
    volume: int = 0
    last: str = ""
    sum: float = 0.0
    max: float | None = None
    valued: tuple[str, str, float] | None = None
    excluded: Counter[str] = field(default_factory=Counter)
    rows: dict[Breakdown, dict[str, Row]] = field(default_factory=dict)
    several: dict[Breakdown, Counter[frozenset[str]]] = field(default_factory=dict)


def fold(
    one: Tally, numbers: Numbers, *, profiles: Profiles, breakdowns: Sequence[Breakdown]
) -> None:
    """Add what a slice counted to the resource's numbers of the day."""
    numbers.count += sum(sums[0] for sums in one.profiles.values())
    numbers.volume += sum(sums[1] for sums in one.profiles.values())
    numbers.unique_count += len(one.sessions)
    numbers.last = max(numbers.last, one.last)
    _fold_values(one, numbers)
    uniques = Counter(one.sessions.values())
    uniques.subtract(one.sessions[session] for session in one.mixed)
    for breakdown in breakdowns:
        rows = numbers.rows.setdefault(breakdown, {})
        for profile, (count, volume) in one.profiles.items():
            row = rows.setdefault(profiles.key(breakdown, profile), [0, 0, 0])
            row[0] += count
            row[1] += uniques[profile]
            row[2] += volume
        for mixed in one.mixed.values():
            keys = frozenset(profiles.key(breakdown, profile) for profile in mixed)
            for key in keys:
                rows[key][1] += 1
            if breakdown.limit is not None and len(keys) > 1:
                numbers.several.setdefault(breakdown, Counter())[keys] += 1


def fold_excluded(events: Iterable[Excluded], numbers: dict[str, Numbers]) -> None:
    """Count what is kept and not counted, by reason, for every resource of it."""
    for event in events:
        for resource in event.resources:
            if resource not in numbers:
                numbers[resource] = Numbers()
            numbers[resource].excluded[event.reason] += 1


def _fold_values(one: Tally, numbers: Numbers) -> None:
    if one.valued is None or one.max is None:
        return
    numbers.sum += one.sum
    numbers.max = one.max if numbers.max is None else max(numbers.max, one.max)
    known = numbers.valued
    numbers.valued = one.valued if known is None else max(known, one.valued)
