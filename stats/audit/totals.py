"""Totals compared: the sums of all documents, against what MongoDB has.

The sums are asked for here in another way than the aggregation asks: all
resources in pages, instead of those that a day touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from stats.aggregations.totals import user_total_id
from stats.aggregations.types import USERS_FAMILY
from stats.audit.differences import Difference, Place, compare
from stats.audit.job import AuditJob
from stats.batches import batches
from stats.events.types import VIAS, CountsAs, EventType
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import from_ms

PAGE = 1_000
EVERYTHING = Q("match_all")
TOTALS, USERS = "statistic_totals", "statistic_users"
_LAST = {"views": "last_viewed", "downloads": "last_downloaded"}
_COUNTERS: tuple[CountsAs, ...] = ("views", "downloads")


def build_page(
    keys: dict[str, Any], metrics: dict[str, Any], *, only: Any, after: Body | None
) -> Body:
    """Ask for one page of sums by ``keys``, in their order: fields, or what a key is made of."""
    sources = [
        {name: A("terms", field=key) if isinstance(key, str) else key} for name, key in keys.items()
    ]
    page: Body = {"after": after} if after else {}
    search = Search().filter(only).extra(size=0)
    rows = search.aggs.bucket("rows", A("composite", sources=sources, size=PAGE, **page))
    for name, metric in metrics.items():
        rows.metric(name, metric)
    return search.to_dict()


def run_pages(
    job: AuditJob,
    names: str,
    keys: dict[str, Any],
    metrics: dict[str, Any],
    *,
    only: Any = EVERYTHING,
) -> Iterator[Body]:
    """Yield all sums by ``keys`` of the documents that ``only`` selects: a bucket each."""
    after: Body | None = None
    while True:
        answer = job.aggregation.search.search(
            names, build_page(keys, metrics, only=only, after=after)
        )
        rows = answer.get("aggregations", {}).get("rows", {})
        yield from rows.get("buckets", [])
        after = rows.get("after_key")
        if after is None:
            return


def run_sums(job: AuditJob) -> Iterator[tuple[str, Body]]:
    """Yield every resource and what its totals are by right."""
    types = {a.event_type.name: a.event_type for a in job.aggregation.aggregations}
    metrics = {name: A("sum", field=name) for name in ("count", "unique_count", "volume")}
    metrics["last"] = A("max", field="last")
    keys = {"resource": "resource", "event": "event"}
    rows = run_pages(job, job.aggregation.daily_names, keys, metrics)
    for ref, buckets in groupby(rows, key=lambda row: str(row["key"]["resource"])):
        yield ref, add_events(buckets, types)


def add_events(buckets: Iterable[Body], types: dict[str, EventType]) -> Body:
    """Return the totals of one resource, of its sums by event type."""
    total: Body = {"events": {}, "volume": 0}
    for counter in _COUNTERS:
        total |= {counter: 0, f"unique_{counter}": 0, _LAST[counter]: None}
    for bucket in buckets:
        count, event_type = whole(bucket, "count"), types.get(bucket["key"]["event"])
        total["events"][bucket["key"]["event"]] = count
        counter_of = event_type.counts_as if event_type else None
        if counter_of is None:
            continue
        total[counter_of] += count
        total[f"unique_{counter_of}"] += whole(bucket, "unique_count")
        total["volume"] += whole(bucket, "volume") if counter_of == "downloads" else 0
        times = [total[_LAST[counter_of]], time_of(bucket, "last")]
        total[_LAST[counter_of]] = max((time for time in times if time), default=None)
    return total


def run_rows(job: AuditJob) -> Iterator[tuple[str, Body]]:
    """Yield every person's row of totals as it is by right."""
    metrics: Body = {name: A("sum", field=name) for name in _COUNTERS}
    metrics |= {name: A("max", field=name) for name in _LAST.values()}
    for via in VIAS:
        for counter in _COUNTERS:
            metrics[f"{via}_{counter}"] = A("sum", field=f"via.{via}.{counter}")
    keys = {"user": "user_id", "resource": "resource"}
    for bucket in run_pages(job, job.aggregation.search.daily(USERS_FAMILY), keys, metrics):
        row: Body = {counter: whole(bucket, counter) for counter in _COUNTERS}
        row |= {name: time_of(bucket, name) for name in _LAST.values()}
        row["via"] = {
            via: {counter: whole(bucket, f"{via}_{counter}") for counter in _COUNTERS}
            for via in VIAS
        }
        yield user_total_id(bucket["key"]["user"], bucket["key"]["resource"]), row


def run_compare_totals(job: AuditJob) -> tuple[int, set[Difference]]:
    """Return how many resources have totals, and where those are not right."""
    job.aggregation.search.refresh(job.aggregation.daily_names)
    totals = job.aggregation.totals
    return run_compare(TOTALS, run_sums(job), totals.read, totals.every_total())


def run_compare_people(job: AuditJob) -> tuple[int, set[Difference]]:
    """Return how many rows of people there are, and where those are not right."""
    job.aggregation.search.refresh(job.aggregation.search.daily(USERS_FAMILY))
    totals = job.aggregation.totals

    def read(ids: list[str]) -> dict[str, Body]:
        return {str(row["_id"]): row for row in totals.read_users({"_id": {"$in": ids}})}

    return run_compare(USERS, run_rows(job), read, totals.every_user())


def picked(document: Body) -> Body:
    """Return the numbers and times of totals or of a person's row, without zeros."""
    found = {name: without_zeros(document[name]) for name in _FIELDS if name in document}
    found |= {name: document[name] for name in _LAST.values() if document.get(name)}
    return {name: value for name, value in found.items() if value}


def run_compare(
    name: str,
    right: Iterator[tuple[str, Body]],
    read: Callable[[list[str]], dict[str, Body]],
    everything: Iterator[Body],
    *,
    pick: Callable[[Body], Body] = picked,
) -> tuple[int, set[Difference]]:
    """Compare what is right with what is stored, and find what is stored without right.

    ``pick`` takes of a document what is compared. Memory holds the ids of all, as hashes; a site
    of millions needs some 100 MB.
    """
    differences: set[Difference] = set()
    known: set[int] = set()
    for batch in batches(right, PAGE):
        stored = read([key for key, _ in batch])
        for key, document in batch:
            known.add(hash(key))
            place = Place(name, "total", key)
            differences.update(compare(place, pick(stored.get(key, {})), pick(document)))
    for document in everything:
        if hash(document["_id"]) not in known:
            place = Place(name, "total", str(document["_id"]))
            differences.update(compare(place, pick(document), {}))
    return len(known), differences


_FIELDS = ("views", "unique_views", "downloads", "unique_downloads", "volume", "events", "via")


def without_zeros(value: Any) -> Any:
    """Return a value; of a mapping, what is in it and is not nothing."""
    if not isinstance(value, dict):
        return value
    inner = {key: without_zeros(one) for key, one in value.items()}
    return {key: one for key, one in inner.items() if one}


def whole(bucket: Body, name: str) -> int:
    """Return a sum as a whole number."""
    return round(bucket[name]["value"] or 0)


def time_of(bucket: Body, name: str) -> Any:
    """Return the latest time; None of nothing."""
    value = bucket[name]["value"]
    return None if value is None else from_ms(int(value))
