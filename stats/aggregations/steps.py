"""Steps of the aggregation: find the days to recount, read and count one.

Comes in: stores and ``now``. What always holds: every step may be killed and
repeated. Days are marked before the bookmark moves; documents carry the ticket
that was drawn before the read they come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from stats.aggregations.count_day import DayCounter, DayNumbers
from stats.aggregations.daily_documents import Snapshot
from stats.aggregations.double_clicks import Users
from stats.aggregations.job import NAMES, AggregationJob, CountedDay
from stats.aggregations.prefetch import ahead
from stats.aggregations.search_requests import (
    Slice,
    build_count_types,
    build_find_days,
    build_fingerprints,
    build_read_day,
    midnight,
    read_count_types,
    read_find_days,
    read_fingerprints,
    slices,
)
from stats.aggregations.totals import batches
from stats.aggregations.types import Aggregation
from stats.aggregations.users.retained_rows import add_kept
from stats.aggregations.write_day import Written, run_documents
from stats.errors import InputError
from stats.gc_control import uncollected
from stats.stores.locks import DayClaim
from stats.times import DAY, EPOCH, iso_ms, month_of

FIRST_DAY = date(1990, 1, 1)
"""No event is older (DESIGN section 5)."""

_SPANS = 500
"""Days asked about by one search: Elasticsearch limits the clauses of a query."""


def run_find_days(job: AggregationJob, now: datetime) -> list[date]:
    """Mark the days whose events were indexed since the bookmark; move the bookmark.

    The bookmark stays behind by the overlap, so the last run's days are found
    again; those whose events are still the same are not marked a second time.
    """
    since, seen = job.bookmarks.found()
    job.search.refresh(job.raw_names)
    found = read_find_days(job.search.search(job.raw_names, build_find_days(since)))
    prints: dict[date, list[float]] = {}
    for batch in batches(found, _SPANS):
        answer = job.search.search(job.raw_names, build_fingerprints(batch))
        prints |= read_fingerprints(answer, batch)
    days = [day for day in found if prints[day] != seen.get(day)]
    job.day_claims.mark_days(days, since=since)
    job.bookmarks.move_found(now - job.overlap, seen=prints)
    return days


def run_uncounted(job: AggregationJob) -> set[date]:
    """Return the days that surely have events that are not counted yet.

    They are marked, or have events indexed after the last look for new ones.
    """
    looked_at = job.bookmarks.found_until() + job.overlap
    job.search.refresh(job.raw_names)
    answer = job.search.search(job.raw_names, build_find_days(looked_at))
    return {*job.day_claims.marked_days(), *read_find_days(answer)}


def run_mark_window(job: AggregationJob, start: date, end: date, *, today: date) -> None:
    """Mark the days from ``start`` to ``end``, both inclusive, to be recounted whole."""
    tomorrow = today + DAY
    if start < FIRST_DAY or end > tomorrow:
        message = f"days are from {FIRST_DAY} to {tomorrow}"
        raise InputError("out_of_range", message, field="from" if start < FIRST_DAY else "to")
    dropped = job.bookmarks.dropped_until()
    if dropped is not None and start < dropped:
        message = f"raw events before {dropped} are gone; count from {dropped} on"
        raise InputError("too_late", message, field="from")
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    job.day_claims.mark_days(days, since=EPOCH)


def run_claim(job: AggregationJob, claim: DayClaim, now: datetime) -> Written:
    """Recount one claimed day and write its documents.

    A day whose raw events may be gone stays as it is.
    """
    dropped = job.bookmarks.dropped_until()
    if dropped is not None and claim.day < dropped:
        return Written()
    return run_documents(job, run_count(job, claim, now))


@uncollected()
def run_count(job: AggregationJob, claim: DayClaim, now: datetime) -> CountedDay:
    """Read a day's events and count them, and add what is kept of people.

    When the kept rows changed while the events were read, it is read again: the
    events may not say any more who did it.
    """
    while True:
        ticket = job.bookmarks.ticket(now)
        kept = job.kept.read(claim.day)
        users = Users(start=kept.until)
        numbers = run_read(job, claim.day, since=iso_ms(claim.since), users=users)
        if job.kept.generation(claim.day) == kept.generation:
            add_kept(kept, numbers, job.aggregations)
            return CountedDay(claim, Snapshot(claim.day, ticket), numbers)


def run_read(job: AggregationJob, day: date, *, since: str, users: Users) -> DayNumbers:
    """Read a day's events and count them, a slice of the visitors at a time."""
    job.search.refresh(job.raw_names)
    counter = DayCounter(
        job.aggregations,
        day_end=iso_ms(midnight(day + DAY)),
        since=since,
        per_user=job.per_user,
        users=users,
    )
    events = _count_types(job, day)
    present = [a for a in job.aggregations if a.event_type.name in events]
    for part in slices(sum(events.values()), job.slice_events):
        counter.add_slice({a: _read(job, counter, a, day, part) for a in present})
    return counter.numbers


def _count_types(job: AggregationJob, day: date) -> dict[str, int]:
    """Return how many events each type has on a day; most types have none on most days."""
    found: dict[str, int] = {}
    for some in batches(job.aggregations, NAMES):
        names = ",".join(_raw_index(job, a, day) for a in some)
        found |= read_count_types(job.search.search(names, build_count_types(day, len(some))))
    return found


def _read(
    job: AggregationJob, counter: DayCounter, aggregation: Aggregation, day: date, part: Slice
) -> Iterator[list[dict[str, Any]]]:
    body = build_read_day(day, part, counter.fields(aggregation))
    for page in ahead(job.search.pages(_raw_index(job, aggregation, day), body)):
        job.renew()
        yield page


def _raw_index(job: AggregationJob, aggregation: Aggregation, day: date) -> str:
    """Return the indices that hold a day and the first seconds of the next."""
    name = aggregation.event_type.name
    months = dict.fromkeys((month_of(day), month_of(day + DAY)))
    return ",".join(job.search.raw(name, month) for month in months)
