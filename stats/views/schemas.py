"""JSON Schemas of what goes in and out, for the OpenAPI document.

Comes in: query definitions. Goes out: schemas. Names of fields come from the
definitions and tables that the answers are made from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stats.events.fields import FIELDS
from stats.events.search import FIELDS as EVENT_FIELDS
from stats.events.search import PRIVATE
from stats.queries.annotated import ANNOTATIONS
from stats.queries.comparison import REASONS, list_columns
from stats.queries.content import CHANGES, DIVIDED, run_content, run_content_by
from stats.queries.histogram import run_histogram
from stats.queries.metrics import COUNTS, WHOLE
from stats.queries.types import Query
from stats.queries.user_activity import BY_VIA
from stats.views.descriptions import DESCRIPTION
from stats.views.totals import COUNTERS, TIMES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE_NUMBER: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
NUMBER: Schema = {"type": "number"}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
INTEGER_OR_NULL: Schema = {"type": ["integer", "null"]}

_COLUMN_TYPES: dict[str, Schema] = {
    **dict.fromkeys((*WHOLE, *COUNTERS, "value", "data_volume"), WHOLE_NUMBER),
    **dict.fromkeys(("part", "whole", "resources", "unlocated"), WHOLE_NUMBER),
    **dict.fromkeys(BY_VIA, WHOLE_NUMBER),
    **dict.fromkeys(("sum", "max", "last_value", "average", "share", "level"), NUMBER_OR_NULL),
    **dict.fromkeys(("lat", "lon"), NUMBER),
    **dict.fromkeys(("resource", "key"), TEXT),
    "date": {"type": "string", "format": "date"},
}
_CHANGE_TYPES = {**_COLUMN_TYPES, **dict.fromkeys(CHANGES, INTEGER)}
"""Those of what comes to a repository and goes: a change may be below zero."""


MERGED: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "resource": {"type": "string"},
            "into": {"type": "string"},
            "summed_before": {"type": ["string", "null"], "format": "date"},
        },
        "required": ["resource", "into", "summed_before"],
        "additionalProperties": False,
    },
}
"""What was merged into what is asked for; there where anything was."""
COARSE: Schema = {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}}
"""Months that are rolled up and that the window cuts, where there are any."""


def object_of(properties: dict[str, Schema], *, required: bool = True) -> Schema:
    """Return the schema of an object; all its properties are always there, or none need be."""
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": list(properties)} if required else schema


REMARKS: Schema = {
    "type": "array",
    "items": object_of({"date": {"type": "string"}, "text": TEXT, "resource": TEXT_OR_NULL}),
}
"""Remarks on the days of a history, where there are any."""

REASON: Schema = {"anyOf": [{"type": "string", "enum": list(REASONS)}, {"type": "null"}]}
"""Why a change is not said, or not as a per cent; null where it is."""


def ref_to(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    """Return a schema of a parameter as an answer echoes it: null where it was not given."""
    return {"anyOf": [schema, {"type": "null"}]}


_DAY_OR_NULL = _or_null(_COLUMN_TYPES["date"])
COMPARISON = object_of(
    {
        **dict.fromkeys(("from", "to", "basis_from", "basis_to", "first_data"), _DAY_OR_NULL),
        "reason": REASON,
    }
)
"""The days that are compared, where the call compares."""


def answer_schema(query: Query) -> Schema:
    """Return the schema of a query's answer."""
    is_content = query.run in (run_content, run_content_by)
    types = _CHANGE_TYPES if is_content else _COLUMN_TYPES
    columns = {name: types.get(name, TEXT_OR_NULL) for name in query.columns}
    echoed = {p.name: _or_null(dict(p.schema)) for p in query.parameters if p.always}
    counts = object_of({name: types[name] for name in (DIVIDED if is_content else COUNTS)})
    if query.kind == "row":
        return object_of({**columns, "counted_until": TIME})
    total = {name: schema for name, schema in columns.items() if name != "date"}
    change = change_schemas(query)
    parts: dict[str, dict[str, Schema]] = {
        "histogram": {
            "buckets": _list(columns, change),
            "total": _with(object_of(total), change),
            **({"since": _or_null(_COLUMN_TYPES["date"])} if query.run is run_histogram else {}),
        },
        "by": {
            "buckets": _list(columns, change),
            "other": counts,
            "total": _with(counts, change),
        },
        "top": {"buckets": _list(columns, change)},
        "total": {"total": _with(object_of(total), change)},
        "shares": {"buckets": _list(columns), "total": object_of({"count": WHOLE_NUMBER})},
        "map": {
            "buckets": _list(columns),
            "total": object_of({"count": WHOLE_NUMBER, "unlocated": WHOLE_NUMBER}),
        },
        "person": {
            "buckets": _list(columns),
            "kinds": {
                "type": "object",
                "additionalProperties": object_of(
                    {"resources": WHOLE_NUMBER, "views": WHOLE_NUMBER, "downloads": WHOLE_NUMBER}
                ),
            },
        },
    }
    schema = object_of({"query": TEXT, **echoed, **parts[query.kind], "counted_until": TIME})
    extra = {p.name: dict(p.schema) for p in query.parameters if not p.always}
    extra |= {ANNOTATIONS: REMARKS} if query.kind == "histogram" else {}
    extra |= {"coarse": COARSE, "merged": MERGED} | (
        {"comparison": COMPARISON} if query.compared else {}
    )
    return _with(schema, extra)


