"""Checking a file: which report it is, and what is wrong with it.

Comes in: the bytes of a file. Goes out: findings, by line. What is neither a COUNTER
5.1 report nor a dataset report is :class:`InputError`. A compressed file is unpacked.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping

from stats.errors import InputError
from stats.reports.checks.counter_json import check_counter
from stats.reports.checks.counter_tsv import check_table
from stats.reports.checks.dataset_json import check_dataset_report
from stats.reports.checks.dataset_tsv import check_dataset_table, is_dataset_table
from stats.reports.checks.findings import Finding
from stats.reports.checks.json_lines import Lines
from stats.reports.counter.tsv_form import HEADER_ROWS

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = "\ufeff"


def check_file(data: bytes) -> list[Finding]:
    """Return what is wrong with a report, in the order of its lines."""
    text = _read(data)
    if text.lstrip().startswith(("{", "[")):
        return sorted(_check_json(text))
    rows = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or not rows[0] or rows[0][0] != HEADER_ROWS[0]:
        raise InputError("bad_format", "the file is neither JSON nor a table of a report")
    return sorted(check_dataset_table(rows) if is_dataset_table(rows) else check_table(rows))


def _read(data: bytes) -> str:
    try:
        plain = gzip.decompress(data) if data.startswith(_GZIP) else data
        text = plain.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except (OSError, EOFError) as error:
        raise InputError("bad_format", f"the file cannot be unpacked: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError("bad_format", f"the file is not UTF-8: {error}") from error
    if not text.strip():
        raise InputError("bad_format", "the file is empty")
    return text


def _check_json(text: str) -> list[Finding]:
    lines = Lines(text)
    body = lines.read()
    if isinstance(body, Mapping) and "report-header" in body:
        return list(check_dataset_report(body, lines))
    if isinstance(body, Mapping) and "Report_Header" in body:
        return list(check_counter(body, lines))
    message = "the file has neither a Report_Header (COUNTER) nor a report-header (dataset report)"
    raise InputError("bad_format", message)
