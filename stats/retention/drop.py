"""Raw events that are older than is kept: whole months, and at the edge one by one.

Invariant: no event goes that is not counted. First late events are
refused, then the events that were on their way have arrived and are counted,
then no day before is counted any more, and only then the events go; killed in
between, the next run goes on.
"""

from __future__ import annotations

import re
from datetime import date

from stats.aggregations.job import AggregationJob
from stats.retention.job import RetentionJob
from stats.retention.rewrite import run_delete
from stats.retention.search_requests import build_before, build_late
from stats.times import month_of

_MONTH = re.compile(r"\d{4}-\d{2}")


def run_announce(job: AggregationJob, until: date) -> None:
    """Have events before ``until`` refused from now on, as dead letters ``too_late``."""
    for aggregation in job.aggregations:
        job.bookmarks.move_pruned(aggregation.event_type.name, until)


def run_close(job: RetentionJob, until: date) -> set[date]:
    """Have no day before ``until`` counted any more.

    Returns the days that are being counted just now; then nothing is closed.
    """
    bookmarks = job.aggregation.bookmarks
    known, closed_at = bookmarks.dropped_until(), bookmarks.closed_at()
    bookmarks.set_dropped(max(until, known) if known else until, job.clock())
    busy = {day for day in job.aggregation.day_claims.marked_days() if day < until}
    if busy:
        bookmarks.set_dropped(known, closed_at)
    return busy


def run_count_late(job: AggregationJob) -> int:
    """Return how many events came to days that were closed already, uncounted.

    There are none as long as an event is visible within ``STATS_BULK_VISIBLE_SECONDS``.
    """
    closed, at = job.bookmarks.dropped_until(), job.bookmarks.closed_at()
    if closed is None or at is None:
        return 0
    return job.search.count(job.raw_names, build_late(closed, at))


def run_drop(job: RetentionJob, until: date) -> int:
    """Delete the raw events before ``until``; return how many there were."""
    search, dropped = job.aggregation.search, 0
    for index, month in _raw_indices(job.aggregation):
        if month < month_of(until):
            count = search.count(index, {"match_all": {}})
            search.delete_index(index)
        elif month == month_of(until):
            count = run_delete(job, index, build_before(until))
        else:
            continue
        if count:
            job.step(f"dropped {count} raw events of {index}")
        dropped += count
    job.aggregation.retained_rows.drop_before(until)
    job.aggregation.counted_days.drop_before(until)
    return dropped


def run_count_before(job: AggregationJob, until: date) -> int:
    """Return how many raw events there are before ``until``."""
    job.search.refresh(job.raw_names)
    return job.search.count(job.raw_names, build_before(until))


def _raw_indices(job: AggregationJob) -> list[tuple[str, str]]:
    """Return the indices of raw events, each with its month."""
    found = []
    for aggregation in job.aggregations:
        alias = job.search.raw(aggregation.event_type.name)
        for index in job.search.indices(f"{alias}-*"):
            month = index.removeprefix(f"{alias}-")
            if _MONTH.fullmatch(month):  # not of a type whose name begins alike
                found.append((index, month))
    return found
