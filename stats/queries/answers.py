"""What every answer begins with: the query's name and its resolved parameters."""

from __future__ import annotations

from datetime import date
from typing import Any

from stats.queries.types import Answer, Params, Query, Row


def echo(query: Query, params: Params) -> Answer:
    """Return the name of the query and its resolved parameters as JSON values."""
    return {"query": query.name, **{name: _json(value) for name, value in params.items()}}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def list_rows(query: Query, answer: Answer) -> list[Row]:
    """Return an answer as a table: its buckets, or the one row of its total."""
    if query.kind == "row":
        rows = [answer]
    else:
        rows = answer["buckets"] if "buckets" in answer else [answer["total"]]
    return [{column: row[column] for column in query.columns} for row in rows]
