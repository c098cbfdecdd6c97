"""The dataset report of each month, to DataCite when the month is over.

Invariant: a month that has a report there is left alone, unless asked
for; so the job may run any number of times.
"""

from __future__ import annotations

from datetime import date, datetime

from stats.exports.datacite import Service, Submission, bookmark_of, run_submit
from stats.reports.dsr import run_dsr
from stats.reports.months import last_of, last_whole_month
from stats.reports.registry import Reporter


def run_monthly(
    service: Service, reporter: Reporter, *, now: datetime, month: date | None = None
) -> Submission | None:
    """Submit the last whole month if it is not there yet, or ``month`` in any case.

    A ``month`` that is not over is submitted up to its last counted day, and
    replaced by the next submission. Returns None when there was nothing to do.
    """
    chosen = month or last_whole_month(reporter.sources.bookmarks.counted_until(), now)
    if chosen is None:
        return None
    window = (chosen, last_of(chosen))
    report = run_dsr(reporter.sources, reporter.platform, window, now=now)
    if month is None and service.bookmarks.report(bookmark_of(report))[0] is not None:
        return None
    return run_submit(service, report)
