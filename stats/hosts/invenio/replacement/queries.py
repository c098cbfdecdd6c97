"""From a query of ``STATS_QUERIES`` to one of ours. Pure.

What cannot be mapped is a line, and the query is left out; InvenioRDM's four are
there without configuration, a host's definition of the same name replaces them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stats.aggregations.types import Aggregation
from stats.errors import ConfigError
from stats.hosts.invenio.replacement.definitions import HISTOGRAM, GivenQuery
from stats.queries.invenio import METRICS, HostForm, host_query
from stats.queries.types import Query

_FILE = "file_key"


def build_queries(
    queries: Iterable[GivenQuery], aggregations: Iterable[Aggregation]
) -> tuple[list[Query], list[str]]:
    """Return our queries, and a line for each thing of theirs that has no counterpart."""
    by_type = {a.event_type.name: a for a in aggregations}
    built: list[Query] = []
    lines: list[str] = []
    for query in queries:
        if query.form is None:
            continue
        try:
            built.append(host_query(_aggregation(query, by_type), read_form(query)))
        except ConfigError as error:
            lines.append(f"STATS_QUERIES[{query.name!r}]: {error}")
        if query.params.get("query_modifiers"):
            lines.append(
                f"STATS_QUERIES[{query.name!r}]: query_modifiers are not applied:"
                " define a Query of stats in its place"
            )
    return built, lines


def read_form(query: GivenQuery) -> HostForm:
    """Return what a query is made with; raise ``ConfigError`` for what is unknown."""
    params = query.params
    grouped = list(params.get("aggregated_fields") or ())
    if grouped not in ([], [_FILE]):
        raise ConfigError(f"aggregated_fields {grouped} cannot be mapped, only {_FILE} can")
    return HostForm(
        query.name,
        dict(params.get("required_filters") or {}),
        _metrics(params.get("metric_fields") or {"value": ("sum", "count", {})}),
        tuple(_copied(params.get("copy_fields") or {})),
        by_file=bool(grouped),
        histogram=query.form == HISTOGRAM,
    )


def _aggregation(query: GivenQuery, by_type: Mapping[str, Aggregation]) -> Aggregation:
    index = str(query.params.get("index", ""))
    found = by_type.get(index.removeprefix("stats-"))
    if found is None:
        raise ConfigError(f"index {index!r} is of no event type that is counted here")
    return found


def _metrics(given: Mapping[str, Any]) -> dict[str, str]:
    metrics = {}
    for name, (metric, field, *_options) in given.items():
        if metric != "sum" or field not in METRICS:
            raise ConfigError(
                f"metric_fields.{name}: {metric} of {field} cannot be mapped,"
                f" only sum of {', '.join(sorted(METRICS))} can"
            )
        metrics[name] = field
    return metrics


def _copied(given: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, field in given.items():
        if not isinstance(field, str):
            raise ConfigError(f"copy_fields.{name} is a function, which cannot be mapped")
        yield name, field
