"""The average of a value over several event types: a delay, a length, a size.

Invariant: it is the sum over the count of all days together, not the
mean of daily means, so it is right for every window; of nothing it is null.
"""

from __future__ import annotations

from collections.abc import Sequence

from stats.aggregations.types import Aggregation
from stats.queries.answers import echo
from stats.queries.parameters import FROM, SOURCE, TO, resolve_window
from stats.queries.shares import OF_RESOURCE
from stats.queries.total import build_total, read_total
from stats.queries.types import Answer, Params, Query, Sources
from stats.queries.windows import Window

METRICS = ("count", "sum", "max", "average")


def average(name: str, title: str, *, of: Sequence[Aggregation]) -> Query:
    """Return the query of the average ``value`` of some event types."""
    return Query(
        name,
        title,
        "total",
        tuple(of),
        (OF_RESOURCE, FROM, TO, SOURCE),
        METRICS,
        run_average,
        resolve_window,
        scope="named",
    )


def run_average(query: Query, params: Params, sources: Sources) -> Answer:
    """Ask for the sums of the window."""
    body = build_total(params, Window(params["from"], params["to"]), metrics=METRICS)
    families = ",".join(sources.search.daily(a.family) for a in query.aggregations)
    response = sources.search.search(families, body)
    return {**echo(query, params), "total": read_total(response, METRICS)}
