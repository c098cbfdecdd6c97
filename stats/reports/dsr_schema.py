"""The JSON Schema of a dataset report, as DataCite's usage reports service takes it.

Written from what the service demands: the enumerations of its schema, and that an
instance has no other keys. Some reports of others lack what only the service's model wants
(``created``, ``created-by``, ``reporting-period``); these are demanded here too.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

PUBLISHER_ID_TYPES = ("isni", "orcid", "grid", "urn", "client-id")
"""Types of a publisher's id that DataCite takes."""

_TEXT: Schema = {"type": "string"}
_DATE: Schema = {"type": "string", "format": "date"}
_PERIOD: Schema = {
    "type": "object",
    "properties": {"begin-date": _DATE, "end-date": _DATE},
    "required": ["begin-date", "end-date"],
}
_PAIRS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": _TEXT, "value": _TEXT},
        "required": ["name", "value"],
    },
}
_EXCEPTION: Schema = {
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "severity": {"enum": ["fatal", "error", "warning", "info", "debug"]},
        "message": _TEXT,
        "help-url": _TEXT,
        "data": _TEXT,
    },
    "required": ["code", "severity", "message"],
}


def _identifiers(*types: str) -> Schema:
    one = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "pattern": f"^({'|'.join(types)})$"},
            "value": _TEXT,
        },
        "required": ["type", "value"],
    }
    return {"type": "array", "items": one}


_METRICS = [
    f"{how}-dataset-{what}"
    for how in ("total", "unique")
    for what in ("investigations", "requests")
]
_INSTANCE: Schema = {
    "type": "object",
    "properties": {
        "access-method": {"type": "string", "enum": ["regular", "machine"]},
        "metric-type": {"type": "string", "enum": _METRICS},
        "count": {"type": "integer", "minimum": 0},
        "country-counts": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
    },
    "required": ["access-method", "metric-type", "count"],
    "additionalProperties": False,
}
_PERFORMANCE: Schema = {
    "type": "object",
    "properties": {
        "period": _PERIOD,
        "instance": {"type": "array", "items": _INSTANCE},
    },
    "required": ["period", "instance"],
}
_DATASET: Schema = {
    "type": "object",
    "properties": {
        "dataset-title": _TEXT,
        "dataset-id": _identifiers("doi", "DOI", "proprietary", "uri"),
        "dataset-contributors": _identifiers("name", "orcid", "isni"),
        "dataset-dates": _identifiers("pub-date", "first-accessed-online", "proprietary"),
        "dataset-attributes": _identifiers("dataset-version", "dataset_type", "proprietary"),
        "platform": _TEXT,
        "publisher": _TEXT,
        "publisher-id": _identifiers(*PUBLISHER_ID_TYPES),
        "data-type": {"type": "string", "enum": ["dataset"]},
        "yop": {"type": "string", "pattern": "^[0-9]{4}$"},
        "uri": _TEXT,
        "performance": {"type": "array", "items": _PERFORMANCE},
    },
    "required": [
        *("data-type", "dataset-title", "performance", "platform", "publisher", "publisher-id"),
    ],
}
REPORT: Schema = {
    "type": "object",
    "properties": {
        "report-header": {
            "type": "object",
            "properties": {
                "report-name": _TEXT,
                "report-id": _TEXT,
                "release": {"type": "string", "pattern": "^(rd1|RD1)$"},
                "created": _DATE,
                "created-by": _TEXT,
                "reporting-period": _PERIOD,
                "report-filters": _PAIRS,
                "report-attributes": _PAIRS,
                "exceptions": {"type": "array", "items": _EXCEPTION},
            },
            "required": [
                *("report-name", "report-id", "release", "created", "created-by"),
                "reporting-period",
            ],
        },
        "report-datasets": {"type": "array", "items": _DATASET},
    },
    "required": ["report-header", "report-datasets"],
}