def change_schemas(query: Query) -> dict[str, Schema]:
    """Return the columns that ``compare`` adds to a row."""
    if not query.compared:
        return {}
    columns = dict.fromkeys(list_columns(query.compared), INTEGER_OR_NULL)
    percents = {name: NUMBER_OR_NULL for name in columns if name.startswith("percent_")}
    return {**columns, **percents, "reason": REASON}


def _list(columns: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {"type": "array", "items": _with(object_of(columns), optional or {})}


def _with(schema: Schema, optional: dict[str, Schema]) -> Schema:
    """Return the schema of an object that may have ``optional`` properties, too."""
    return {**schema, "properties": {**schema["properties"], **optional}}


TOTALS = _with(
    object_of(
        {
            **dict.fromkeys(("resource", "kind", "id"), TEXT),
            **dict.fromkeys(COUNTERS, WHOLE_NUMBER),
            **dict.fromkeys(TIMES, TIME),
            "events": {"type": "object", "additionalProperties": WHOLE_NUMBER},
            "counted_until": TIME,
        }
    ),
    {"merged": MERGED},
)

ERROR = object_of({"error": object_of(dict.fromkeys(("code", "message", "field"), TEXT))})

_ITEMS: Schema = {
    "type": "array",
    "items": object_of({"index": WHOLE_NUMBER, "code": TEXT, "message": TEXT, "field": TEXT}),
}

ACCEPTED: Schema = {
    **object_of({"accepted": WHOLE_NUMBER, "rejected": _ITEMS, "warnings": _ITEMS}),
    "required": ["accepted", "rejected"],
}
"""``warnings`` are there when there are any."""

_AUTHOR = {
    **object_of(dict.fromkeys(("name", "orcid", "isni"), TEXT), required=False),
    "required": ["name"],
    "additionalProperties": False,
}
_IDENTIFIER = {
    **object_of(dict.fromkeys(("type", "value"), TEXT)),
    "additionalProperties": False,
}

_FIELD_TYPES: dict[str, Schema] = {
    "size": WHOLE_NUMBER,
    "value": {"type": "number"},
    "timestamp": {"type": "string", "format": "date-time"},
    "created": {"type": "string", "format": "date-time"},
    "parents": {"type": "array", "items": TEXT},
    "keywords": {"type": "array", "items": TEXT},
    "authors": {"type": "array", "items": {"anyOf": [TEXT, _AUTHOR]}},
    "identifiers": {"type": "array", "items": {"anyOf": [TEXT, _IDENTIFIER]}},
    "year": {"anyOf": [TEXT, {"type": "integer"}]},
    "version": {"anyOf": [TEXT, {"type": "integer"}]},
    "extra": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
}


def _incoming(fields: Iterable[str], *required: str) -> Schema:
    properties = {name: _FIELD_TYPES.get(name, TEXT) for name in fields}
    schema = {**object_of(properties, required=False), "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


EVENT = _incoming(FIELDS, "type", "resource")
DESCRIBED = _incoming(DESCRIPTION)
DESCRIBED_WITH_REF = _incoming(("resource", *DESCRIPTION), "resource")

_OPEN: Schema = {"type": "object", "additionalProperties": True}
_NAMES: Schema = {"type": "array", "items": TEXT}
_LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_SCALARS: Schema = {"type": "object", "additionalProperties": _SCALAR}
PARAMETER_VALUE: Schema = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
"""A parameter of a query as it stands in JSON."""

BREAKDOWN = object_of(
    {
        "by": TEXT,
        "within": TEXT,
        "metric": TEXT,
        "from": TEXT_OR_NULL,
        "to": TEXT_OR_NULL,
        "buckets": {
            "type": "array",
            "items": object_of({"key": TEXT, "title": TEXT_OR_NULL, "value": WHOLE_NUMBER}),
        },
        "total": WHOLE_NUMBER,
        "counted_until": TIME,
    },
    required=False,
) | {"required": ["buckets", "total", "counted_until"]}
_EVENT_TYPES: dict[str, Schema] = {
    **_FIELD_TYPES,
    "location": object_of({"lat": NUMBER, "lon": NUMBER}),
    "is_robot": {"type": "boolean"},
    "is_machine": {"type": "boolean"},
}
"""The fields of an event as the log shows it, where they are not texts."""

EVENT_PAGE = object_of(
    {
        "events": {
            "type": "array",
            "items": {
                **object_of(
                    {name: _EVENT_TYPES.get(name, TEXT) for name in (*EVENT_FIELDS, *PRIVATE)},
                    required=False,
                ),
                "required": ["id", "type", "timestamp", "resource"],
                "additionalProperties": False,
            },
        },
        "next": TEXT_OR_NULL,
    }
)
CHANGED = object_of(
    {
        "changed": {"type": "array", "items": ref_to("Totals")},
        "next": TEXT,
        "counted_until": TIME,
    }
)
METRICS_REPORT = object_of(
    {
        "report": TEXT,
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [_SCALAR, {"type": "array", "items": TEXT}],
                },
            },
        },
        "count": WHOLE_NUMBER,
        "counted_until": TIME,
    }
)
_PARAMETER = object_of(
    {
        "name": TEXT,
        "help": TEXT,
        "required": {"type": "boolean"},
        "default": _SCALAR,
        "schema": _OPEN,
    }
)
"""A parameter as a query describes it; ``schema`` is any JSON Schema."""

