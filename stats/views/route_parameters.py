"""What the parameters of the reports and lists mean, for the OpenAPI document.

The parameters of a named query say it of themselves (:class:`stats.queries.types.Parameter`);
those of the other routes are told here. A test holds each table to what its route reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.events.search import DEFAULT_SIZE
from stats.events.search import MAX_SIZE as MOST_EVENTS
from stats.kinds.catalogue import RECORD
from stats.queries.deleted import DELETED
from stats.queries.parameters import FROM, KIND, MAX_SIZE, TO
from stats.reports.breakdown import METRICS
from stats.reports.metrics import SORTS

Schema = dict[str, Any]
Table = Mapping[str, tuple[str, Schema]]
"""By name: a sentence, and the JSON Schema of the value."""

REF: Schema = {"type": "string", "examples": [f"{RECORD.name}:r1"]}
_TEXT: Schema = {"type": "string"}
_WHOLE_NUMBER: Schema = {"type": "integer", "minimum": 1}
_FIRST = (FROM.help, dict(FROM.schema))
_LAST = (TO.help, dict(TO.schema))
_ONE_KIND = (KIND.help, dict(KIND.schema))


def _choice(values: tuple[str, ...], default: str) -> Schema:
    return {"type": "string", "enum": list(values), "default": default}


METRICS_REPORT: Table = {
    "from": _FIRST,
    "to": _LAST,
    "since": ("the same as from, as Clowder calls it", _FIRST[1]),
    "until": ("the same as to, as Clowder calls it", _LAST[1]),
    "sort": ("order of the rows, largest or latest first", _choice(SORTS, "downloads")),
    "limit": ("how many rows; all when it is left out", _WHOLE_NUMBER),
    "own_views": (
        "add a column with the views of the resource's own page, in a report of one kind",
        {"type": "boolean", "default": False},
    ),
    "deleted": (DELETED.help, {**DELETED.schema, "default": DELETED.default}),
}
BREAKDOWN: Table = {
    "by": ("a dimension, or a kind of resource", _TEXT),
    "within": ("the resource whose use is divided; the site when it is left out", REF),
    "metric": ("what is added up", _choice(METRICS, "downloads")),
    "from": _FIRST,
    "to": _LAST,
}
EVENTS: Table = {
    "user": ("only what this person did", _TEXT),
    "resource": ("only events on this resource or inside it", REF),
    "type": ("only events of this type", _TEXT),
    "from": ("first day, or first moment, UTC, inclusive", _TEXT),
    "to": ("last day, or last moment, UTC, inclusive", _TEXT),
    "size": (
        "how many events a page has",
        {**_WHOLE_NUMBER, "maximum": MOST_EVENTS, "default": DEFAULT_SIZE},
    ),
    "cursor": ("the next of the page before", _TEXT),
}
CHANGED: Table = {
    "since": ("a time, UTC, or the next of an earlier answer; the beginning when left out", _TEXT),
    "kind": _ONE_KIND,
    "size": (
        "how many resources a page has",
        {**_WHOLE_NUMBER, "maximum": MAX_SIZE, "default": MAX_SIZE},
    ),
}


def describe(table: Table, *, required: str | None = None) -> tuple[Schema, ...]:
    """Return the parameters of a table as OpenAPI writes them."""
    return tuple(
        {
            "name": name,
            "in": "query",
            "description": text,
            "required": name == required,
            "schema": schema,
        }
        for name, (text, schema) in table.items()
    )
