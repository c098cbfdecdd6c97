"""``<type>-level``: how much there is of something that is measured now and then.

Comes in: the daily documents of a gauge, such as the size of a store. Goes out:
the last known values of one resource, or summed over all of a kind, at the end
of every interval. Invariant: a value lasts until the next measurement,
so days without one are no gap, also when the last one was before the window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from stats.aggregations.types import Aggregation
from stats.errors import InputError
from stats.queries.answers import echo
from stats.queries.filters import build_search
from stats.queries.histogram import resolve_histogram
from stats.queries.parameters import FROM, INTERVAL, KIND, RESOURCE, SOURCE, TO
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window, list_buckets, shift
from stats.times import DAY, next_month, parse_day

COLUMNS = ("level", "resources")
ONE = replace(RESOURCE, required=False, help="what was measured, kind:id; or name a kind")
EACH = replace(KIND, help="the sum over all measured resources of this kind that you may see")

Measured = tuple[date, str, float]
"""The day, the resource and the last value of that day."""


def level(aggregation: Aggregation) -> Query:
    """Return the query of a gauge's history."""
    event_type = aggregation.event_type
    return Query(
        f"{event_type.name}-level",
        f"{event_type.title}: the last known, of one resource or of all of a kind",
        "histogram",
        (aggregation,),
        (ONE, EACH, FROM, TO, INTERVAL, SOURCE),
        ("date", *COLUMNS),
        run_level,
        resolve_level,
        scope="visible",
    )


def resolve_level(params: Params, today: date) -> Params:
    """Fill in the window; either a resource or a kind must be named."""
    if (params["resource"] is None) == (params["kind"] is None):
        message = "name either the resource that was measured or a kind"
        raise InputError("missing", message, field="resource")
    return resolve_histogram(params, today)


def run_level(query: Query, params: Params, sources: Sources) -> Answer:
    """Read all measurements up to the last day; the newest before a day is its value."""
    (aggregation,) = query.aggregations
    search = sources.search
    pages = search.pages(search.daily(aggregation.family), build_level(params), size=1_000)
    measured = [read_measured(hit["_source"]) for page in pages for hit in page]
    seen = sources.seen(resource for _, resource, _ in measured)
    buckets = list_levels([one for one in measured if one[1] in seen], params)
    total = {column: buckets[-1][column] for column in COLUMNS}
    return {**echo(query, params), "buckets": buckets, "total": total}


def build_level(params: Params) -> dict[str, Any]:
    """Return the request for the last values of all days up to the window's end."""
    search = build_search(params, Window(None, params["to"])).filter("exists", field="last_value")
    body: dict[str, Any] = search.to_dict()
    return {
        "query": body["query"],
        "_source": ["timestamp", "resource", "last_value", "interval"],
    }


def read_measured(document: Mapping[str, Any]) -> Measured:
    """Return a document's value, and since when it is known: a month's since its last day."""
    day = parse_day(document["timestamp"][:10])
    if document["interval"] == "month":
        day = next_month(day) - DAY
    return day, document["resource"], float(document["last_value"])


def list_levels(measured: Iterable[Measured], params: Params) -> list[Row]:
    """Return the sum of the last known values at the end of each interval."""
    waiting = sorted(measured, reverse=True)
    known: dict[str, float] = {}
    rows = []
    for start in list_buckets(params["from"], params["to"], params["interval"]):
        following = shift(start, params["interval"], 1)
        while waiting and waiting[-1][0] < following:
            _, resource, value = waiting.pop()
            known[resource] = value
        summed = sum(known.values()) if known else None
        rows.append({"date": start.isoformat(), "level": summed, "resources": len(known)})
    return rows
