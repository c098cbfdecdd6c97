"""Which item each use is attributed to: one use is one item (COUNTER 5.1, section 7.5).

A file in a record in a data set is used: all three have a use, but a report of
items holds it once. Its item is the most specific resource of the event whose
kind is declared an item. What is without one is attributed to the site, so that
items and the site's rest add up to the site.

Most resources are the item of all their uses, or of none; only for those that
are an item of some uses and around the item of others (:attr:`partial`) are there
numbers here. Invariant: the same events give the same numbers, whatever the slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from stats.aggregations.clicks import Click
from stats.aggregations.session_union import Shared, add_shared_sessions
from stats.aggregations.tally import Numbers, Tally, fold, tally
from stats.aggregations.types import DATASET, ITEM
from stats.events.types import SITE
from stats.kinds.types import Kinds
from stats.refs import kind_of

Inside = Callable[[str, str], bool]
"""Whether what is of the first kind is in what is of the second."""


@dataclass(frozen=True)
class ItemRole:
    """Kinds that are items of one standard; ``name`` is before the breakdowns of what is theirs.

    ``rest``: what a use without any item is attributed to; empty for nothing.
    """

    name: str
    kinds: frozenset[str]
    rest: str = ""

    def candidates(self, resources: Iterable[str]) -> list[str]:
        """Return the resources that may be the item of a use."""
        return [ref for ref in resources if kind_of(ref) in self.kinds]


def item_roles(kinds: Kinds) -> tuple[ItemRole, ItemRole]:
    """Return the roles of an installation: items of COUNTER, data sets of Make Data Count."""
    items, datasets = kinds.named("counter_item"), kinds.named("counter_dataset")
    return (
        ItemRole(ITEM, frozenset(items), rest=SITE),
        ItemRole(DATASET, frozenset(datasets)),
    )


def find_item(resources: Sequence[str], candidates: Sequence[str], inside: Inside) -> str:
    """Return the most specific of ``candidates``; of equals the one that the event names first.

    What was used is more specific than what it is in, whatever the kinds.
    """
    if resources[0] in candidates:
        return resources[0]
    kinds = {kind_of(ref) for ref in candidates}
    narrow = [ref for ref in candidates if not any(inside(kind, kind_of(ref)) for kind in kinds)]
    return (narrow or candidates)[0]


class ItemAttribution:
    """What one role's partial items have of one day, slice of visitors by slice.

    ``numbers``: by the number of the type and by resource. ``shared``: sessions that
    several types saw, as of all uses. ``types`` and ``all_shared`` are the numbers of all
    uses, of which a resource that is found to be partial has a copy to begin with.
    """

    def __init__(
        self,
        role: ItemRole,
        inside: Inside,
        *,
        types: Sequence[Mapping[str, Numbers]],
        all_shared: Mapping[str, Shared],
    ) -> None:
        self.role = role
        self.partial: set[str] = set()
        self.numbers: list[dict[str, Numbers]] = [{} for _ in types]
        self.shared: dict[str, Shared] = {}
        self._inside = inside
        self._types = types
        self._all_shared = all_shared
        self._items: dict[tuple[str, ...], str] = {}
        self._slice: dict[int, tuple[frozenset[str], dict[str, Tally]]] = {}

    def add_type(self, number: int, clicks: Sequence[Click]) -> None:
        """Count the clicks of a type in a slice, before they are in the numbers of all uses."""
        self._find_items(clicks)
        if not self.partial:
            return
        items, partial = self._items, self.partial
        tallies = tally(
            click._replace(resources=(item,))
            for click in clicks
            if (item := items[click.resources]) in partial
        )
        for ref, one in tallies.items():
            fold(one, self.numbers[number].setdefault(ref, Numbers()))
        self._slice[number] = frozenset(partial), tallies

    def _find_items(self, clicks: Sequence[Click]) -> None:
        """Find the items of clicks, and which resources are not the item of all their uses."""
        for resources in {click.resources for click in clicks} - self._items.keys():
            candidates = self.role.candidates(resources)
            item = self.role.rest
            if candidates:
                item = find_item(resources, candidates, self._inside)
            self._items[resources] = item
            for ref in {*candidates} - {item} - self.partial:
                self._begin(ref)
            if item == SITE and item not in self.partial:
                self.partial.add(item)

    def _begin(self, ref: str) -> None:
        """Take what was counted so far; until now the resource was the item of all its uses."""
        self.partial.add(ref)
        for numbers, of_all in zip(self.numbers, self._types, strict=True):
            if ref in of_all:
                numbers[ref] = deepcopy(of_all[ref])
        if ref in self._all_shared:
            self.shared[ref] = dict(self._all_shared[ref])

    def end_slice(self, by_resource: Mapping[str, Mapping[int, Tally]]) -> None:
        """Note the sessions that several types saw; ``by_resource`` are the tallies of all uses."""
        for ref in self.partial:
            parts = {
                number: one
                for number, of_all in by_resource.get(ref, {}).items()
                if (one := self._tally(ref, number, of_all)) is not None
            }
            if len(parts) > 1:
                add_shared_sessions(parts, self.shared.setdefault(ref, {}))
        self._slice.clear()

    def _tally(self, ref: str, number: int, of_all: Tally) -> Tally | None:
        """Return what of a type in this slice is attributed to a partial item."""
        partial, tallies = self._slice.get(number, (frozenset(), {}))
        return tallies.get(ref) if ref in partial or ref == SITE else of_all
