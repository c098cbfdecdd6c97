"""The dataset report as tab-separated values (Code of Practice for Research Data, section 3).

Comes in: a report as it goes to DataCite. Goes out: the same figures as a table.
Invariants: ten header lines, an empty one, the column heads; a line for each
data set, access method and metric that was used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any

from stats.reports.cells import tsv_line
from stats.reports.dsr import METRICS, DatasetReport
from stats.reports.months import column_of, month_names, months
from stats.reports.stream import gathered

SEPARATOR = "; "
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NAME = "Dataset Report"
HEADER_NAMES = (
    *("Report_Name", "Report_ID", "Release", "Metric_Types", "Report_Filters"),
    *("Report_Attributes", "Exceptions", "Reporting_Period", "Created", "Created_By"),
)
HEADS = (
    *("Dataset_Title", "Publisher", "Publisher_ID", "Creators", "Publication_Date"),
    *("Dataset_Version", "DOI", "Other_ID", "URI", "YOP", "Access_Method", "Metric_Type"),
    "Reporting_Period_Total",
)


def to_tsv(report: DatasetReport) -> Iterator[bytes]:
    """Return the report as chunks of a text in UTF-8, with a byte order mark."""
    return gathered(chain([_BYTE_ORDER_MARK], (line.encode() for line in _text(report))))


def _text(report: DatasetReport) -> Iterator[str]:
    for name, value in header_rows(report.header):
        yield tsv_line([name, value])
    yield "\n"
    period = report.header["reporting-period"]
    first, last = (date.fromisoformat(period[name]) for name in ("begin-date", "end-date"))
    yield tsv_line([*HEADS, *map(column_of, months(first, last))])
    for dataset in report.datasets:
        yield from _lines(dataset, month_names(first, last))


def header_rows(header: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the ten lines of the header."""
    period = header["reporting-period"]
    exceptions = [
        f"{one['code']}: {one['message']}" + (f" ({one['data']})" if one.get("data") else "")
        for one in header["exceptions"]
    ]
    values = (
        NAME,
        header["report-id"],
        header["release"].upper(),
        SEPARATOR.join(map(title_of, METRICS)),
        "",
        "",
        SEPARATOR.join(exceptions),
        f"{period['begin-date']} to {period['end-date']}",
        header["created"],
        header["created-by"],
    )
    return list(zip(HEADER_NAMES, values, strict=True))


def _lines(dataset: Mapping[str, Any], months: list[str]) -> Iterator[str]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for performance in dataset["performance"]:
        month = performance["period"]["begin-date"][:7]
        for instance in performance["instance"]:
            key = instance["access-method"], instance["metric-type"]
            counts.setdefault(key, {})[month] = instance["count"]
    cells = _cells(dataset)
    for (method, metric), by_month in counts.items():
        numbers = [by_month.get(month, 0) for month in months]
        yield tsv_line([*cells, title_of(method), title_of(metric), sum(numbers), *numbers])


def _cells(dataset: Mapping[str, Any]) -> list[str]:
    ids = {one["type"]: one["value"] for one in dataset["dataset-id"]}
    return [
        dataset["dataset-title"],
        dataset["publisher"],
        _pairs(dataset["publisher-id"]),
        SEPARATOR.join(one["value"] for one in dataset.get("dataset-contributors", ())),
        _first(dataset, "dataset-dates"),
        _first(dataset, "dataset-attributes"),
        ids.get("doi", ""),
        _pairs([one for one in dataset["dataset-id"] if one["type"] != "doi"]),
        dataset.get("uri", ""),
        dataset["yop"],
    ]


def _first(dataset: Mapping[str, Any], name: str) -> str:
    return next((str(one["value"]) for one in dataset.get(name, ())), "")


def _pairs(identifiers: list[dict[str, str]]) -> str:
    return SEPARATOR.join(f"{one['type']}:{one['value']}" for one in identifiers)


def title_of(name: str) -> str:
    """Return ``Total_Dataset_Requests`` of ``total-dataset-requests``."""
    return "_".join(word.capitalize() for word in name.split("-"))
