"""Cells and lines of CSV and TSV, safe to open in a spreadsheet.

Comes in: values of one row. Goes out: one line of text. Invariant:
a CSV line is as RFC 4180 says (quoted where needed, CRLF); text that a
spreadsheet would run as a formula begins with ``'``; numbers are never touched.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from stats.times import iso_ms

Cell = str | int | float | datetime | Sequence[str] | None

_FORMULA = re.compile(r"[\s\x00]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What makes Excel, LibreOffice or Google Sheets calculate; the last four are full-width forms."""

_BREAKS = re.compile(r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def defuse(text: str) -> str:
    """Return ``text`` with a leading ``'`` if a spreadsheet would run it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(value: Cell) -> str:
    """Return a value as text: never is empty, lists are joined by ``, ``."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso_ms(value)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) else ", ".join(value)


def cell_text(value: Cell) -> str:
    """Return what stands in a cell of CSV or TSV: as :func:`plain_text`, without formulas."""
    return plain_text(value) if isinstance(value, (int, float)) else defuse(plain_text(value))


def csv_line(cells: Iterable[Cell]) -> str:
    """Return one line of CSV, with its CRLF."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([cell_text(cell) for cell in cells])
    return buffer.getvalue()


def tsv_line(cells: Iterable[Cell]) -> str:
    """Return one line of TSV: a tab or line break inside a cell becomes one blank."""
    texts = [_BREAKS.sub(" ", cell_text(cell)) for cell in cells]
    return "\t".join(texts) + "\n"
