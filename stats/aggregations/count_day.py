"""One day, counted exactly for all types: clicks in, numbers of every resource out.

Pure: pages of hits come in slice by slice, and nothing is read or written here.
Invariant: the same events give the same numbers, whatever the slices
and the order of the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stats.aggregations.clicks import ALL_EVENTS, FIELDS, Attribution, Click
from stats.aggregations.day_clicks import DayClicks
from stats.aggregations.dimension_keys import Profiles
from stats.aggregations.hierarchy import Containers
from stats.aggregations.item_attribution import ItemAttribution, item_roles
from stats.aggregations.membership import Memberships
from stats.aggregations.session_union import Shared, add_shared_sessions
from stats.aggregations.tally import Numbers, Tally, fold, fold_excluded, tally
from stats.aggregations.types import Aggregation
from stats.aggregations.users.retractions import RetractedClick, Retraction, build_retractions
from stats.aggregations.users.rows import UserRows, count_extractors, count_users, rolled_up
from stats.events.types import BY_USER, USAGE_BREAKDOWNS
from stats.kinds.types import Kinds


@dataclass
class DayNumbers:
    """Everything counted of one day.

    ``counted_from`` is the number of the day's own raw events by event type.
    ``memberships`` are the parts of the day of what moved.
    ``profiles`` say what the profiles in the numbers of a type mean. ``shared`` are
    the sessions of each resource that several types saw, types by their place in
    ``types``. ``touched`` are the resources whose documents of a type change through events
    that are new, ``touched_rows`` the users and resources whose rows do. What is
    touched and has no numbers is a document that must go. ``retractions`` are
    clicks to be taken from retained rows. ``items`` say what of its uses is attributed to a
    resource, by role, where it is not all.
    """

    containers: Containers
    memberships: dict[Aggregation, Memberships] = field(default_factory=dict)
    counted_from: dict[str, int] = field(default_factory=dict)
    profiles: dict[Aggregation, Profiles] = field(default_factory=dict)
    types: dict[Aggregation, dict[str, Numbers]] = field(default_factory=dict)
    shared: dict[str, Shared] = field(default_factory=dict)
    users: UserRows = field(default_factory=dict)
    retractions: list[Retraction] = field(default_factory=list)
    touched: dict[Aggregation, set[str]] = field(default_factory=dict)
    touched_rows: set[tuple[str, str]] = field(default_factory=set)
    items: tuple[ItemAttribution, ...] = ()

    @property
    def touched_usage(self) -> set[str]:
        """Return the resources whose COUNTER documents change."""
        return {
            resource
            for aggregation, resources in self.touched.items()
            if aggregation.event_type.usage
            for resource in resources
        }


class DayCounter:
    """Counts one day, slice of visitors by slice."""

    def __init__(
        self,
        aggregations: Iterable[Aggregation],
        *,
        kinds: Kinds,
        day_end: str,
        since: str,
        per_user: bool,
        attribution: Attribution = ALL_EVENTS,
    ) -> None:
        self.numbers = DayNumbers(Containers(kinds))
        self._day_end = day_end
        self._since = since
        self._per_user = per_user
        self._attribution = attribution
        for aggregation in aggregations:
            self.numbers.profiles[aggregation] = Profiles(_all_breakdowns(aggregation))
            self.numbers.types[aggregation] = {}
            self.numbers.memberships[aggregation] = Memberships(kinds)
            self.numbers.touched[aggregation] = set()
        self.numbers.items = tuple(
            ItemAttribution(
                role,
                kinds.inside,
                types=list(self.numbers.types.values()),
                all_shared=self.numbers.shared,
            )
            for role in item_roles(kinds)
        )

    def fields(self, aggregation: Aggregation) -> list[str]:
        """Return the fields of a raw document that counting needs."""
        return [*FIELDS, *self.numbers.profiles[aggregation].fields]

    def add_slice(self, pages: Mapping[Aggregation, Iterable[list[dict[str, Any]]]]) -> None:
        """Count all events of a slice of the day's visitors, each type in pages of hits."""
        by_resource: dict[str, dict[int, Tally]] = {}
        for number, aggregation in enumerate(self.numbers.types):
            if aggregation in pages:
                tallies = self._count(number, aggregation, pages[aggregation])
                if aggregation.event_type.usage:
                    for resource, one in tallies.items():
                        by_resource.setdefault(resource, {})[number] = one
        for resource, parts in by_resource.items():
            if len(parts) > 1:
                add_shared_sessions(parts, self.numbers.shared.setdefault(resource, {}))
        for items in self.numbers.items:
            items.end_slice(by_resource)

    def _count(
        self, number: int, aggregation: Aggregation, pages: Iterable[list[dict[str, Any]]]
    ) -> dict[str, Tally]:
        """Add what one type counts to the numbers of the day."""
        clicks = self._read(pages, self.numbers.profiles[aggregation])
        counted = list(clicks.counted())
        self._note(aggregation, clicks, counted)
        if aggregation.event_type.usage:
            for items in self.numbers.items:
                items.add_type(number, counted)
        numbers = self.numbers.types[aggregation]
        memberships = self.numbers.memberships[aggregation]
        memberships.note(clicks.seen, numbers)
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

    def _read(self, pages: Iterable[list[dict[str, Any]]], profiles: Profiles) -> DayClicks:
        clicks = DayClicks(
            profiles, day_end=self._day_end, since=self._since, attribution=self._attribution
        )
        for hits in pages:
            clicks.add(hits)
        return clicks

    def _note(self, aggregation: Aggregation, clicks: DayClicks, counted: list[Click]) -> None:
        """Keep what a slice says beside the counts of its resources."""
        numbers = self.numbers
        seen = {click.resources for click in counted} | {e.resources for e in clicks.excluded}
        for resources in seen:
            numbers.containers.add(resources)
        numbers.touched[aggregation] |= clicks.touched
        if self._per_user:
            count_users(counted, aggregation.event_type, numbers.users)
            count_extractors(clicks.excluded, aggregation.event_type, numbers.users)
            numbers.touched_rows.update(
                (user, resource)
                for user, resources in clicks.touched_users
                for resource in rolled_up(resources)
            )


def _all_breakdowns(aggregation: Aggregation) -> tuple[Any, ...]:
    """Return what a type is divided by, for its own documents and for COUNTER's."""
    usage = USAGE_BREAKDOWNS if aggregation.event_type.usage else ()
    return tuple(dict.fromkeys((*aggregation.breakdowns, *usage)))
