"""The sums by month compared: what totals are made of, against all daily documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from stats.audit.differences import Difference
from stats.audit.job import AuditJob
from stats.audit.totals import run_compare, run_pages, time_of, whole, without_zeros
from stats.stores.dsl import A
from stats.stores.months import MONTHS

Body = dict[str, Any]
_SUMMED = ("count", "unique_count", "volume")


def run_compare_months(job: AuditJob) -> tuple[int, set[Difference]]:
    """Return how many resources have months, and where those are not right.

    A database that has counted before there were months has none yet.
    """
    months = job.aggregation.months
    if not months.is_filled():
        return 0, set()
    job.aggregation.search.refresh(job.aggregation.daily_names)
    return run_compare(MONTHS, _run_sums(job), months.read, months.every(), pick=_picked)


def _run_sums(job: AuditJob) -> Iterator[tuple[str, Body]]:
    """Yield every resource and its months, in the form of what is stored."""
    metrics = {name: A("sum", field=name) for name in _SUMMED} | {"last": A("max", field="last")}
    month = A("date_histogram", field="timestamp", calendar_interval="month", format="yyyy-MM")
    keys = {"resource": "resource", "month": month, "event": "event"}
    rows = run_pages(job, job.aggregation.daily_names, keys, metrics)
    for ref, buckets in groupby(rows, key=lambda row: str(row["key"]["resource"])):
        months: Body = {}
        for bucket in buckets:
            events = months.setdefault(bucket["key"]["month"], {"events": {}})["events"]
            sums = {name: whole(bucket, name) for name in _SUMMED}
            events[bucket["key"]["event"]] = {**sums, "last": time_of(bucket, "last")}
        yield ref, {"months": months}


def _picked(document: Body) -> Body:
    """Return the sums of each month, without those of nothing."""
    months = document.get("months", {})
    found = {month: without_zeros(one["events"]) for month, one in months.items()}
    return {month: events for month, events in found.items() if events}
