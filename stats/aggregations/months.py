"""Sums of daily documents by month, which totals are made of.

Bodies and readers are pure. In: refs and months. Out: by month and ref, the sums of each event
type. Only the index of a month is read; a month that may have been rolled up is found by its
time under the alias, since its index has another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from stats.aggregations.job import NAMES, AggregationJob
from stats.aggregations.types import MEMBERSHIP_FAMILY, USERS_FAMILY
from stats.batches import batches
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import from_ms, month_of, next_month

Sums = dict[str, Body]
"""By event type: ``count``, ``unique_count``, ``volume``, and ``last`` as a time."""

PAGE = 2_000
_EVERYTHING = Q("match_all")
_SUMMED = ("count", "unique_count", "volume")


def run_month_sums(
    job: AggregationJob, months: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Sums]]:
    """Return the sums of some months of some refs, by month and ref."""
    refs: dict[str, list[str]] = {}
    for ref, some in months.items():
        for month in some:
            refs.setdefault(month, []).append(ref)
    families = [a.family for a in job.aggregations]
    found: dict[str, dict[str, Sums]] = {}
    for month, names in _names(job, sorted(refs), families):
        body = build_sums(refs[month], NAMES, month=month)
        for ref, sums in read_sums(job.search.search(names, body)):
            found.setdefault(month, {}).setdefault(ref, {}).update(sums)
    return {month: found.get(month, {}) for month in refs}


def run_refresh(job: AggregationJob, months: Iterable[str]) -> None:
    """Make what was written of some months visible to searches."""
    families = [*(a.family for a in job.aggregations), USERS_FAMILY, MEMBERSHIP_FAMILY]
    for _, names in _names(job, sorted(months), families):
        job.search.refresh(names)


def _names(
    job: AggregationJob, months: Iterable[str], families: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield each month with the indices of its documents, as many as a request may name."""
    closed = job.bookmarks.dropped_until()
    for month in months:
        of_month = None if closed is not None and month <= month_of(closed) else month
        for some in batches(families, NAMES):
            yield month, ",".join(job.search.daily(family, of_month) for family in some)


def build_sums(refs: Sequence[str], event_types: int, *, month: str) -> Body:
    """Ask for the sums of each event type of ``refs`` in one month."""
    first = date.fromisoformat(f"{month}-01")
    within = {"gte": first.isoformat(), "lt": next_month(first).isoformat()}
    search = Search().filter("terms", resource=list(refs)).filter("range", timestamp=within)
    search = search.extra(size=0, track_total_hits=False)
    events = search.aggs.bucket("refs", A("terms", field="resource", size=len(refs))).bucket(
        "events", A("terms", field="event", size=event_types)
    )
    _add_metrics(events)
    return search.to_dict()


def _add_metrics(bucket: Any) -> None:
    for field in _SUMMED:
        bucket.metric(field, A("sum", field=field))
    bucket.metric("last", A("max", field="last"))


def read_sums(answer: Body) -> Iterator[tuple[str, Sums]]:
    """Yield each ref that has documents, and its sums."""
    for ref in answer.get("aggregations", {}).get("refs", {}).get("buckets", []):
        yield ref["key"], {event["key"]: _sums_of(event) for event in ref["events"]["buckets"]}


def _sums_of(bucket: Body) -> Body:
    last = bucket["last"]["value"]
    return {field: int(bucket[field]["value"]) for field in _SUMMED} | {
        "last": None if last is None else from_ms(int(last))
    }


def run_find_months(job: AggregationJob, refs: Sequence[str]) -> dict[str, list[str]]:
    """Return the months of each of ``refs`` that are stored, or that a document speaks of."""
    stored = job.months.read(refs)
    found = {ref: set(stored[ref]["months"]) if ref in stored else set() for ref in refs}
    for ref, month, _, _ in _run_all(job, Q("terms", resource=list(refs))):
        found[ref].add(month)
    return {ref: sorted(months) for ref, months in found.items()}


def run_fill_months(job: AggregationJob, now: datetime) -> None:
    """Sum the months of all daily documents there are, once in the life of a database.

    One that counted before there were months has totals without them.
    """
    if job.months.is_filled():
        return
    read_at = job.bookmarks.ticket(now)
    for some in batches([a.family for a in job.aggregations], NAMES):
        job.search.refresh(",".join(job.search.daily(family) for family in some))
    of_refs = groupby(_run_all(job, _EVERYTHING), key=lambda row: row[0])
    for batch in batches(((ref, _by_month(rows)) for ref, rows in of_refs), PAGE):
        job.renew()
        job.months.merge(dict(batch), read_at=read_at, draw=lambda: job.bookmarks.ticket(now))
    job.months.note_filled()


def _by_month(rows: Iterable[tuple[str, str, str, Body]]) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for _, month, event, sums in rows:
        found.setdefault(month, {})[event] = sums
    return found


def _run_all(job: AggregationJob, only: Any) -> Iterator[tuple[str, str, str, Body]]:
    """Yield ref, month, event type and sums of the documents of ``only``, a ref's together."""
    after: Body | None = None
    while True:
        answer = job.search.search(job.daily_names, build_all(only, after))
        rows = answer.get("aggregations", {}).get("rows", {})
        for bucket in rows.get("buckets", []):
            key = bucket["key"]
            yield key["resource"], key["month"], key["event"], _sums_of(bucket)
        after = rows.get("after_key")
        if after is None:
            return


def build_all(only: Any, after: Body | None) -> Body:
    """Ask for one page of the sums of what ``only`` selects, by resource, month and event type."""
    month = A("date_histogram", field="timestamp", calendar_interval="month", format="yyyy-MM")
    sources = [
        {"resource": A("terms", field="resource")},
        {"month": month},
        {"event": A("terms", field="event")},
    ]
    page: Body = {"after": after} if after else {}
    search = Search().filter(only).extra(size=0, track_total_hits=False)
    _add_metrics(search.aggs.bucket("rows", A("composite", sources=sources, size=PAGE, **page)))
    return search.to_dict()
