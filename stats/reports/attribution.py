"""Which resource each use is credited to, so that every use is in exactly one bucket.

Pure. Comes in: the documents of one day or rolled-up month, of one type and
source. Goes out: what concerned each document's resource itself, and not what
was in it. Invariant: together no more than happened; of what is within
one resource, no more than that one has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stats.events.types import SITE
from stats.refs import kind_of


@dataclass(frozen=True, slots=True)
class Used:
    """One document: a resource, what it was in, and its number.

    A month that was rolled up has several of a resource whose parents changed. In those of
    ``partly`` it was for a part of the day only.
    """

    resource: str
    parents: tuple[str, ...]
    number: int
    partly: frozenset[str] = frozenset()


class DayAttribution:
    """Documents that speak of the same uses."""

    def __init__(self, used: Sequence[Used]) -> None:
        self._used = used
        self._places: dict[str, list[int]] = defaultdict(list)
        self._inside: dict[str, list[int]] = defaultdict(list)
        self._own: dict[int, int] = {}
        for place, one in enumerate(used):
            self._places[one.resource].append(place)
            for parent in one.parents:
                if parent != one.resource:
                    self._inside[parent].append(place)

    def credited(self, within: str) -> Iterator[tuple[Used, int]]:
        """Yield documents with what is credited to them of the uses within a resource.

        The document of a resource that moved in a day names all that it was in, and
        its number is that of the whole day: what was in nothing else goes first.
        """
        for ref in sorted(self._places, key=lambda ref: (len(self._inside[ref]), ref)):
            self._count(ref)  # what holds least comes first
        left = sum(self._own.values() if within == SITE else self._counts_of(within))
        kind = kind_of(within)
        for place in sorted(self._own, key=lambda place: self._doubt(place, kind)):
            number = min(self._own[place], left)
            if number:
                left -= number
                yield self._used[place], number

    def _counts_of(self, ref: str) -> Iterator[int]:
        return (self._used[place].number for place in self._places.get(ref, ()))

    def _doubt(self, place: int, kind: str) -> tuple[int, str, tuple[str, ...]]:
        one = self._used[place]
        return sum(kind_of(parent) == kind for parent in one.parents), one.resource, one.parents

    def _count(self, ref: str) -> None:
        """Set the own numbers of a resource: its numbers without those of what was in it."""
        places = self._places[ref]
        if places[0] in self._own:
            return
        self._own.update(dict.fromkeys(places, 0))  # a circle of parents ends here
        taken = dict.fromkeys(places, 0)
        for child in self._inside[ref]:
            self._count(self._used[child].resource)
            taken[self._holder(child, places)] += self._own[child]
        left = max(sum(self._counts_of(ref)) - sum(taken.values()), 0)
        for place in places:
            self._own[place] = min(max(self._used[place].number - taken[place], 0), left)
            left -= self._own[place]

    def _holder(self, child: int, places: Sequence[int]) -> int:
        """Return the document of a container that a part belongs to: it was in the same things."""
        around = set(self._used[child].parents)

        def likeness(place: int) -> int:
            parents = self._used[place].parents
            return len(parents) if around.issuperset(parents) else -1

        return places[0] if len(places) == 1 else max(places, key=likeness)
