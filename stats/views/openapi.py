"""The OpenAPI 3.1 document, made from the application's routes and its queries.

Invariants: every route of the application is in it, also one that a
host or another blueprint added; a route that the table below does not describe
has what its function says of itself. Each form of an answer has an address of its
own, so that what a generated client gets has one type; that the ``Accept`` header
chooses as well, the document says in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.routing import Rule

from stats import __version__
from stats.dashboard.gallery import RESOURCE
from stats.dashboard.language import LANG
from stats.dashboard.sections import SORT, VERSIONS
from stats.dashboard.window import PARAMETERS as WINDOW_PARAMETERS
from stats.proxies import current_stats
from stats.queries.types import Parameter, Query
from stats.reports.page import PARAMETERS as PAGE_PARAMETERS
from stats.reports.tables import MEDIA_TYPES, TABLE_FORMS, TableForm
from stats.views import counter_operations, route_parameters
from stats.views.blueprints import api_blueprint
from stats.views.request_parsing import read_args
from stats.views.responses import JSON, JSON_LD, json_response
from stats.views.route_parameters import REF, describe
from stats.views.schemas import (
    COMPONENTS,
    PARAMETER_VALUE,
    TEXT,
    Schema,
    answer_schema,
    object_of,
    ref_to,
)
from stats.widgets.badge import PARAMETERS as BADGE_PARAMETERS
from stats.widgets.frame import PARAMETERS as FRAME_PARAMETERS

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NDJSON = "application/x-ndjson"
SVG = "image/svg+xml"
EMPTY: Mapping[str, Schema] = {}
FORMS = {str(form): kind for form, kind in MEDIA_TYPES.items()} | {"json": JSON, "ndjson": NDJSON}
"""The form that the ending of an address asks for; without one it is the first described."""

ABOUT = (
    "Each form of an answer has an address of its own: `.csv`, `.xlsx`, `.json`, `.ndjson` or "
    "`.tsv` behind the first, which gives the form that is declared there. Where there is such a "
    "twin, the Accept header of a request to the first address chooses as well."
)

SECURITY_SCHEMES: Mapping[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token (docs/access.md)."},
    "counterKey": {"type": "apiKey", "in": "query", "name": "api_key"},
    "counterRequestor": {"type": "apiKey", "in": "query", "name": "requestor_id"},
}
ANYBODY_OR_TOKEN: tuple[Mapping[str, Any], ...] = ({}, {"bearer": []})
"""What is public is for everybody, what is restricted for those whose token allows it."""

blueprint = api_blueprint("stats_openapi", __name__)


_ERROR: Mapping[str, Schema] = {JSON: ref_to("ErrorAnswer")}


@dataclass(frozen=True)
class Described:
    """What a route says beyond its path: bodies, query parameters, and answers by form.

    The first form is that of the address without an ending. An answer that ``has_etag`` is not
    sent again to who has it (304).
    """

    answers: Mapping[str, Schema] = field(default_factory=lambda: {"text/html": {"type": "string"}})
    body: Mapping[str, Schema] = field(default_factory=dict)
    status: str = "200"
    parameters: tuple[Mapping[str, Any], ...] = ()
    also: Mapping[str, Schema] = field(default_factory=dict)
    errors: Mapping[str, Schema] = field(default_factory=lambda: _ERROR)
    has_etag: bool = False


_WORKBOOK: Mapping[str, Schema] = {MEDIA_TYPES["xlsx"]: {"type": "string", "format": "binary"}}
_TABLES: Mapping[str, Schema] = {MEDIA_TYPES["csv"]: {"type": "string"}, **_WORKBOOK}
"""What each form of a table is, by its media type."""


_HTML: Mapping[str, Schema] = {"text/html": {"type": "string"}}
_SVG: Mapping[str, Schema] = {SVG: {"type": "string"}}
_SCRIPT: Mapping[str, Schema] = {"text/javascript": {"type": "string"}}


def _page(*parameters: str, status: str = "200", body: Mapping[str, Schema] = EMPTY) -> Described:
    """Describe a page; what is wrong is said on one too, but for requests that no page takes."""
    return Described(
        _HTML if status == "200" else EMPTY,
        body=body,
        status=status,
        parameters=_text_parameters(parameters),
        errors={**_HTML, **_ERROR},
    )


def _one_or_many(name: str) -> dict[str, Schema]:
    one = ref_to(name)
    many = {"type": "array", "items": one}
    return {JSON: {"anyOf": [one, many]}, "application/x-ndjson": {"type": "string"}}


def _text_parameters(names: Iterable[str]) -> tuple[Schema, ...]:
    return tuple({"name": name, "in": "query", "schema": {"type": "string"}} for name in names)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.help,
        "required": parameter.required,
        "schema": schema,
    }


_REFS = {
    "name": "ref",
    "in": "query",
    "required": True,
    "schema": {"type": "array", "items": REF, "minItems": 1},
    "explode": True,
}
_CALL: Schema = {
    **object_of(
        {"stat": TEXT, "params": {"type": "object", "additionalProperties": PARAMETER_VALUE}},
        required=False,
    ),
    "required": ["stat"],
}
_CALL_OF_TOTALS: Schema = object_of({"totals": {"type": "array", "items": REF}})
_CALLS: Schema = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [{**call, "additionalProperties": False} for call in (_CALL, _CALL_OF_TOTALS)]
    },
}

_TOKEN: Mapping[str, Schema] = {
    "application/x-www-form-urlencoded": {
        "type": "object",
        "properties": {"token": {"type": "string"}},
        "required": ["token"],
    }
}
_REPORT = {**_TABLES, JSON: ref_to("MetricsReport"), NDJSON: {"type": "string"}}
_SEEN = {
    "type": "object",
    "additionalProperties": {"anyOf": [ref_to("Totals"), ref_to("ErrorAnswer")]},
}

_ANSWERS = {"type": "object", "additionalProperties": {"anyOf": [ref_to("AnyAnswer"), _SEEN]}}

_BREAKDOWN = describe(route_parameters.BREAKDOWN, required="by")

DESCRIBED: Mapping[str, Described] = {
    "stats_totals.read_one": Described({JSON: ref_to("Totals")}, has_etag=True),
    "stats_totals.read_jsonld": Described({JSON_LD: ref_to("JsonLd")}, has_etag=True),
    "stats_totals.read_many": Described(
        {JSON: _SEEN, **_TABLES}, parameters=(_REFS,), has_etag=True
    ),
    **dict.fromkeys(
        ("stats_reports.metrics", "stats_reports.metrics_of", "stats_reports.metrics_by_user"),
        Described(_REPORT, parameters=describe(route_parameters.METRICS_REPORT)),
    ),
    "stats_reports.page": Described(
        _WORKBOOK, parameters=tuple(_parameter(one) for one in PAGE_PARAMETERS)
    ),
    "stats_reports.breakdown": Described(
        {JSON: ref_to("Breakdown")}, parameters=_BREAKDOWN, has_etag=True
    ),
    "stats_reports.breakdown_table": Described(_TABLES, parameters=_BREAKDOWN, has_etag=True),
    "stats_queries.list_queries": Described({JSON: ref_to("QueryList")}, has_etag=True),
    "stats_queries.run_queries": Described({JSON: _ANSWERS}, body={JSON: _CALLS}),
    "stats_queries.run_named": Described({JSON: ref_to("AnyAnswer")}, has_etag=True),
    "stats_events.publish": Described(
        {JSON: ref_to("Accepted")}, body=_one_or_many("Event"), status="202"
    ),
    "stats_audit.search": Described(
        {JSON: ref_to("EventPage"), NDJSON: {"type": "string"}},
        parameters=describe(route_parameters.EVENTS),
    ),
    "stats_changed.changed": Described(
        {JSON: ref_to("ChangedPage")},
        parameters=describe(route_parameters.CHANGED),
        has_etag=True,
    ),
    "stats_resources.describe_one": Described(
        {JSON: ref_to("Accepted")}, body={JSON: ref_to("Description")}
    ),
    "stats_resources.describe_many": Described(
        {JSON: ref_to("Accepted")}, body=_one_or_many("DescriptionWithRef")
    ),
    "stats_openapi.openapi": Described({JSON: ref_to("Document")}, has_etag=True),
    "stats_health.healthz": Described({JSON: ref_to("Health")}),
    "stats_health.readyz": Described({JSON: ref_to("Ready")}, also={"503": ref_to("Ready")}),
    "stats_script.client": Described(_SCRIPT, has_etag=True),
    "stats_health.metrics": Described({"text/plain": {"type": "string"}}),
    "stats_dashboard.site": _page(*WINDOW_PARAMETERS, LANG),
    "stats_dashboard.resource": _page(*WINDOW_PARAMETERS, LANG, VERSIONS, SORT),
    "stats_dashboard.counting": _page(LANG),
    "stats_dashboard.search": _page("q", LANG),
    "stats_dashboard.sign_in_form": _page("next", LANG),
    "stats_dashboard.sign_in": _page("next", LANG, status="303", body=_TOKEN),
    "stats_dashboard.sign_out": _page(status="303"),
    "stats_dashboard.missing": Described(_HTML, status="404", errors={**_HTML, **_ERROR}),
    "stats_gallery.show_gallery": _page(RESOURCE, LANG),
    "stats_widgets.frame": _page(*FRAME_PARAMETERS),
    "stats_widgets.badge": Described(
        _SVG,
        parameters=_text_parameters(BADGE_PARAMETERS),
        errors={**_SVG, **_ERROR},
        has_etag=True,
    ),
    "stats_widgets.script": Described(_SCRIPT, has_etag=True),
    "stats_widgets.chunk": Described(_SCRIPT, has_etag=True),
}


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    """Return this document."""
    read_args(request, ())
    return json_response(request, build_openapi(current_app, current_stats.queries.values()))


def build_openapi(app: Flask, queries: Iterable[Query]) -> dict[str, Any]:
    """Return the document of an application's routes, and of each named query."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in list_routes(app):
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) & set(_METHODS)):
            operation = _operation(rule, method, _summary(view.__doc__))
            paths.setdefault(path_of(rule), {})[method.lower()] = operation
    for query in queries:
        paths[f"/api/stats/{query.name}"] = {"get": _query_operation(query)}
        for form in TABLE_FORMS:
            paths[f"/api/stats/{query.name}.{form}"] = {"get": _table_operation(query, form)}
    paths |= counter_operations.build_paths()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Usage statistics", "version": __version__, "description": ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**COMPONENTS, **counter_operations.COMPONENTS},
            "securitySchemes": dict(SECURITY_SCHEMES),
        },
        "security": [dict(one) for one in ANYBODY_OR_TOKEN],
    }


