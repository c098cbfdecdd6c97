"""One table as a file: CSV or a workbook.

Comes in: the rows of an answer. Goes out: chunks, and what the file is called: by what it holds,
the resource and the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from stats.queries.answers import columns_of, list_rows
from stats.queries.types import Answer, Query
from stats.reports import workbook
from stats.reports.cells import Cell, csv_line
from stats.reports.stream import gathered

TableForm = Literal["csv", "xlsx"]
TABLE_FORMS: tuple[TableForm, ...] = get_args(TableForm)
MEDIA_TYPES: Mapping[TableForm, str] = {"csv": "text/csv", "xlsx": workbook.MEDIA_TYPE}

_OF = ("resource", "within", "user")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


@dataclass(frozen=True)
class Table:
    """Rows with names for their columns.

    ``name`` is that of the file, without an ending; ``title`` says what the rows are.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    title: str = ""

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row."""
        for row in self.rows:
            yield [row[column] for column in self.columns]


def build_table(query: Query, answer: Answer) -> Table:
    """Return the answer of a named query as a table."""
    name = name_file(query.name, answer)
    return Table(name, columns_of(query, answer), list_rows(query, answer), query.title)


def table_chunks(table: Table, form: TableForm) -> Iterator[bytes]:
    """Return the bytes of the file."""
    if form == "xlsx":
        sheet = workbook.Sheet(table.name, table.columns, table.cells())
        return workbook.workbook_chunks([sheet])
    return gathered(_csv(table))


def _csv(table: Table) -> Iterator[bytes]:
    yield csv_line(table.columns).encode()
    for row in table.cells():
        yield csv_line(row).encode()


def name_file(what: str, answer: Mapping[str, Any]) -> str:
    """Return ``what_resource_from_to``, of those parts that the answer has."""
    of = next((answer[name] for name in _OF if answer.get(name)), None)
    days = [answer[name] for name in ("from", "to") if answer.get(name)]
    return join_name(what, of, *days)


def join_name(*parts: str | None) -> str:
    """Return the parts of a file's name with ``_`` between, in letters that every system takes."""
    named = (_NO_NAME.sub("-", part)[:_LONGEST].strip("-.") for part in parts if part)
    return "_".join(filter(None, named))
