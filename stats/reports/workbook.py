"""Tables as a workbook of Excel (XLSX, ISO/IEC 29500), in memory that does not grow with the rows.

Comes in: sheets, whose rows are read once, one sheet after the other. Goes out: the bytes of the
file. Invariants: a cell is text or a number and never a formula or a link, whatever it begins
with; a whole number that a spreadsheet would round is text; what a sheet has no room for goes on
in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from stats.reports.cells import Cell, plain_text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX = "xlsx"
MOST_ROWS = 1_048_576
"""Of a sheet, its header among them."""

MOST_CHARACTERS = 32_767
"""Of a cell; what is behind them is left out."""

MOST_DIGITS = 10**15
"""From here on a spreadsheet rounds whole numbers."""

_CHUNK = 64 * 1024
_WIDEST, _NARROWEST = 60, 10
_NAME_LENGTH = 31
_NO_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True)
class Sheet:
    """One table: what it is called, the names of its columns, and its rows."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def workbook_chunks(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """Return the bytes of a workbook; it is whole, on disk, before the first of them."""
    with TemporaryFile() as file:
        write_workbook(sheets, file)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def write_workbook(sheets: Iterable[Sheet], file: IO[bytes]) -> None:
    """Write a workbook of ``sheets`` to a file that can be searched."""
    with Workbook(file, _OPTIONS) as workbook:
        for sheet in sheets:
            _write_sheet(workbook, sheet)


def _write_sheet(workbook: Workbook, sheet: Sheet) -> None:
    worksheet, number = _begin(workbook, sheet), 0
    for row in sheet.rows:
        if number == MOST_ROWS - 1:
            worksheet, number = _begin(workbook, sheet), 0
        number += 1
        for column, cell in enumerate(row):
            _write_cell(worksheet, number, column, cell)


def _begin(workbook: Workbook, sheet: Sheet) -> Worksheet:
    """Return a new sheet with its header."""
    worksheet = workbook.add_worksheet(_free_name(workbook, sheet.name))
    bold = workbook.add_format({"bold": True})
    for column, name in enumerate(sheet.columns):
        worksheet.set_column(column, column, min(max(len(name) + 2, _NARROWEST), _WIDEST))
        worksheet.write_string(0, column, name, bold)
    worksheet.freeze_panes(1, 0)
    return worksheet


def _write_cell(worksheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, (int, float)) and abs(cell) < MOST_DIGITS:
        worksheet.write_number(row, column, cell)
    elif cell is not None:
        worksheet.write_string(row, column, plain_text(cell)[:MOST_CHARACTERS])


def _free_name(workbook: Workbook, wanted: str) -> str:
    """Return a name that a sheet may have and none has yet, whatever the case of its letters."""
    taken = {worksheet.get_name().lower() for worksheet in workbook.worksheets()}
    name = _NO_NAME.sub("-", wanted)[:_NAME_LENGTH] or "-"
    number = 1
    while name.lower() in taken:
        number += 1
        behind = f" ({number})"
        name = _NO_NAME.sub("-", wanted)[: _NAME_LENGTH - len(behind)] + behind
    return name