QUERY_LIST = object_of(
    {
        "queries": {
            "type": "array",
            "items": object_of(
                {
                    **dict.fromkeys(("name", "title", "kind", "url"), TEXT),
                    "parameters": {"type": "array", "items": _PARAMETER},
                }
            ),
        },
        "types": {
            "type": "array",
            "items": object_of(
                {
                    "name": TEXT,
                    "title": TEXT,
                    "counts_as": TEXT_OR_NULL,
                    "breakdowns": _NAMES,
                    "metrics": _NAMES,
                    "levels": _NAMES,
                }
            ),
        },
        "kinds": {
            "type": "array",
            "items": object_of(
                {
                    "name": TEXT,
                    "labels": _LABELS,
                    "types": _NAMES,
                    "container": {"type": "boolean"},
                    "ranks": TEXT_OR_NULL,
                }
            ),
        },
        "dimensions": {
            "type": "array",
            "items": object_of(
                {
                    "name": TEXT,
                    "labels": _LABELS,
                    "values": {"type": "object", "additionalProperties": _LABELS},
                }
            ),
        },
    }
)
ANY_ANSWER = {
    **object_of(
        {
            "query": TEXT,
            "buckets": {"type": "array", "items": _SCALARS},
            "total": _SCALARS,
            "counted_until": TIME,
        },
        required=False,
    ),
    "additionalProperties": True,
}
_SCHEMA_ORG: dict[str, Schema] = {
    **dict.fromkeys(("@context", "@type"), TEXT),
    "identifier": {"anyOf": [TEXT, _NAMES]},
    "interactionStatistic": {
        "type": "array",
        "items": object_of(
            {
                "@type": TEXT,
                "interactionType": object_of({"@type": TEXT}),
                "userInteractionCount": WHOLE_NUMBER,
            }
        ),
    },
}
JSON_LD = {**object_of(_SCHEMA_ORG), "additionalProperties": True}
"""What a resource's description adds (name, creator, publisher, ...) is there where it is known."""

HEALTH = object_of({"status": TEXT})
READY = object_of(
    {
        "status": TEXT,
        "engines": {
            "type": "object",
            "additionalProperties": {
                **object_of({"ok": {"type": "boolean"}, "reason": TEXT}, required=False),
                "required": ["ok"],
            },
        },
    }
)
DOCUMENT = object_of({"openapi": TEXT, "info": _OPEN, "paths": _OPEN, "components": _OPEN})

COMPONENTS: dict[str, Schema] = {
    "Breakdown": BREAKDOWN,
    "EventPage": EVENT_PAGE,
    "ChangedPage": CHANGED,
    "MetricsReport": METRICS_REPORT,
    "QueryList": QUERY_LIST,
    "JsonLd": JSON_LD,
    "AnyAnswer": ANY_ANSWER,
    "Health": HEALTH,
    "Ready": READY,
    "Document": DOCUMENT,
    "Totals": TOTALS,
    "ErrorAnswer": ERROR,
    "Accepted": ACCEPTED,
    "Event": EVENT,
    "Description": DESCRIBED,
    "DescriptionWithRef": DESCRIBED_WITH_REF,
}
