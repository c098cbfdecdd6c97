"""Find the days to recount: those with events that are not counted yet, and those asked for.

Comes in: stores and ``now``. Invariant: days are marked before the bookmark
moves, so that a step may be killed and repeated. Bodies and readers are pure.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from stats.aggregations.job import AggregationJob
from stats.batches import batches
from stats.counting_rules import CARRY_OVER_PARTITION, FIRST_DAY
from stats.errors import InputError
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import DAY, EPOCH, from_ms, iso_ms, midnight

_log = logging.getLogger(__name__)


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
    _log.debug(
        "events indexed since %s are of %d days; %d have other events than at the last look: %s",
        since,
        len(found),
        len(days),
        ", ".join(map(str, days)),
    )
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


def build_find_days(since: datetime) -> Body:
    """Ask for the days whose events were indexed at ``since`` or later.

    An event of a day's first 30 seconds concerns the day before as well.
    """
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search = Search().query("range", indexed_at={"gte": iso_ms(since)}).extra(size=0)
    search.aggs.bucket("days", days)
    search.aggs.bucket(
        "carry_overs", "filter", filter=Q("exists", field=CARRY_OVER_PARTITION)
    ).bucket("days", days)
    return search.to_dict()


def read_find_days(answer: Body) -> list[date]:
    """Return the days to recount, oldest first."""
    found = answer.get("aggregations")
    if not found:
        return []
    days = {from_ms(bucket["key"]).date() for bucket in found["days"]["buckets"]}
    days |= {from_ms(b["key"]).date() - DAY for b in found["carry_overs"]["days"]["buckets"]}
    return sorted(days)


def build_fingerprints(days: Sequence[date]) -> Body:
    """Ask how many events each of ``days`` has, and when the last of them was indexed.

    Once for the day's own events and once for its head, which concerns the day
    before. Nothing that changes a day's numbers leaves both as they are.
    """
    by_day = {
        "date_histogram": {"field": "timestamp", "calendar_interval": "day", "min_doc_count": 1}
    }
    last = {"aggs": {"last": {"max": {"field": "indexed_at"}}}}
    carry_overs = {
        "filter": {"exists": {"field": CARRY_OVER_PARTITION}},
        "aggs": {"days": by_day | last},
    }
    wanted = [midnight(day) for day in days]
    spans = [
        {"range": {"timestamp": {"gte": iso_ms(m), "lt": iso_ms(m + 2 * DAY)}}} for m in wanted
    ]
    return {
        "query": {"bool": {"should": spans}},
        "size": 0,
        "track_total_hits": False,
        "aggs": {"days": by_day | last, "carry_overs": carry_overs},
    }


def read_fingerprints(answer: Body, days: Sequence[date]) -> dict[date, list[float]]:
    """Return what tells each of ``days`` from itself with other events."""
    found = answer["aggregations"]
    own, carry_overs = _counts(found["days"]), _counts(found["carry_overs"]["days"])
    nothing = [0.0, 0.0]
    return {day: [*own.get(day, nothing), *carry_overs.get(day + DAY, nothing)] for day in days}


def _counts(found: Body) -> dict[date, list[float]]:
    return {
        from_ms(bucket["key"]).date(): [bucket["doc_count"], bucket["last"]["value"] or 0.0]
        for bucket in found["buckets"]
    }
