"""What every answer begins with: the query's name and its resolved parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from stats.events.types import BY_COUNTRY, pick_label
from stats.queries.annotated import ANNOTATIONS, put_cells
from stats.queries.comparison import list_columns
from stats.queries.country_names import read_country_names
from stats.queries.types import Answer, Params, Query, Row

TITLE = "title"


def echo(query: Query, params: Params) -> Answer:
    """Return the name of the query and its resolved parameters as JSON values."""
    return {"query": query.name, **{name: _json(value) for name, value in params.items()}}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def list_rows(query: Query, answer: Answer) -> list[Row]:
    """Return an answer as a table: its buckets, or the one row of its total."""
    if query.kind == "row":
        rows = [answer]
    elif ANNOTATIONS in answer:
        rows = put_cells(answer)
    else:
        rows = answer["buckets"] if "buckets" in answer else [answer["total"]]
    if title := find_titles(query, answer):
        rows = [{**row, TITLE: title(row["key"])} for row in rows]
    return [{column: row[column] for column in columns_of(query, answer)} for row in rows]


def columns_of(query: Query, answer: Answer) -> tuple[str, ...]:
    """Return the columns of an answer's table: those of the query, and of its comparison.

    A history that has remarks on its days has a column of them. A breakdown by country or by a
    host's own dimension has the names of its values too.
    """
    compared = list_columns(query.compared) if "comparison" in answer else ()
    titled = find_titles(query, answer) is not None
    added = [(TITLE, titled), (ANNOTATIONS, ANNOTATIONS in answer)]
    return (*query.columns, *compared, *(name for name, is_there in added if is_there))


def find_titles(query: Query, answer: Answer) -> Callable[[str], str] | None:
    """Return what gives the values of a breakdown their names, where values have any."""
    if "dimension" in answer:
        labels = answer["dimension"]["values"]
        return lambda key: pick_label(labels.get(key, {}))
    if query.kind == "by" and answer.get("breakdown") == BY_COUNTRY.name:
        return lambda key: read_country_names().get(key, "")
    return None
