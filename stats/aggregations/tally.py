"""Counting: clicks that count go in, exact numbers per resource come out.

A :class:`Tally` is one resource's numbers while a slice of visitors is read:
it holds the sessions themselves. :func:`fold` adds it to the resource's
:class:`Numbers`, which hold sums alone. Slices never share a visitor, hence
never a session, so sums over slices are exact (``docs/contracts.md#raw-document``, ``partition``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from stats.aggregations.clicks import Click, Excluded

Row = list[int]
"""The count, the unique count and the volume in bytes of a part of a resource's numbers."""


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

    ``profiles``: profile -> count, sessions seen with no other profile, volume.
    ``mixed``: the sets of profiles that single sessions had, each with how many
    had it. ``retained``: by user, what is known of events that no longer say who did
    it (:mod:`stats.aggregations.users.retained_rows`).
    """

    profiles: dict[int, Row] = field(default_factory=dict)
    mixed: dict[frozenset[int], int] = field(default_factory=dict)
    last: str = ""
    sum: float = 0.0
    max: float | None = None
    valued: tuple[str, str, float] | None = None
    excluded: dict[str, int] = field(default_factory=dict)
    retained: dict[str, Row] = field(default_factory=dict)


def fold(one: Tally, numbers: Numbers) -> None:
    """Add what a slice counted to the resource's numbers of the day."""
    uniques = Counter(one.sessions.values())
    uniques.subtract(one.sessions[session] for session in one.mixed)
    for profile, (count, volume) in one.profiles.items():
        row = numbers.profiles.setdefault(profile, [0, 0, 0])
        row[0] += count
        row[1] += uniques[profile]
        row[2] += volume
    for profiles in map(frozenset, one.mixed.values()):
        numbers.mixed[profiles] = numbers.mixed.get(profiles, 0) + 1
    numbers.last = max(numbers.last, one.last)
    _fold_values(one, numbers)


def fold_excluded(events: Iterable[Excluded], numbers: dict[str, Numbers]) -> None:
    """Count what is kept and not counted, by reason, for every resource of it."""
    for event in events:
        for resource in event.resources:
            if resource not in numbers:
                numbers[resource] = Numbers()
            excluded = numbers[resource].excluded
            excluded[event.reason] = excluded.get(event.reason, 0) + 1


def _fold_values(one: Tally, numbers: Numbers) -> None:
    if one.valued is None or one.max is None:
        return
    numbers.sum += one.sum
    numbers.max = one.max if numbers.max is None else max(numbers.max, one.max)
    known = numbers.valued
    numbers.valued = one.valued if known is None else max(known, one.valued)
