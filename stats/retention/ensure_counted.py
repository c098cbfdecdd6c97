"""Which days are counted, for those who take their raw events away.

Invariant: after :func:`run_settle`, every event that was visible when
it began and whose day is not among those returned is in the daily documents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from stats.aggregations.find_days import run_find_days, run_uncounted
from stats.aggregations.job import AggregationJob
from stats.aggregations.runner import run_claims


def run_settle(job: AggregationJob, clock: Callable[[], datetime], before: date) -> set[date]:
    """Return the days before ``before`` that are not counted yet.

    The last events before the bookmark may have become visible late; the days
    that only for this must be looked at once more are counted here.
    """
    known = run_uncounted(job)
    run_find_days(job, clock())
    again = {day for day in job.day_claims.marked_days() if day < before} - known
    if again:
        run_claims(job, clock, among=sorted(again))
    return {day for day in job.day_claims.marked_days() if day < before}
