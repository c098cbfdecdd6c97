"""COUNTER usage compared with the event types that it unites, over all time.

A request of any type is a request, and each is an investigation too: so the
totals of usage are sums over types, whether their raw events are kept or not.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import groupby

from stats.aggregations.types import USAGE_FAMILY
from stats.audit.differences import Difference, Place, compare
from stats.audit.job import AuditJob
from stats.audit.totals import run_pages
from stats.events.types import EventType
from stats.stores.dsl import A, Q

Sums = dict[str, int]
Row = tuple[str, bool, Sums]
"""A resource, whether the sums are those of its types, and the sums."""

FIELDS = ("total_investigations", "total_requests", "volume")


def run_compare_usage(job: AuditJob) -> tuple[int, set[Difference]]:
    """Return how many resources have usage, and where that is not the sum of their types."""
    types = {a.family: a.event_type for a in job.aggregation.aggregations if a.event_type.usage}
    search, count, differences = job.aggregation.search, 0, set()
    search.refresh(",".join(search.daily(family) for family in (*types, USAGE_FAMILY)))
    rows = heapq.merge(_usage_rows(job), _type_rows(job, types), key=lambda row: row[0])
    for ref, of_ref in groupby(rows, key=lambda row: row[0]):
        stored, right = dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0)
        for _, is_right, sums in of_ref:
            _add(right if is_right else stored, sums)
        differences |= set(compare(Place(USAGE_FAMILY, "total", ref), stored, right))
        count += 1
    return count, differences


def _usage_rows(job: AuditJob) -> Iterator[Row]:
    names = job.aggregation.search.daily(USAGE_FAMILY)
    metrics = {field: A("sum", field=field) for field in FIELDS}
    for bucket in run_pages(job, names, {"resource": "resource"}, metrics):
        sums = {field: round(bucket[field]["value"]) for field in FIELDS}
        yield bucket["key"]["resource"], False, sums


def _type_rows(job: AuditJob, types: Mapping[str, EventType]) -> Iterator[Row]:
    if not types:
        return
    names = ",".join(job.aggregation.search.daily(family) for family in types)
    metrics = {field: A("sum", field=field) for field in ("count", "volume")}
    keys = {"resource": "resource", "event": "event"}
    counted = Q("term", source="events")
    for bucket in run_pages(job, names, keys, metrics, only=counted):
        count, volume = (round(bucket[field]["value"]) for field in ("count", "volume"))
        sums = {"total_investigations": count}
        if types[bucket["key"]["event"]].usage == "request":
            sums |= {"total_requests": count, "volume": volume}
        yield bucket["key"]["resource"], True, sums


def _add(total: Sums, sums: Sums) -> None:
    for field, number in sums.items():
        total[field] += number
