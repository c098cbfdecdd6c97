"""``<type>-histogram``: the numbers of one resource, interval by interval.

Invariants: every interval of the window is there, with zeros where nothing
happened; the total is the sum of the buckets. ``since`` is the first day that
anything was counted, in the window or before it, so that a reader can tell
"none" from "not yet".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from stats.aggregations.types import Aggregation
from stats.queries.answers import echo
from stats.queries.compared import compare_intervals, comparing
from stats.queries.comparison import check_comparable
from stats.queries.filters import build_search
from stats.queries.first_day import build_first_day, read_first_day, run_first_day
from stats.queries.metrics import (
    COUNTS,
    add_rows,
    build_metrics,
    csv_columns,
    empty_row,
    read_metrics,
)
from stats.queries.parameters import (
    COMPARE,
    FROM,
    INTERVAL,
    RESOURCE,
    SOURCE,
    TO,
    WINDOW,
    resolve_preset,
)
from stats.queries.presets import ALL
from stats.queries.types import Answer, Params, Query, Sources
from stats.queries.windows import Window, check_order, list_buckets, usual_first
from stats.stores.dsl import A


def histogram(aggregation: Aggregation, *, name: str | None = None) -> Query:
    """Return the histogram query of an aggregation."""
    event_type = aggregation.event_type
    shown = csv_columns(event_type.metrics, counts_as=event_type.counts_as)
    return Query(
        name or f"{event_type.name}-histogram",
        f"{event_type.title}: history of a resource",
        "histogram",
        (aggregation,),
        (RESOURCE, FROM, TO, WINDOW, INTERVAL, SOURCE, COMPARE),
        ("date", *shown),
        run_histogram,
        resolve_histogram,
        scope="named",
        compare=comparing(compare_intervals),
        compared=tuple(name for name in shown if name in COUNTS),
    )


def resolve_histogram(params: Params, today: date) -> Params:
    """Fill in the window: up to today, with the usual number of buckets.

    That of ``window=all`` has no first day yet: it begins with the first data.
    """
    named = resolve_preset(params, today)
    last = named["to"] or today
    if named.get("window") == ALL:
        return check_comparable({**named, "to": last}, today)
    first = named["from"] or usual_first(last, named["interval"])
    check_order(Window(first, last), field="to")
    list_buckets(first, last, named["interval"])  # refuses too many before an engine is asked
    return {**named, "from": first, "to": last}


def run_histogram(query: Query, params: Params, sources: Sources) -> Answer:
    """Ask for the buckets that have documents and fill in the others."""
    if params["from"] is None:
        first = run_first_day(query, params, sources.search) or params["to"]
        params = {**params, "from": min(first, params["to"])}
    (aggregation,) = query.aggregations
    metrics = aggregation.event_type.metrics
    body = build_histogram(params, metrics=metrics)
    response = sources.search.search(sources.search.daily(aggregation.family), body)
    return read_histogram(response, params, query=query, metrics=metrics)


def build_histogram(params: Params, *, metrics: tuple[str, ...]) -> dict[str, Any]:
    """Return the request body: one bucket an interval that has documents."""
    search = build_search(params, Window(params["from"], params["to"]))
    intervals = A(
        "date_histogram",
        field="timestamp",
        calendar_interval=params["interval"],
        format="yyyy-MM-dd",
        min_doc_count=1,
        aggs=build_metrics(metrics),
    )
    search.aggs["intervals"] = intervals
    search.aggs["ever"] = build_first_day(params)
    return search.to_dict()


def read_histogram(
    response: Mapping[str, Any], params: Params, *, query: Query, metrics: tuple[str, ...]
) -> Answer:
    """Return the answer: zero-filled buckets and their total."""
    found = {bucket["key_as_string"]: bucket for bucket in _buckets(response)}
    starts = [
        day.isoformat() for day in list_buckets(params["from"], params["to"], params["interval"])
    ]
    rows = [
        read_metrics(found[start], metrics) if start in found else empty_row(metrics)
        for start in starts
    ]
    return {
        **echo(query, params),
        "buckets": [{"date": start, **row} for start, row in zip(starts, rows, strict=True)],
        "total": add_rows(rows, metrics),
        "since": read_first_day(response),
    }


def _buckets(response: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the buckets; without any index there are no aggregations either."""
    found: list[dict[str, Any]] = (
        response.get("aggregations", {}).get("intervals", {}).get("buckets", [])
    )
    return found
