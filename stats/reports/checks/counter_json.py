"""A COUNTER 5.1 report as JSON: schema, months, invariants, filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from stats.reports.checks.findings import Finding
from stats.reports.checks.invariants import COUNTER_PAIRS, RULE, check_counts
from stats.reports.checks.json_lines import Lines, Path
from stats.reports.counter.definitions import COUNTER_REPORTS, CounterReport
from stats.reports.counter.schemas import build_report
from stats.reports.months import last_of, month_names

_DATES = FormatChecker(["date"])
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)

MOST = 200
"""Findings of one kind that are listed."""

FILTERED = ("Data_Type", "Access_Type", "Access_Method")
"""Filters that hold of an attribute of the same name."""


def check_counter(body: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    """Yield what is wrong with a report of COUNTER 5.1."""
    header = body.get("Report_Header")
    identity = header.get("Report_ID") if isinstance(header, Mapping) else None
    report = COUNTER_REPORTS.get(str(identity).lower())
    if report is None:
        known = ", ".join(one.id for one in COUNTER_REPORTS.values())
        message = f"Report_ID {identity!r} is none of {known}"
        yield Finding(lines.of(("Report_Header", "Report_ID")), "Report_ID", "header", message)
        return
    errors = list(check_schema(build_report(report), body, lines))
    yield from errors
    if not errors:
        yield from _check_header(body["Report_Header"], lines)
        yield from _check_items(body, report, lines)


def check_schema(schema: Mapping[str, Any], body: Any, lines: Lines) -> Iterator[Finding]:
    """Yield where a value is not as its schema says, deepest first."""
    validator = Draft202012Validator(schema, format_checker=_DATES)
    for number, error in enumerate(validator.iter_errors(body)):
        if number >= MOST:
            return
        yield _finding(_deepest(error), lines)


def _deepest(error: ValidationError) -> ValidationError:
    """Return the error itself, or of several alternatives the one that went furthest."""
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    return error


def _finding(error: ValidationError, lines: Lines) -> Finding:
    path: Path = tuple(error.absolute_path)
    message = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
    return Finding(lines.of(path), place_of(path), "schema", message)


def place_of(path: Path) -> str:
    """Return a path as text: ``Report_Items[0].Platform``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def _check_header(header: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    """Yield what is wrong with the dates, and with exceptions beside each other."""
    filters = header["Report_Filters"]
    if not _TIME.fullmatch(header["Created"]):
        message = f"{header['Created']} is no time as RFC 3339 has it"
        yield Finding(lines.of(("Report_Header", "Created")), "Created", "3.2 header", message)
    first, last = (date.fromisoformat(filters[name]) for name in ("Begin_Date", "End_Date"))
    path: Path = ("Report_Header", "Report_Filters")
    line, rule = lines.of((*path, "Begin_Date")), "3.3.7 reporting period"
    if first.day != 1:
        yield Finding(line, "Begin_Date", rule, f"{first} is not the first day of a month")
    if last != last_of(last):
        line = lines.of((*path, "End_Date"))
        yield Finding(line, "End_Date", rule, f"{last} is not the last day of a month")
    if last < first:
        yield Finding(line, "End_Date", rule, f"{last} is before {first}")


def _check_items(body: Mapping[str, Any], report: CounterReport, lines: Lines) -> Iterator[Finding]:
    header, entries = body["Report_Header"], body["Report_Items"]
    codes = {one["Code"] for one in header.get("Exceptions", ())}
    if not entries and not codes & {3030, 3031, 3032, 3040}:
        message = "a report without usage says why, by 3030, 3031, 3032 or 3040"
        yield Finding(lines.of(("Report_Items",)), "Report_Items", "appendix D", message)
    if entries and 3030 in codes:
        message = "3030 says that there is no usage, and there is"
        yield Finding(
            lines.of(("Report_Header", "Exceptions")), "Exceptions", "appendix D", message
        )
    filters = header["Report_Filters"]
    days = (date.fromisoformat(filters[name]) for name in ("Begin_Date", "End_Date"))
    months = set(month_names(*days))
    seen: set[str] = set()
    for path, items in _parts(entries):
        for number, item in enumerate(items):
            at = (*path, number) if "Platform" in item and "Item" in item else path
            yield from _check_item(item, at, header, months, lines=lines)
            identity = str(item.get("Item_ID") or item.get("Item") or item["Platform"])
            if identity in seen:
                message = "the same item stands twice; a report is minimal"
                yield Finding(lines.of(at), place_of(at), "5.1 JSON", message)
            seen.add(identity)


def _parts(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Path, list[Any]]]:
    for number, entry in enumerate(entries):
        if "Items" in entry:
            yield ("Report_Items", number, "Items"), entry["Items"]
        else:
            yield ("Report_Items", number), [entry]


def _check_item(
    item: Mapping[str, Any],
    at: Path,
    header: Mapping[str, Any],
    months: set[str],
    *,
    lines: Lines,
) -> Iterator[Finding]:
    filters = header["Report_Filters"]
    attributes: set[tuple[tuple[str, str], ...]] = set()
    for number, line in enumerate(item["Attribute_Performance"]):
        path: Path = (*at, "Attribute_Performance", number)
        own = tuple(sorted((k, v) for k, v in line.items() if k != "Performance"))
        if own in attributes:
            message = "the same attributes stand twice; a report is minimal"
            yield Finding(lines.of(path), place_of(path), "5.1 JSON", message)
        attributes.add(own)
        for name in FILTERED:
            if name in line and line[name] not in filters.get(name, [line[name]]):
                message = f"{line[name]} is not among the {name} that the header names"
                place = (*path, name)
                yield Finding(lines.of(place), place_of(place), "3.3.8 filters", message)
        yield from _check_performance(line["Performance"], path, filters, months, lines=lines)


def _check_performance(
    counts: Mapping[str, Mapping[str, int]],
    path: Path,
    filters: Mapping[str, Any],
    months: set[str],
    *,
    lines: Lines,
) -> Iterator[Finding]:
    filtered = "Metric_Type" in filters
    for metric, month, message in check_counts(counts, COUNTER_PAIRS, filtered=filtered):
        place: Path = (*path, "Performance", metric, month)
        yield Finding(lines.of(place), place_of(place), RULE, message)
    for metric, by_month in counts.items():
        if filtered and metric not in filters["Metric_Type"]:
            place = (*path, "Performance", metric)
            message = f"{metric} is not among the Metric_Type that the header names"
            yield Finding(lines.of(place), place_of(place), "3.3.8 filters", message)
        for month, count in by_month.items():
            place = (*path, "Performance", metric, month)
            if month not in months:
                message = f"{month} is not in the reporting period"
                yield Finding(lines.of(place), place_of(place), "3.3.7 reporting period", message)
            if count == 0:
                message = "a count of zero is left out; a report is minimal"
                yield Finding(lines.of(place), place_of(place), "5.1 JSON", message)
