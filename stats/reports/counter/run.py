"""Answering a COUNTER request: what the report says, and in which form.

Comes in: a checked request and the stores. Goes out: the header, and lines as
a stream. Invariant: the first line is known before the header is
written, because an empty report must say so in it (3030).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from stats.aggregations.types import ITEM
from stats.batches import batches
from stats.events.types import SITE
from stats.refs import kind_of
from stats.reports.counter import exceptions as ex
from stats.reports.counter.availability import Availability, availability, cover
from stats.reports.counter.definitions import IR_A1, PARENT_DATA_TYPES, PR
from stats.reports.counter.lines import ItemLines, Line, breakdown_for, item_lines, platform_lines
from stats.reports.counter.request import CounterRequest
from stats.reports.items import Item, Platform, read_item
from stats.reports.months import month_before
from stats.reports.sources import Sources
from stats.reports.usage import ItemUsage, run_usage
from stats.stores.dsl import A, Search
from stats.times import from_ms, month_of

BATCH = 500
"""Items whose descriptions are looked up at once."""


@dataclass(frozen=True)
class CounterAnswer:
    """A report: its request with all remarks, and its lines, which can be read once.

    ``items`` are the lines of an item report, ``lines`` those of a platform report; the
    other is empty.
    """

    request: CounterRequest
    platform: Platform
    created: datetime
    items: Iterator[ItemLines]
    lines: Sequence[Line]

    @property
    def with_parents(self) -> bool:
        """Return whether what items are part of is told."""
        return tells_parents(self.request)


def run_available(sources: Sources, kinds: Sequence[str], *, now: datetime) -> Availability:
    """Return the first month that has usage of ``kinds``, and the last whole one."""
    search: Search = Search().filter("terms", kind=list(kinds)).extra(size=0)
    search.aggs.metric("oldest", A("min", field="timestamp"))
    answer = sources.search.search(sources.search.daily("usage"), search.to_dict())
    oldest = answer.get("aggregations", {}).get("oldest", {}).get("value")
    first = None if oldest is None else from_ms(int(oldest))
    return availability(first, sources.bookmarks.counted_until(), now)


def run_counter(
    request: CounterRequest, sources: Sources, platform: Platform, *, now: datetime
) -> CounterAnswer:
    """Answer ``request``."""
    available = run_available(sources, platform.item_kinds, now=now)
    coverage = cover(request.first, request.asked, available)
    request = replace(request, remarks=(*request.remarks, *coverage.remarks))
    items = _items(request, sources, platform, coverage.window)
    lines: list[Line] = []
    if request.report.full == PR:
        lines, items = platform_lines(items), iter(())
    first = list(islice(items, 1))
    if not first and not lines and coverage.may_be_empty:
        request = request.remarked(ex.NO_USAGE, "")
    return CounterAnswer(request, platform, now, chain(first, items), lines)


def tells_parents(request: CounterRequest) -> bool:
    """Return whether a report tells what its items are part of: one of articles always does."""
    return request.include_parents or request.report == IR_A1


def _items(
    request: CounterRequest,
    sources: Sources,
    platform: Platform,
    window: tuple[date, date] | None,
) -> Iterator[ItemLines]:
    if window is None:
        return
    breakdowns = (breakdown_for(request),)
    usages = run_usage(
        sources.search, _kinds(request, platform), window, role=ITEM, breakdowns=breakdowns
    )
    with_parents = tells_parents(request)
    for usage, item, parent in described(usages, sources, platform, with_parents=with_parents):
        one = item_lines(usage, item, request, platform, parent=parent)
        if one is not None:
            yield one


def _kinds(request: CounterRequest, platform: Platform) -> tuple[str, ...]:
    """Return the kinds that a report reads; a platform's is of its items and of the rest."""
    rest = (kind_of(SITE),) if request.report.full == PR else ()
    return (*platform.item_kinds, *rest)


def described(
    usages: Iterator[ItemUsage],
    sources: Sources,
    platform: Platform,
    *,
    with_parents: bool = False,
) -> Iterator[tuple[ItemUsage, Item, Item | None]]:
    """Join usage with what the items are, and what they are part of, a batch at a time."""
    for batch in batches(usages, BATCH):
        refs = [usage.resource for usage in batch]
        parents = {ref for usage in batch for ref in usage.parents} if with_parents else set()
        found = sources.resources.read([*dict.fromkeys([*refs, *sorted(parents)])])
        for usage in batch:
            item = read_item(usage.resource, found.get(usage.resource, {}), platform)
            wholes = usage.parents if with_parents else ()
            yield usage, item, _parent(wholes, found, platform)


def _parent(refs: Sequence[str], found: Mapping[str, Any], platform: Platform) -> Item | None:
    """Return the first of what an item is in that COUNTER has a data type of parents for."""
    items = (read_item(ref, found.get(ref, {}), platform) for ref in refs)
    return next((item for item in items if item.parent_type in PARENT_DATA_TYPES), None)


def available_months(available: Availability, now: datetime) -> dict[str, str]:
    """Return the months of a report list's entry; the last month that is over when there is none.

    A month that nobody used or counted may be asked for, and its report says so.
    """
    last = available.last or month_before(now.date())
    first = min(available.first or last, last)
    return {"First_Month_Available": month_of(first), "Last_Month_Available": month_of(last)}
