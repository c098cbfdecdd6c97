"""One day, counted exactly for all types: clicks in, numbers of every resource out.

Pure: pages of hits come in slice by slice, and nothing is read or written here.
Invariant: the same events give the same numbers, whatever the slices
and the order of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from stats.aggregations.clicks import ALL_EVENTS, FIELDS, Attribution, Click, Excluded, News
from stats.aggregations.day_clicks import DayClicks, Touched
from stats.aggregations.dimension_keys import Profiles
from stats.aggregations.hierarchy import Containers, Hierarchy
from stats.aggregations.item_attribution import ItemAttribution, item_roles
from stats.aggregations.membership import Memberships
from stats.aggregations.seen_events import SeenEvents, is_same
from stats.aggregations.session_union import Shared, add_shared_sessions
from stats.aggregations.tally import Numbers, Tally, fold, fold_excluded, tally
from stats.aggregations.types import Aggregation
from stats.aggregations.users.retractions import RetractedClick, Retraction, build_retractions
from stats.aggregations.users.rows import UserRows, count_extractors, count_users, rolled_up
from stats.events.types import BY_USER, USAGE_BREAKDOWNS
from stats.kinds.types import Kinds
from stats.stores.counted_days import NOTHING_KNOWN, KnownEvents

Hits = list[dict[str, Any]]


def _by_news() -> dict[News, set[tuple[str, ...]]]:
    return {news: set() for news in News}


@dataclass
class DayNumbers:
    """Everything counted of one day.

    ``counted_from`` is the number of the day's own raw events by event type.
    ``memberships`` are the parts of the day of what moved.
    ``profiles`` say what the profiles in the numbers of a type mean. ``shared`` are
    the sessions of each resource that several types saw, types by their place in
    ``types``. ``seen`` are the events that were read, by type. ``touched`` are the resources whose
    documents of a type change through events that are new, ``touched_rows`` the users and resources
    whose rows do; ``perhaps`` and ``perhaps_rows`` are those of events that may be new. What is
    touched and has no numbers is a document that must go. ``retractions`` are
    clicks to be taken from retained rows. ``items`` say what of its uses is attributed to a
    resource, by role, where it is not all. ``combinations`` are the resources of events that count
    or are excluded, by whether the documents have them, ``pushed_out`` of those that new ones
    pushed out, and ``moved`` the resources whose containers change by that, in whatever type.
    """

    containers: Containers
    memberships: dict[Aggregation, Memberships] = field(default_factory=dict)
    counted_from: dict[str, int] = field(default_factory=dict)
    profiles: dict[Aggregation, Profiles] = field(default_factory=dict)
    types: dict[Aggregation, dict[str, Numbers]] = field(default_factory=dict)
    shared: dict[str, Shared] = field(default_factory=dict)
    users: UserRows = field(default_factory=dict)
    retractions: list[Retraction] = field(default_factory=list)
    seen: dict[str, SeenEvents] = field(default_factory=dict)
    touched: dict[Aggregation, set[str]] = field(default_factory=dict)
    touched_rows: set[tuple[str, str]] = field(default_factory=set)
    perhaps: dict[Aggregation, set[str]] = field(default_factory=dict)
    perhaps_rows: set[tuple[str, str]] = field(default_factory=set)
    items: tuple[ItemAttribution, ...] = ()
    combinations: dict[News, set[tuple[str, ...]]] = field(default_factory=_by_news)
    pushed_out: set[tuple[str, ...]] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)

    @property
    def touched_usage(self) -> set[str]:
        """Return the resources whose COUNTER documents change."""
        usage = [a for a in self.touched if a.event_type.usage]
        used = {ref for a in usage for ref in self.moved & self.types[a].keys()}
        return used.union(*(self.touched[a] for a in usage))

    def settle(self, known: KnownEvents) -> None:
        """Decide on what may be touched: it is not if its events are ``known``."""
        first_new = News.NEW
        if not is_same(self.seen, known):
            first_new = News.PERHAPS
            for aggregation, resources in self.perhaps.items():
                self.touched[aggregation] |= resources
            self.touched_rows |= self.perhaps_rows
        self.perhaps, self.perhaps_rows = {}, set()
        self._settle_containers(first_new)

    def _settle_containers(self, first_new: News) -> None:
        """Find what a resource is in; where that changes, its documents of all types do."""
        there = [found for news, found in self.combinations.items() if news < first_new]
        before = set[tuple[str, ...]]().union(*there)
        after = set[tuple[str, ...]]().union(*self.combinations.values())
        for resources in before:
            self.containers.add(resources)
        for resources in after - before:
            self.moved |= self.containers.add(resources)
        for resources in self.pushed_out - after:
            self.moved |= self.containers.lacking(resources)
        for aggregation, numbers in self.types.items():
            self.touched[aggregation] |= self.moved & numbers.keys()


class DayCounter:
    """Counts one day, slice of visitors by slice.

    Events indexed before ``since`` are in the documents, and those of ``known`` are, if all slices
    together show that they are still the same.
    """

    def __init__(
        self,
        aggregations: Iterable[Aggregation],
        *,
        kinds: Kinds,
        day_end: str,
        since: str,
        per_user: bool,
        known: KnownEvents = NOTHING_KNOWN,
        attribution: Attribution = ALL_EVENTS,
    ) -> None:
        hierarchy = Hierarchy(kinds)
        self.numbers = DayNumbers(Containers(hierarchy))
        self._day_end = day_end
        self._known = known
        self._since = since
        self._per_user = per_user
        self._attribution = attribution
        numbers = self.numbers
        for aggregation in aggregations:
            numbers.profiles[aggregation] = Profiles(_all_breakdowns(aggregation))
            numbers.types[aggregation] = {}
            numbers.memberships[aggregation] = Memberships(hierarchy)
            numbers.touched[aggregation], numbers.perhaps[aggregation] = set(), set()
            numbers.seen[aggregation.event_type.name] = SeenEvents(known.until)
        numbers.items = tuple(
            ItemAttribution(
                role,
                kinds.inside,
                types=list(numbers.types.values()),
                all_shared=numbers.shared,
            )
            for role in item_roles(kinds)
        )

    def fields(self, aggregation: Aggregation) -> list[str]:
        """Return the fields of a raw document that counting needs."""
        return [*FIELDS, *self.numbers.profiles[aggregation].fields]

    def add_slice(self, pages: Iterable[tuple[Aggregation, Hits]]) -> None:
        """Count all events of a slice of the day's visitors: pages of hits, a type's together."""
        by_resource: dict[str, dict[int, Tally]] = {}
        numbers = {aggregation: number for number, aggregation in enumerate(self.numbers.types)}
        for aggregation, of_type in groupby(pages, key=itemgetter(0)):
            number = numbers[aggregation]
            tallies = self._count(number, aggregation, (hits for _, hits in of_type))
            if aggregation.event_type.usage:
                for resource, one in tallies.items():
                    by_resource.setdefault(resource, {})[number] = one
        for resource, parts in by_resource.items():
            if len(parts) > 1:
                add_shared_sessions(parts, self.numbers.shared.setdefault(resource, {}))
        for items in self.numbers.items:
            items.end_slice(by_resource)

    def finish(self) -> DayNumbers:
        """Return the numbers of the day, when all slices are counted."""
        self.numbers.settle(self._known)
        return self.numbers

    def _count(
        self, number: int, aggregation: Aggregation, pages: Iterable[Hits]
    ) -> dict[str, Tally]:
        """Add what one type counts to the numbers of the day."""
        clicks = self._read(pages, aggregation)
        counted = list(clicks.counted())
        self._note(aggregation, clicks, counted)
        if aggregation.event_type.usage:
            for items in self.numbers.items:
                items.add_type(number, counted)
        numbers = self.numbers.types[aggregation]
        memberships = self.numbers.memberships[aggregation]
        memberships.note(clicks.combinations, numbers)
        memberships.add(counted, clicks.excluded)
        fold_excluded(clicks.excluded, numbers)
        tallies = tally(counted)
        for resource, one in tallies.items():
            fold(one, numbers.setdefault(resource, Numbers()))
        if clicks.retracted:
            self._retract(aggregation, clicks.retracted, tallies)
        return tallies

    def _retract(
        self,
        aggregation: Aggregation,
        clicks: Iterable[RetractedClick],
        tallies: Mapping[str, Tally],
    ) -> None:
        keys: Sequence[str] = ()
        if BY_USER in aggregation.breakdowns:
            keys = self.numbers.profiles[aggregation].keys(BY_USER)
        self.numbers.retractions += build_retractions(
            aggregation, clicks, tallies=tallies, user_keys=keys
        )

    def _read(self, pages: Iterable[Hits], aggregation: Aggregation) -> DayClicks:
        clicks = DayClicks(
            self.numbers.profiles[aggregation],
            day_end=self._day_end,
            since=self._since,
            seen=self.numbers.seen[aggregation.event_type.name],
            attribution=self._attribution,
        )
        for hits in pages:
            clicks.add(hits)
        return clicks

    def _note(self, aggregation: Aggregation, clicks: DayClicks, counted: list[Click]) -> None:
        """Keep what a slice says beside the counts of its resources."""
        numbers = self.numbers
        for event in chain[Click | Excluded](counted, clicks.excluded):
            numbers.combinations[event.news].add(event.resources)
        numbers.pushed_out |= clicks.pushed_out
        new, perhaps = clicks.touched[News.NEW], clicks.touched[News.PERHAPS]
        numbers.touched[aggregation] |= new.resources
        numbers.perhaps[aggregation] |= perhaps.resources
        if self._per_user:
            count_users(counted, aggregation.event_type, numbers.users)
            count_extractors(clicks.excluded, aggregation.event_type, numbers.users)
            numbers.touched_rows.update(_rows(new))
            numbers.perhaps_rows.update(_rows(perhaps))


def _rows(touched: Touched) -> Iterator[tuple[str, str]]:
    for user, resources in touched.users:
        for resource in rolled_up(resources):
            yield user, resource


def _all_breakdowns(aggregation: Aggregation) -> tuple[Any, ...]:
    """Return what a type is divided by, for its own documents and for COUNTER's."""
    usage = USAGE_BREAKDOWNS if aggregation.event_type.usage else ()
    return tuple(dict.fromkeys((*aggregation.breakdowns, *usage)))
