"""The audit: raw events = daily documents = totals?

Comes in: a window of days (totals are always compared whole). Goes out: what
was compared and how many differences were found; each is reported as it is
found. Invariant: nothing is changed, and a day that waits to be counted is
said to wait instead of being wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from stats.aggregations.find_days import run_uncounted
from stats.audit.days import Window, run_audit_day, run_check_closed, run_find_days
from stats.audit.differences import Difference
from stats.audit.job import Audited, AuditJob
from stats.audit.months import run_compare_months
from stats.audit.totals import run_compare_people, run_compare_totals
from stats.audit.usage import run_compare_usage

_SECONDS = 3.0


def run_audit(job: AuditJob, window: Window) -> Audited:
    """Compare everything of a window; report each difference once."""
    done = run_days(job, window)
    done = _count(job, done, run_check_closed(job, window))
    job.report("documents without raw events checked")
    _, differences = _twice(job, run_compare_usage)
    done = _count(job, done, differences)
    _, differences = _twice(job, run_compare_months)
    done = _count(job, done, differences)
    totals, differences = _twice(job, run_compare_totals)
    done = _count(job, replace(done, totals=totals), differences)
    job.report(f"{totals} totals compared")
    people, differences = _twice(job, run_compare_people)
    done = _count(job, replace(done, people=people), differences)
    job.report(f"{people} rows of people compared")
    return done


def run_days(job: AuditJob, window: Window) -> Audited:
    """Compare the days of a window that have raw events."""
    done, waiting = Audited(), []
    for day in run_find_days(job, window):
        documents, differences = run_audit_day(job, day)
        done = replace(done, days=done.days + 1, documents=done.documents + documents)
        if differences and day in run_uncounted(job.aggregation):
            waiting.append(day)
            job.report(f"{day}: waits to be counted")
            continue
        done = _count(job, done, differences)
        job.report(f"{day}: {documents} documents, {len(differences)} differences")
    return replace(done, waiting=tuple(waiting))


def _twice(
    job: AuditJob, compare: Callable[[AuditJob], tuple[int, set[Difference]]]
) -> tuple[int, set[Difference]]:
    """Compare; what differs, compare again, since totals are set while an audit runs."""
    count, differences = compare(job)
    if differences:
        job.wait(_SECONDS)
        count, again = compare(job)
        differences &= again
    return count, differences


def _count(job: AuditJob, done: Audited, differences: Iterable[Difference]) -> Audited:
    """Report differences and count them."""
    found = sorted(set(differences), key=str)
    for difference in found:
        job.found(difference)
    return replace(done, differences=done.differences + len(found))