def list_routes(app: Flask) -> list[Rule]:
    """Return the rules of an application, without those of static files."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]


def path_of(rule: Rule) -> str:
    """Return the path of a rule as OpenAPI writes it."""
    return _ARGUMENT.sub(r"{\1}", rule.rule)


def _operation(rule: Rule, method: str, summary: str) -> dict[str, Any]:
    described = DESCRIBED.get(rule.endpoint, Described())
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": REF if name == "ref" else {"type": "string"},
        }
        for name in _ARGUMENT.findall(rule.rule)
    ]
    operation: dict[str, Any] = {
        "operationId": _slug(f"{method.lower()} {path_of(rule)}"),
        "summary": summary,
        "parameters": [*in_path, *described.parameters],
        "responses": {
            **{
                s: {"description": "Not now", "content": _content({JSON: schema})}
                for s, schema in described.also.items()
            },
            **_responses(
                described.status,
                _form_of(rule, described.answers),
                errors=described.errors,
                has_etag=described.has_etag,
            ),
        },
    }
    if described.body:
        operation["requestBody"] = {"required": True, "content": _content(described.body)}
    return operation


def _form_of(rule: Rule, answers: Mapping[str, Schema]) -> Mapping[str, Schema]:
    """Return the answer of an address in its one form."""
    asked = FORMS.get(rule.rule.rpartition(".")[2], "")
    form = asked if asked in answers else next(iter(answers), None)
    return {form: answers[form]} if form else {}


def _query_operation(query: Query) -> dict[str, Any]:
    return {
        "operationId": _slug(f"query {query.name}"),
        "summary": query.title,
        "parameters": [_parameter(parameter) for parameter in query.parameters],
        "responses": _responses("200", {JSON: answer_schema(query)}, has_etag=True),
    }


def _table_operation(query: Query, form: TableForm) -> dict[str, Any]:
    """Describe the same query as a table, at an address of its own."""
    media_type = MEDIA_TYPES[form]
    return _query_operation(query) | {
        "operationId": _slug(f"query {query.name} {form}"),
        "summary": f"{query.title}, as {form.upper()}",
        "responses": _responses("200", {media_type: _TABLES[media_type]}, has_etag=True),
    }


def _responses(
    status: str,
    answers: Mapping[str, Schema],
    *,
    errors: Mapping[str, Schema] = _ERROR,
    has_etag: bool = False,
) -> dict[str, Any]:
    error = {"description": "What was wrong", "content": _content(errors)}
    found: dict[str, Any] = {status: {"description": "The answer"}}
    if answers:
        found[status]["content"] = _content(answers)
    if has_etag:
        found["304"] = {"description": "It is what If-None-Match names"}
    return {**found, "default": error}


def _content(types: Mapping[str, Schema]) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type, schema in types.items()}


def _slug(text: str) -> str:
    """Return a name that a generated client can use for a function."""
    return _NO_WORD.sub("_", text).strip("_")


def _summary(docstring: str | None) -> str:
    return (docstring or "").strip().split("\n")[0]
