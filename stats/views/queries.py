"""Named queries: invenio-stats' protocol by POST, one query by GET, JSON or a table."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from stats.aggregations.types import Aggregation
from stats.errors import InputError
from stats.kinds.types import Kind
from stats.proxies import current_stats
from stats.queries.types import Parameter, Query
from stats.views.access import ask, ask_table, check_points, may_list
from stats.views.blueprints import api_blueprint
from stats.views.cors import readable_elsewhere
from stats.views.request_parsing import read_args, read_json
from stats.views.responses import JSON, ending_of, json_response, table_response, wanted_table
from stats.views.totals import answer_totals

blueprint = readable_elsewhere(api_blueprint("stats_queries", __name__, url_prefix="/api/stats"))


@blueprint.get("")
def list_queries() -> Response:
    """Return the queries that the caller may run, and event types, kinds and dimensions."""
    read_args(request, ())
    queries = current_stats.queries.values()
    found = [describe_query(query) for query in queries if may_list(query.name)]
    types = [describe_type(aggregation) for aggregation in current_stats.aggregations]
    return json_response(
        request,
        {
            "queries": found,
            "types": types,
            "kinds": [describe_kind(kind) for kind in current_stats.kinds],
            "dimensions": [
                dimension.describe() for dimension in current_stats.definitions.dimensions.values()
            ],
        },
    )


@blueprint.post("")
def run_queries() -> Response:
    """Run several named queries, ``{any: {"stat": name, "params": {...}}}``, and read totals.

    What is ``{any: {"totals": [ref, ...]}}`` has the answer of ``GET /api/stats/totals``.
    """
    read_args(request, ())
    asked = read_json(request, current_stats.limits)
    if not isinstance(asked, dict):
        raise InputError("wrong_type", 'the body is an object: {any: {"stat", "params"}}')
    current_stats.limits.check_queries(len(asked))
    totals = {key: _read_refs(call) for key, call in asked.items() if _is_of_totals(call)}
    calls = {key: _read_call(key, call) for key, call in asked.items() if key not in totals}
    check_points(calls.values())
    answers = {key: ask(name, params) for key, (name, params) in calls.items()}
    answers |= {key: answer_totals(refs) for key, refs in totals.items()}
    return Response(orjson.dumps(answers), mimetype=JSON)


@blueprint.get("/<name>")
def run_named(name: str) -> Response:
    """Run one named query; an ending of its name, or the Accept header, asks for a table."""
    name, form = ending_of(name)
    form = form or wanted_table(request)
    params = read_args(request)
    check_points([(name, params)])
    if form is None:
        return json_response(request, ask(name, params))
    return table_response(request, ask_table(name, params), form)


def _is_of_totals(call: object) -> bool:
    return isinstance(call, dict) and call.keys() == {"totals"}


def _read_refs(call: dict[str, Any]) -> list[str]:
    refs = call["totals"]
    if not isinstance(refs, list) or not all(isinstance(ref, str) for ref in refs):
        raise InputError("wrong_type", "totals must be a list of refs", field="totals")
    return refs


def _read_call(key: str, call: object) -> tuple[str, dict[str, Any]]:
    """Return name and parameters of one call of the POST protocol."""
    if not isinstance(call, dict) or not {"stat"} <= call.keys() <= {"stat", "params"}:
        message = f'{key[:100]} must be of the form {{"stat": NAME, "params": {{...}}}}'
        raise InputError("bad_format", message, field=key[:100])
    name, params = call["stat"], call.get("params")
    if not isinstance(name, str) or name not in current_stats.queries:
        raise InputError("unknown_query", f"there is no query {str(name)[:100]}", field="stat")
    if not isinstance(params, dict | None):
        raise InputError("wrong_type", "params must be an object", field="params")
    return name, params or {}


def describe_query(query: Query) -> dict[str, Any]:
    """Return what a caller must know to ask a query."""
    return {
        "name": query.name,
        "title": query.title,
        "kind": query.kind,
        "url": f"{blueprint.url_prefix}/{query.name}",
        "parameters": [_describe_parameter(parameter) for parameter in query.parameters],
    }


def describe_type(aggregation: Aggregation) -> dict[str, Any]:
    """Return what an event type says of itself."""
    event_type = aggregation.event_type
    return {
        "name": event_type.name,
        "title": event_type.title,
        "counts_as": event_type.counts_as,
        "breakdowns": [breakdown.name for breakdown in aggregation.breakdowns],
        "metrics": list(event_type.metrics),
        "levels": list(event_type.levels),
    }


def describe_kind(kind: Kind) -> dict[str, Any]:
    """Return what a page must know to show a resource of a kind, a host's own too."""
    return {
        "name": kind.name,
        "labels": dict(kind.labels),
        "types": [*kind.views, *kind.downloads],
        "container": kind.container,
        "ranks": kind.ranks,
    }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "help": parameter.help,
        "required": parameter.required,
        "default": parameter.default,
        "schema": dict(parameter.schema),
    }
