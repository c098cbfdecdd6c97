"""A COUNTER 5.1 report as tab-separated values: header, columns, sums, invariants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from stats.reports.checks.findings import Finding
from stats.reports.checks.invariants import COUNTER_PAIRS, RULE, check_counts
from stats.reports.counter.definitions import COUNTER_REPORTS, IR_A1, RELEASE, CounterReport
from stats.reports.counter.tsv_form import HEADER_ROWS, build_columns
from stats.reports.months import last_of

BODY = 14
"""Where the column heads are, counted from 0."""

TOTAL = "Reporting_Period_Total"
_PERIOD = re.compile(
    r"Begin_Date=([0-9]{4}-[0-9]{2}-[0-9]{2}); End_Date=([0-9]{4}-[0-9]{2}-[0-9]{2})"
)

Rows = Sequence[Sequence[str]]


def check_table(rows: Rows) -> Iterator[Finding]:
    """Yield what is wrong with a table; ``rows`` are all lines of the file."""
    header = {row[0]: row[1] if len(row) > 1 else "" for row in rows[: len(HEADER_ROWS)] if row}
    wrong = list(_check_header(rows, header))
    yield from wrong
    report = COUNTER_REPORTS.get(header.get("Report_ID", "").lower())
    window = _window(header)
    if report is None or window is None:
        return
    yield from _check_period(window)
    heads = list(rows[BODY]) if len(rows) > BODY else []
    expected = _columns(report, header, window)
    if heads != expected:
        yield Finding(BODY + 1, "", "4 columns", name_difference(heads, expected))
        return
    yield from _check_body(rows, heads, report, header)


def _check_header(rows: Rows, header: Mapping[str, str]) -> Iterator[Finding]:
    for number, name in enumerate(HEADER_ROWS):
        found = rows[number][0] if len(rows) > number and rows[number] else ""
        if found != name:
            message = f"expected {name}, found {found or 'nothing'}"
            yield Finding(number + 1, "A", "3.2 header", message)
    if len(rows) > len(HEADER_ROWS) and any(rows[len(HEADER_ROWS)]):
        yield Finding(len(HEADER_ROWS) + 1, "", "3.2 header", "the line after the header is empty")
    report = COUNTER_REPORTS.get(header.get("Report_ID", "").lower())
    if report is None:
        known = ", ".join(one.id for one in COUNTER_REPORTS.values())
        message = f"Report_ID {header.get('Report_ID', '')!r} is none of {known}"
        yield Finding(2, "B", "3.2 header", message)
        return
    fixed = {"Report_Name": report.name, "Report_ID": report.id, "Release": RELEASE}
    for name, value in fixed.items():
        if header.get(name, value) != value:
            line = HEADER_ROWS.index(name) + 1
            yield Finding(line, "B", "3.2 header", f"{name} is {value}, not {header[name]}")
    for name in ("Institution_Name", "Created", "Created_By"):
        if name in header and not header[name]:
            yield Finding(HEADER_ROWS.index(name) + 1, "B", "3.2 header", f"{name} is empty")
    if "Reporting_Period" in header and _window(header) is None:
        message = "Reporting_Period is of the form Begin_Date=yyyy-mm-dd; End_Date=yyyy-mm-dd"
        yield Finding(HEADER_ROWS.index("Reporting_Period") + 1, "B", "3.2 header", message)


def _window(header: Mapping[str, str]) -> tuple[date, date] | None:
    match = _PERIOD.fullmatch(header.get("Reporting_Period", ""))
    try:
        return (date.fromisoformat(match[1]), date.fromisoformat(match[2])) if match else None
    except ValueError:
        return None


def _check_period(window: tuple[date, date]) -> Iterator[Finding]:
    first, last = window
    line, rule = HEADER_ROWS.index("Reporting_Period") + 1, "3.3.7 reporting period"
    if first.day != 1 or last != last_of(last) or last < first:
        yield Finding(line, "B", rule, f"{first} to {last} is not whole months")


def _columns(
    report: CounterReport, header: Mapping[str, str], window: tuple[date, date]
) -> list[str]:
    attributes = _pairs(header.get("Report_Attributes", ""))
    show = {*report.show, *attributes.get("Attributes_To_Show", ())}
    with_parents = report == IR_A1 or attributes.get("Include_Parent_Details") == ["True"]
    return build_columns(report, show, with_parents=with_parents, window=window)


def _pairs(text: str) -> dict[str, list[str]]:
    """Return ``name=a|b; name=c`` as lists by name."""
    pairs = (pair.partition("=") for pair in text.split("; ") if pair)
    return {name: value.split("|") for name, _, value in pairs}


def name_difference(heads: Sequence[str], expected: Sequence[str]) -> str:
    """Return how the columns that are there differ from those that should be."""
    missing = [head for head in expected if head not in heads]
    strange = [head for head in heads if head not in expected]
    found = (("missing", missing), ("not expected", strange))
    said = [f"{word}: {', '.join(some[:5])}" for word, some in found if some]
    return "columns " + ("; ".join(said) or "stand in another order")


def _check_body(
    rows: Rows, heads: Sequence[str], report: CounterReport, header: Mapping[str, str]
) -> Iterator[Finding]:
    begin = heads.index(TOTAL) + 1
    at = heads.index("Metric_Type")
    groups: dict[tuple[str, ...], dict[str, dict[str, int]]] = {}
    where: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows[BODY + 1 :], start=BODY + 2):
        if len(row) != len(heads):
            yield Finding(number, "", "3.2 body", f"{len(row)} cells, and {len(heads)} columns")
            continue
        wrong = list(_check_row(row, heads, report, number, begin=begin))
        yield from wrong
        if any(finding.rule == "3.2 numbers" for finding in wrong):
            continue
        key = tuple(row[:at])
        metrics = groups.setdefault(key, {})
        where.setdefault(key, number)
        if row[at] in metrics:
            yield Finding(number, "Metric_Type", "3.2 body", f"{row[at]} stands twice")
        metrics[row[at]] = {
            head: int(cell) for head, cell in zip(heads[begin:], row[begin:], strict=True)
        }
    filtered = bool(header.get("Metric_Types"))
    for key, metrics in groups.items():
        for _, _, message in check_counts(metrics, COUNTER_PAIRS, filtered=filtered):
            yield Finding(where[key], "", RULE, message)


def _check_row(
    row: Sequence[str], heads: Sequence[str], report: CounterReport, number: int, *, begin: int
) -> Iterator[Finding]:
    metric = row[heads.index("Metric_Type")]
    if metric not in report.metrics:
        yield Finding(number, "Metric_Type", "3.3.5 metrics", f"{metric} is none of {report.id}'s")
    if "Data_Type" in heads and row[heads.index("Data_Type")] not in report.data_types:
        kind = row[heads.index("Data_Type")]
        yield Finding(number, "Data_Type", "3.3.2 data types", f"{kind} is none of {report.id}'s")
    yield from check_numbers(row, heads, number, begin=begin)


def check_numbers(
    row: Sequence[str], heads: Sequence[str], number: int, *, begin: int
) -> Iterator[Finding]:
    """Yield what is wrong with a line's total and months; those are from column ``begin`` on."""
    cells = row[begin - 1 :]
    for head, cell in zip(heads[begin - 1 :], cells, strict=True):
        if not cell.isascii() or not cell.isdigit():
            yield Finding(number, head, "3.2 numbers", f"{cell!r} is no whole number")
            return
    total, counts = int(cells[0]), [int(cell) for cell in cells[1:]]
    if total != sum(counts):
        message = f"the total is {total}, and the months add up to {sum(counts)}"
        yield Finding(number, TOTAL, "3.2 totals", message)
    if not total:
        yield Finding(number, TOTAL, "3.2 body", "a line of zeros is left out")
