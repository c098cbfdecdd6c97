"""``<type>-total``: the numbers of one resource over a window, or over all time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.aggregations.types import Aggregation
from stats.queries.answers import echo
from stats.queries.compared import compare_total, comparing
from stats.queries.filters import build_search
from stats.queries.metrics import COUNTS, build_metrics, csv_columns, empty_row, read_metrics
from stats.queries.parameters import COMPARE, FROM, RESOURCE, SOURCE, TO, WINDOW, resolve_window
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window

EXCLUDED = "excluded_count"


def total(aggregation: Aggregation, *, name: str | None = None) -> Query:
    """Return the total query of an aggregation."""
    event_type = aggregation.event_type
    shown = csv_columns(event_type.metrics, counts_as=event_type.counts_as)
    return Query(
        name or f"{event_type.name}-total",
        f"{event_type.title}: total of a resource",
        "total",
        (aggregation,),
        (RESOURCE, FROM, TO, WINDOW, SOURCE, COMPARE),
        (*shown, EXCLUDED),
        run_total,
        resolve_window,
        scope="named",
        compare=comparing(compare_total),
        compared=tuple(name for name in shown if name in COUNTS),
    )


def run_total(query: Query, params: Params, sources: Sources) -> Answer:
    """Ask for the sums of the window."""
    (aggregation,) = query.aggregations
    metrics = (*aggregation.event_type.metrics, EXCLUDED)
    body = build_total(params, Window(params["from"], params["to"]), metrics=metrics)
    response = sources.search.search(sources.search.daily(aggregation.family), body)
    return {**echo(query, params), "total": read_total(response, metrics)}


def build_total(params: Params, window: Window, *, metrics: tuple[str, ...]) -> dict[str, Any]:
    """Return the request body: sums alone."""
    search = build_search(params, window)
    for name, aggregation in build_metrics(metrics).items():
        search.aggs[name] = aggregation
    return search.to_dict()


def read_total(response: Mapping[str, Any], metrics: tuple[str, ...]) -> Row:
    """Return the sums; without any index there are no aggregations, and all is zero."""
    aggregations = response.get("aggregations")
    return read_metrics(aggregations, metrics) if aggregations else empty_row(metrics)
