"""Request bodies of the aggregation, and what their answers mean. All pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from stats.stores.dsl import A, Q, Search
from stats.times import DAY, UTC, from_ms, iso_ms

PARTITIONS = 1024
HEAD_SECONDS = 30
"""The double-click limit: for so long the next day's events matter to a day."""

Body = dict[str, Any]
Slice = tuple[int, int]
"""The partitions of a slice of visitors: first, and one after the last."""


def midnight(day: date) -> datetime:
    """Return the UTC midnight that begins ``day``."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def build_find_days(since: datetime) -> Body:
    """Ask for the days whose events were indexed at ``since`` or later.

    An event of a day's first 30 seconds concerns the day before as well.
    """
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search = Search().query("range", indexed_at={"gte": iso_ms(since)}).extra(size=0)
    search.aggs.bucket("days", days)
    search.aggs.bucket("heads", "filter", filter=Q("exists", field="head_partition")).bucket(
        "days", days
    )
    return search.to_dict()


def read_find_days(answer: Body) -> list[date]:
    """Return the days to recount, oldest first."""
    found = answer.get("aggregations")
    if not found:
        return []
    days = {from_ms(bucket["key"]).date() for bucket in found["days"]["buckets"]}
    days |= {from_ms(b["key"]).date() - DAY for b in found["heads"]["days"]["buckets"]}
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
    heads = {"filter": {"exists": {"field": "head_partition"}}, "aggs": {"days": by_day | last}}
    wanted = [midnight(day) for day in days]
    spans = [{"range": {"timestamp": _within(m, m + 2 * DAY)}} for m in wanted]
    return {
        "query": {"bool": {"should": spans}},
        "size": 0,
        "track_total_hits": False,
        "aggs": {"days": by_day | last, "heads": heads},
    }


def read_fingerprints(answer: Body, days: Sequence[date]) -> dict[date, list[float]]:
    """Return what tells each of ``days`` from itself with other events."""
    found = answer["aggregations"]
    own, heads = _counts(found["days"]), _counts(found["heads"]["days"])
    nothing = [0.0, 0.0]
    return {day: [*own.get(day, nothing), *heads.get(day + DAY, nothing)] for day in days}


def _counts(found: Body) -> dict[date, list[float]]:
    return {
        from_ms(bucket["key"]).date(): [bucket["doc_count"], bucket["last"]["value"] or 0.0]
        for bucket in found["buckets"]
    }


def build_day_query(day: date, part: Slice = (0, PARTITIONS)) -> Body:
    """Select a day's events, and those of the next that push them out, of a slice of visitors."""
    start, end = midnight(day), midnight(day + DAY)
    head_end = end + timedelta(seconds=HEAD_SECONDS)
    query = (Q("range", timestamp=_within(start, end)) & _partitions("partition", part)) | (
        Q("range", timestamp=_within(end, head_end)) & _partitions("head_partition", part)
    )
    body: Body = query.to_dict()
    return body


def build_count_types(day: date, types: int) -> Body:
    """Ask how many of a day's events, with the next's first seconds, each type has."""
    return {
        "query": build_day_query(day),
        "size": 0,
        "track_total_hits": False,
        "aggs": {"types": {"terms": {"field": "type", "size": types}}},
    }


def read_count_types(answer: Body) -> dict[str, int]:
    """Return the number of events of each type that has any."""
    found = answer.get("aggregations", {}).get("types", {"buckets": []})
    return {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}


def build_read_day(day: date, part: Slice, fields: Sequence[str]) -> Body:
    """Ask for what counting needs of a slice's events."""
    return {"query": build_day_query(day, part), "_source": list(fields)}


def slices(events: int, limit: int) -> Iterator[Slice]:
    """Divide the visitors so that a slice has about ``limit`` events at most."""
    parts = min(PARTITIONS, max(1, -(-events // limit)))
    edges = [PARTITIONS * number // parts for number in range(parts + 1)]
    yield from pairwise(edges)


def build_stale(day: date, counted_at: str) -> Body:
    """Ask for the documents of a day that other snapshots wrote, each with its ``_version``."""
    return {
        "query": {
            "bool": {
                "filter": [
                    {"term": {"timestamp": day.isoformat()}},
                    {"term": {"source": "events"}},
                    {"term": {"interval": "day"}},
                ],
                "must_not": {"term": {"counted_at": counted_at}},
            }
        },
        "_source": ["resource", "user_id"],
        "version": True,
    }


def _within(start: datetime, end: datetime) -> dict[str, str]:
    return {"gte": iso_ms(start), "lt": iso_ms(end)}


def _partitions(field: str, part: Slice) -> Any:
    if part == (0, PARTITIONS):
        return Q("exists", field=field)
    return Q("range", **{field: {"gte": part[0], "lt": part[1]}})
