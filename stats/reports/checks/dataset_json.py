"""A dataset report as JSON: DataCite's schema, months, invariants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stats.reports.checks.counter_json import check_schema, place_of
from stats.reports.checks.findings import Finding
from stats.reports.checks.invariants import DATASET_PAIRS, RULE, check_counts
from stats.reports.checks.json_lines import Lines, Path
from stats.reports.countries import CODES
from stats.reports.dsr_schema import REPORT


def check_dataset_report(body: Mapping[str, Any], lines: Lines) -> Iterator[Finding]:
    """Yield what is wrong with a dataset report."""
    errors = list(check_schema(REPORT, body, lines))
    yield from errors
    if errors:
        return
    period = body["report-header"].get("reporting-period", {})
    for number, dataset in enumerate(body["report-datasets"]):
        for at, performance in enumerate(dataset["performance"]):
            path: Path = ("report-datasets", number, "performance", at)
            yield from _check_period(performance["period"], period, path, lines)
            yield from _check_instances(performance, path, lines)


def _check_period(
    period: Mapping[str, str], whole: Mapping[str, str], path: Path, lines: Lines
) -> Iterator[Finding]:
    place, rule = (*path, "period"), "reporting period"
    begin, end = period["begin-date"], period["end-date"]
    if begin[:7] != end[:7] or end < begin:
        message = f"{begin} to {end} is not within one month"
        yield Finding(lines.of(place), place_of(place), rule, message)
    if whole and not whole["begin-date"] <= begin <= end <= whole["end-date"]:
        message = f"{begin} to {end} is not in {whole['begin-date']} to {whole['end-date']}"
        yield Finding(lines.of(place), place_of(place), rule, message)


def _check_instances(performance: Mapping[str, Any], path: Path, lines: Lines) -> Iterator[Finding]:
    month = performance["period"]["begin-date"][:7]
    methods: dict[str, dict[str, dict[str, int]]] = {}
    for number, one in enumerate(performance["instance"]):
        place: Path = (*path, "instance", number)
        counts = methods.setdefault(one["access-method"], {})
        if one["metric-type"] in counts:
            message = "the same metric and access method stand twice"
            yield Finding(lines.of(place), place_of(place), "instance", message)
        counts[one["metric-type"]] = {month: one["count"]}
        yield from _check_countries(one, place, lines)
    for method, counts in methods.items():
        for _, _, message in check_counts(counts, DATASET_PAIRS):
            place = (*path, "instance")
            yield Finding(lines.of(place), place_of(place), RULE, f"{method}: {message}")


def _check_countries(one: Mapping[str, Any], place: Path, lines: Lines) -> Iterator[Finding]:
    known = {code.lower() for code in CODES}
    total = one["metric-type"].startswith("total-")
    countries = one.get("country-counts", {})
    for code, count in countries.items():
        at = (*place, "country-counts", code)
        if code not in known:
            message = f"{code} is no lower-case ISO 3166-1 code"
            yield Finding(lines.of(at), place_of(at), "country-counts", message)
        if count > one["count"]:
            message = f"{code} has {count}, and the whole {one['count']}"
            yield Finding(lines.of(at), place_of(at), "country-counts", message)
    if total and sum(countries.values()) > one["count"]:
        at = (*place, "country-counts")
        message = f"countries add up to {sum(countries.values())}, and the whole is {one['count']}"
        yield Finding(lines.of(at), place_of(at), "country-counts", message)
