"""``<type>-top`` and ``top``: the resources with the largest numbers.

Invariant: the ranking is exact; the largest value comes first and of
equal ones the smaller ref; a resource whose value is 0 is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stats.aggregations.types import Aggregation
from stats.kinds.catalogue import USER
from stats.queries.answers import echo
from stats.queries.deleted import DELETED
from stats.queries.metrics import COUNTS, build_metrics, csv_columns, read_metrics
from stats.queries.names import NAMES, put_names
from stats.queries.parameters import (
    COMPARE,
    FROM,
    KIND,
    SOURCE,
    TO,
    WINDOW,
    WITHIN,
    choice,
    size,
)
from stats.queries.ranking import Ranked, run_candidates, run_rows
from stats.queries.rising import SORT, rank_compared, resolve_ranking
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.refs import kind_of, split_ref
from stats.stores.dsl import A

METRICS: Mapping[str, tuple[str, str]] = {
    "views": ("views", "count"),
    "unique_views": ("views", "unique_count"),
    "downloads": ("downloads", "count"),
    "unique_downloads": ("downloads", "unique_count"),
    "volume": ("downloads", "volume"),
}
"""What a total is made of: the event types that count as it, and their field."""


def top(aggregation: Aggregation, *, name: str | None = None) -> Query:
    """Return the ranking query of an aggregation."""
    event_type = aggregation.event_type
    return Query(
        name or f"{event_type.name}-top",
        f"{event_type.title}: the resources with the most",
        "top",
        (aggregation,),
        (KIND, WITHIN, FROM, TO, WINDOW, size(10), SOURCE, DELETED, COMPARE, SORT),
        ("resource", *NAMES, *csv_columns(COUNTS, counts_as=event_type.counts_as)),
        run_top,
        resolve_ranking,
        scope="rows",
        compare=rank_compared(ranked_by=ranked_by, read=read_counts, empty=COUNTS),
        compared=("count",),
    )


def top_of_all(aggregations: Iterable[Aggregation], *, name: str = "top") -> Query:
    """Return the ranking by views or downloads of whatever type."""
    counted = tuple(a for a in aggregations if a.event_type.counts_as)
    metric = choice("metric", METRICS, default="views", help="what the ranking is by")
    return Query(
        name,
        "The resources with the most views or downloads",
        "top",
        counted,
        (KIND, metric, WITHIN, FROM, TO, WINDOW, size(10), SOURCE, DELETED, COMPARE, SORT),
        ("resource", *NAMES, "value", *METRICS),
        run_top_of_all,
        resolve_ranking,
        scope="rows",
        compare=rank_compared(ranked_by=ranked_by, read=read_values, empty=("value", *METRICS)),
        compared=("value",),
    )


def run_top(query: Query, params: Params, sources: Sources) -> Answer:
    """Rank by the count of one event type."""
    ranked = ranked_by(query, params, sources)
    found = read_counts(query, ranked, run_candidates(ranked, sources.search), sources)
    return {**echo(query, params), "buckets": put_names(_rank(found, "count", params), sources)}


def run_top_of_all(query: Query, params: Params, sources: Sources) -> Answer:
    """Rank by one of the totals, over all event types that count as it."""
    ranked = ranked_by(query, params, sources)
    refs = run_candidates(ranked, sources.search) if ranked.families else []
    found = read_values(query, ranked, refs, sources)
    return {**echo(query, params), "buckets": put_names(_rank(found, "value", params), sources)}


def ranked_by(query: Query, params: Params, sources: Sources) -> Ranked:
    """Return what the ranking is by: the count of the query's type, or one of the totals."""
    owned = read_owned(params, sources)
    if "metric" not in params:
        families = tuple(a.family for a in query.aggregations)
        return Ranked(families, "count", params, params["size"], owned)
    counts_as, field = METRICS[params["metric"]]
    families = tuple(_families(query, counts_as))
    return Ranked(families, field, params, params["size"], owned)


def read_counts(query: Query, ranked: Ranked, refs: Sequence[str], sources: Sources) -> list[Row]:
    """Return the counts of those of ``refs`` that have any, of one event type."""
    rows = run_rows(ranked, refs, build_metrics(COUNTS), sources.search)
    return [{"resource": row["key"], **read_metrics(row, COUNTS)} for row in rows]


def read_values(query: Query, ranked: Ranked, refs: Sequence[str], sources: Sources) -> list[Row]:
    """Return all totals of those of ``refs`` that have any; ``value`` is what is ranked by."""
    of_all = replace(ranked, families=tuple(a.family for a in query.aggregations))
    rows = run_rows(of_all, refs, build_totals(query), sources.search)
    found = [{"resource": row["key"], **read_totals(row)} for row in rows]
    return [{**row, "value": row[ranked.params["metric"]]} for row in found]


def read_owned(params: Params, sources: Sources) -> tuple[str, ...] | None:
    """Return what a person owns, where a ranking is asked for within one; else None.

    A person contains nothing, so no daily document has them among its parents.
    """
    within = params["within"]
    if within is None or kind_of(within) != USER.name:
        return None
    return tuple(sources.resources.list_owned(split_ref(within)[1]))


def build_totals(query: Query) -> dict[str, Any]:
    """Return the aggregations of views and of downloads, each over its event types."""
    return {
        counts_as: A(
            "filter",
            terms={"event": _families(query, counts_as)},
            aggs=build_metrics(COUNTS),
        )
        for counts_as in ("views", "downloads")
    }


def read_totals(bucket: Mapping[str, Any]) -> Row:
    """Return views, downloads and the rest of one resource."""
    return {
        name: round(bucket[counts_as][field]["value"])
        for name, (counts_as, field) in METRICS.items()
    }


def _families(query: Query, counts_as: str) -> list[str]:
    return [a.family for a in query.aggregations if a.event_type.counts_as == counts_as]


def _rank(rows: Iterable[Row], key: str, params: Params) -> list[Row]:
    ordered = sorted((row for row in rows if row[key] > 0), key=lambda r: (-r[key], r["resource"]))
    return ordered[: params["size"]]
