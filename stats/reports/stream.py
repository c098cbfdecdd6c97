"""Rows as the bytes of a body: CSV, JSON, NDJSON or a workbook, some rows at a time.

Comes in: an iterator of rows. Goes out: an iterator of byte strings of about
64 KiB. Invariant: memory does not grow with the rows, and an error
in the rows is raised by the iterator, so that a server ends the body without
its last chunk and a client sees that it is cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import orjson

from stats.reports import workbook
from stats.reports.cells import Cell, csv_line
from stats.reports.rows import MetricsReport, Row
from stats.times import iso_ms

Format = Literal["csv", "json", "ndjson", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "xlsx": workbook.MEDIA_TYPE,
}
CHUNK = 64 * 1024


def body(
    report: MetricsReport, rows: Iterable[Row], *, form: Format, head: Mapping[str, Any]
) -> Iterator[bytes]:
    """Return the body in ``form``; ``head`` is what a JSON answer says before its rows."""
    if form == "csv":
        return gathered(_csv(report, rows))
    if form == "ndjson":
        return gathered(_ndjson(report, rows))
    if form == "xlsx":
        sheet = workbook.Sheet(report.filename, report.header, map(report.cells, rows))
        return workbook.workbook_chunks([sheet])
    return gathered(_json(report, rows, head))


def gathered(pieces: Iterable[bytes], *, size: int = CHUNK) -> Iterator[bytes]:
    """Join small pieces to chunks of at least ``size`` bytes (the last may be smaller)."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _csv(report: MetricsReport, rows: Iterable[Row]) -> Iterator[bytes]:
    yield csv_line(report.header).encode()
    for row in rows:
        yield csv_line(report.cells(row)).encode()


def _ndjson(report: MetricsReport, rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        yield _object(report, row) + b"\n"


def _json(report: MetricsReport, rows: Iterable[Row], head: Mapping[str, Any]) -> Iterator[bytes]:
    yield orjson.dumps(dict(head))[:-1] + b',"rows":['
    for number, row in enumerate(rows):
        yield (b"," if number else b"") + _object(report, row)
    yield b"]}"


def _object(report: MetricsReport, row: Row) -> bytes:
    pairs = zip(report.header, report.cells(row), strict=True)
    return orjson.dumps({column: _json_value(cell) for column, cell in pairs})


def _json_value(cell: Cell) -> Any:
    return iso_ms(cell) if isinstance(cell, datetime) else cell
