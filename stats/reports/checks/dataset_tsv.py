"""A dataset report as tab-separated values: header, columns, sums, invariants.

Source: Code of Practice for Research Data, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from stats.reports.checks.counter_tsv import TOTAL, Rows, check_numbers, name_difference
from stats.reports.checks.findings import Finding
from stats.reports.checks.invariants import DATASET_PAIRS, RULE, check_counts
from stats.reports.dsr import METRICS
from stats.reports.dsr_tsv import HEADER_NAMES, HEADS, NAME, title_of
from stats.reports.months import column_of, months

BODY = len(HEADER_NAMES) + 1
"""Where the column heads are, counted from 0."""

ACCESS_METHODS = ("Regular", "Machine")
_PERIOD = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) to ([0-9]{4}-[0-9]{2}-[0-9]{2})")
_METRICS = {title_of(name): name for name in METRICS}


def is_dataset_table(rows: Rows) -> bool:
    """Return whether a table says that it is a dataset report."""
    return bool(rows) and list(rows[0]) == [HEADER_NAMES[0], NAME]


def check_dataset_table(rows: Rows) -> Iterator[Finding]:
    """Yield what is wrong with a table; ``rows`` are all lines of the file."""
    for number, name in enumerate(HEADER_NAMES):
        found = rows[number][0] if len(rows) > number and rows[number] else ""
        if found != name:
            message = f"expected {name}, found {found or 'nothing'}"
            yield Finding(number + 1, "A", "3 header", message)
    if len(rows) > len(HEADER_NAMES) and any(rows[len(HEADER_NAMES)]):
        yield Finding(len(HEADER_NAMES) + 1, "", "3 header", "the line after the header is empty")
    line = HEADER_NAMES.index("Reporting_Period") + 1
    window = _window(rows[line - 1] if len(rows) >= line else ())
    if window is None:
        message = "Reporting_Period is of the form yyyy-mm-dd to yyyy-mm-dd, the earlier day first"
        yield Finding(line, "B", "3 header", message)
        return
    heads = list(rows[BODY]) if len(rows) > BODY else []
    expected = [*HEADS, *map(column_of, months(*window))]
    if heads != expected:
        yield Finding(BODY + 1, "", "3 columns", name_difference(heads, expected))
        return
    yield from _check_body(rows, heads)


def _window(row: Sequence[str]) -> tuple[date, date] | None:
    match = _PERIOD.fullmatch(row[1]) if len(row) > 1 else None
    try:
        days = (date.fromisoformat(match[1]), date.fromisoformat(match[2])) if match else None
    except ValueError:
        return None
    return days if days and days[0] <= days[1] else None


def _check_body(rows: Rows, heads: Sequence[str]) -> Iterator[Finding]:
    at, begin = heads.index("Metric_Type"), heads.index(TOTAL) + 1
    groups: dict[tuple[str, ...], dict[str, dict[str, int]]] = {}
    where: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows[BODY + 1 :], start=BODY + 2):
        wrong = list(_check_row(row, heads, number, begin=begin))
        yield from wrong
        if wrong:
            continue
        key = tuple(row[:at])
        where.setdefault(key, number)
        metrics = groups.setdefault(key, {})
        if _METRICS[row[at]] in metrics:
            yield Finding(number, "Metric_Type", "3 body", f"{row[at]} stands twice")
        counts = zip(heads[begin:], map(int, row[begin:]), strict=True)
        metrics[_METRICS[row[at]]] = dict(counts)
    for key, metrics in groups.items():
        for _, _, message in check_counts(metrics, DATASET_PAIRS):
            yield Finding(where[key], "", RULE, message)


def _check_row(
    row: Sequence[str], heads: Sequence[str], number: int, *, begin: int
) -> Iterator[Finding]:
    if len(row) != len(heads):
        yield Finding(number, "", "3 body", f"{len(row)} cells, and {len(heads)} columns")
        return
    cells = dict(zip(heads, row, strict=True))
    for name, known in (("Access_Method", ACCESS_METHODS), ("Metric_Type", tuple(_METRICS))):
        if cells[name] not in known:
            message = f"{cells[name]} is none of {', '.join(known)}"
            yield Finding(number, name, "3 body", message)
    yield from check_numbers(row, heads, number, begin=begin)
