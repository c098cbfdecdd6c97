"""Read a claimed day's events, whole or in slices of the visitors, and count them.

Comes in: stores and a claim. Goes out: the day's numbers, with the ticket that
was drawn before the read. Invariant: visitors never cross slices, so sums over
slices are exact. Bodies and readers are pure.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, TypeVar

from stats.aggregations.background import ahead
from stats.aggregations.clicks import Attribution
from stats.aggregations.count_day import DayCounter, DayNumbers, Hits
from stats.aggregations.daily_documents import Snapshot
from stats.aggregations.job import NAMES, AggregationJob, CountedDay
from stats.aggregations.types import Aggregation
from stats.aggregations.users.retained_rows import add_retained
from stats.batches import batches
from stats.counting_rules import CARRY_OVER_PARTITION, DOUBLE_CLICK, PARTITIONS
from stats.gc_control import uncollected
from stats.stores.counted_days import NOTHING_KNOWN, KnownEvents
from stats.stores.dsl import Q
from stats.stores.locks import DayClaim
from stats.stores.search_source import Body
from stats.times import DAY, iso_ms, midnight, month_of

_log = logging.getLogger(__name__)

T = TypeVar("T")

Slice = tuple[int, int]
"""The partitions of a slice of visitors: first, and one after the last."""


@uncollected()
def run_count(job: AggregationJob, claim: DayClaim, now: datetime) -> CountedDay:
    """Read a day's events and count them, and add what is kept of people.

    When the kept rows changed while the events were read, it is read again: the
    events may not say any more who did it.
    """
    while True:
        ticket = job.bookmarks.ticket(now)
        kept, known = job.retained_rows.read(claim.day), job.counted_days.known(claim.day)
        attribution, since = Attribution(start=kept.until), iso_ms(claim.since)
        numbers = run_read(job, claim.day, since=since, known=known, attribution=attribution)
        if job.retained_rows.generation(claim.day) == kept.generation:
            add_retained(kept, numbers, job.aggregations)
            _log.debug(
                "day %s counted %s, ticket %d, retained rows until %s",
                claim.day,
                "whole" if claim.replaces else f"for events indexed since {claim.since}",
                ticket,
                kept.until or "never",
            )
            return CountedDay(claim, Snapshot(claim.day, ticket), numbers)


def run_read(
    job: AggregationJob,
    day: date,
    *,
    since: str,
    attribution: Attribution,
    known: KnownEvents = NOTHING_KNOWN,
) -> DayNumbers:
    """Read a day's events and count them, a slice of the visitors at a time.

    Those indexed before ``since`` are in the documents; ``known`` are, if they are still the same.
    """
    job.search.refresh(job.raw_names)
    counter = DayCounter(
        job.aggregations,
        kinds=job.kinds,
        day_end=iso_ms(midnight(day + DAY)),
        since=since,
        per_user=job.per_user,
        known=known,
        attribution=attribution,
    )
    events, counter.numbers.counted_from = _count_types(job, day)
    pages = _read(job, counter, day, events)
    for _, of_slice in groupby(_renewing(job, ahead(pages)), key=itemgetter(0)):
        counter.add_slice((aggregation, hits) for _, aggregation, hits in of_slice)
    return counter.finish()


def _count_types(job: AggregationJob, day: date) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many events each type has to be read; most types have none on most days.

    Once with the next day's first seconds, once the day's own alone.
    """
    found: dict[str, int] = {}
    own: dict[str, int] = {}
    for some in batches(job.aggregations, NAMES):
        names = ",".join(_raw_index(job, a, day) for a in some)
        answer = job.search.search(names, build_count_types(day, len(some)))
        found |= read_count_types(answer.get("aggregations", {}))
        own |= read_count_types(answer.get("aggregations", {}).get("own", {}))
    return found, own


def _read(
    job: AggregationJob, counter: DayCounter, day: date, events: Mapping[str, int]
) -> Generator[tuple[Slice, Aggregation, Hits], None, None]:
    """Yield the pages of a day, by slice and type; ``events`` are the numbers of each type."""
    present = [a for a in job.aggregations if a.event_type.name in events]
    parts = list(slices(sum(events.values()), job.slice_events))
    for part in parts:
        for one in present:
            body = build_read_day(day, part, counter.fields(one))
            expected = events[one.event_type.name] // len(parts)
            index = _raw_index(job, one, day)
            for hits in job.search.all_hits(index, body, expected=expected):
                yield part, one, hits


def _renewing(job: AggregationJob, pages: Iterable[T]) -> Iterator[T]:
    for page in pages:
        job.renew()
        yield page


def _raw_index(job: AggregationJob, aggregation: Aggregation, day: date) -> str:
    """Return the indices that hold a day and the first seconds of the next."""
    name = aggregation.event_type.name
    months = dict.fromkeys((month_of(day), month_of(day + DAY)))
    return ",".join(job.search.raw(name, month) for month in months)


def build_day_query(day: date, part: Slice = (0, PARTITIONS)) -> Body:
    """Select a day's events, and those of the next that push them out, of a slice of visitors."""
    start, end = midnight(day), midnight(day + DAY)
    carry_over_end = end + DOUBLE_CLICK
    query = (Q("range", timestamp=_within(start, end)) & _partitions("partition", part)) | (
        Q("range", timestamp=_within(end, carry_over_end)) & _partitions(CARRY_OVER_PARTITION, part)
    )
    body: Body = query.to_dict()
    return body


def build_count_types(day: date, types: int) -> Body:
    """Ask how many of a day's events, with the next's first seconds, each type has."""
    by_type = {"types": {"terms": {"field": "type", "size": types}}}
    of_day = {"range": {"timestamp": _within(midnight(day), midnight(day + DAY))}}
    return {
        "query": build_day_query(day),
        "size": 0,
        "track_total_hits": False,
        "aggs": {**by_type, "own": {"filter": of_day, "aggs": by_type}},
    }


def read_count_types(found: Body) -> dict[str, int]:
    """Return the number of events of each type that has any."""
    buckets = found.get("types", {"buckets": []})["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


def build_read_day(day: date, part: Slice, fields: Sequence[str]) -> Body:
    """Ask for what counting needs of a slice's events."""
    return {"query": build_day_query(day, part), "_source": list(fields)}


def slices(events: int, limit: int) -> Iterator[Slice]:
    """Divide the visitors so that a slice has about ``limit`` events at most."""
    parts = min(PARTITIONS, max(1, -(-events // limit)))
    edges = [PARTITIONS * number // parts for number in range(parts + 1)]
    yield from pairwise(edges)


def _within(start: datetime, end: datetime) -> dict[str, str]:
    return {"gte": iso_ms(start), "lt": iso_ms(end)}


def _partitions(field: str, part: Slice) -> Any:
    if part == (0, PARTITIONS):
        return Q("exists", field=field)
    return Q("range", **{field: {"gte": part[0], "lt": part[1]}})
