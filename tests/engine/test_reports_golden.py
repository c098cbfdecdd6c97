"""Reports of a small data set, from published events to files that are compared byte by byte.

`golden_reports/events.ndjson` goes through the whole system. The numbers in the other files were
worked out by hand from it: see `golden_reports/README.md`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stats.ext import StatsState
from stats.log_imports import build_log_imports
from stats.reports.breakdown import parse_breakdown, run_breakdown
from tests.pipeline import Pipeline

FOLDER = Path(__file__).with_name("golden_reports")
SCHEMAS = Path(__file__).parent.parent / "schemas"
NOW = datetime(2024, 6, 15, 12, tzinfo=timezone.utc)
MONTHS = {"begin_date": "2024-01", "end_date": "2024-02"}
FEBRUARY = {"from": "2024-02-01", "to": "2024-02-29"}

REPORTS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "metrics.csv": ("metrics", "csv", {}),
    "files.csv": ("files", "csv", {}),
    "files-february.csv": ("files", "csv", FEBRUARY),
    "datasets.csv": ("datasets", "csv", {}),
    "collections.csv": ("collections", "csv", {}),
    "records.csv": ("records", "csv", {}),
    "communities.csv": ("communities", "csv", {}),
    "files_by_user.csv": ("files_by_user", "csv", {}),
    "metrics_by_user.csv": ("metrics_by_user", "csv", {}),
    "files.json": ("files", "json", {}),
    "counter-pr.json": ("pr", "json", MONTHS),
    "counter-ir.json": ("ir", "json", {**MONTHS, "attributes_to_show": "YOP|Access_Type"}),
    "counter-ir.tsv": ("ir", "tsv", {**MONTHS, "attributes_to_show": "Country_Code"}),
    "dsr.json": ("dsr", "json", MONTHS),
}


@pytest.fixture
def golden(pipeline: Pipeline, state: StatsState) -> StatsState:
    """The system after all events of the data set."""
    lines = (FOLDER / "events.ndjson").read_text("utf-8").splitlines()
    pipeline.publish([json.loads(line) for line in lines])
    pipeline.process()
    pipeline.aggregate()
    return state


def write(state: StatsState, name: str) -> bytes:
    report, form, given = REPORTS[name]
    reporter = state.reporter
    found = b"".join(reporter.run(report, form, given, now=NOW))
    if form == "json" and report == "files":  # says when it was counted: that is today
        until = json.loads(found)["counted_until"].encode()
        found = found.replace(until, b"2024-06-15T10:00:00.000Z")
    return found


def test_every_report_is_as_committed(golden: StatsState) -> None:
    for name in REPORTS:
        assert write(golden, name) == (FOLDER / name).read_bytes(), name
    for name in ("counter-pr", "counter-ir", "dsr"):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
        Draft202012Validator(schema).validate(json.loads(write(golden, f"{name}.json")))


@pytest.mark.parametrize("within", ["site:all", "collection:c1", "dataset:d1", "space:s1"])
def test_breakdowns_add_up_to_the_total(golden: StatsState, within: str) -> None:
    sources = golden.reporter.sources
    totals = golden.totals([within])[within]
    for by in ("country", "access_method", "collection", "dataset", "file", "space", "community"):
        for metric in ("views", "downloads", "volume"):
            given = {"by": by, "within": within, "metric": metric}
            answer: dict[str, Any] = run_breakdown(
                parse_breakdown(
                    given, kinds=golden.kinds, dimensions=golden.definitions.dimensions
                ),
                sources,
            )
            values = [bucket["value"] for bucket in answer["buckets"]]
            assert sum(values) == answer["total"] == totals[metric], given
            assert min(values, default=1) > 0


def test_the_combined_report_is_the_union_of_its_parts() -> None:
    """Of the committed files: every row of a part is a row of the whole, and there is no other."""

    def keys(name: str) -> list[tuple[str, ...]]:
        with (FOLDER / name).open(newline="", encoding="utf-8") as file:
            return [(row["type"], row["id"], row["views"]) for row in csv.DictReader(file)]

    parts = ["files.csv", "datasets.csv", "collections.csv", "records.csv", "communities.csv"]
    assert sorted(keys("metrics.csv")) == sorted(key for name in parts for key in keys(name))


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
COUNTER_LOG = [  # time, file name, size, agent
    ("10:00:00", "-", "-", FIREFOX),
    ("10:01:00", "data.csv", "23", FIREFOX),
    ("10:02:00", "????", "100", FIREFOX),
    ("10:03:00", "data.csv", "23", "curl/8.0"),
]


def test_a_log_of_counter_processor_becomes_a_dataset_report(
    pipeline: Pipeline, state: StatsState, tmp_path: Path
) -> None:
    lines = ["#Version: 0.0.1"]
    for time, name, size, agent in COUNTER_LOG:
        head = [f"2024-01-05T{time}Z", "130.60.1.2", "-", "-", "-", "https://repo.example/d"]
        tail = ["My Repository", "grid.1", "A|B", "2020-01-01", "1", "-", "-", "2020"]
        known = ["doi:10.1234/a", name, size, agent, "Tides"]
        lines.append("\t".join([*head, *known, *tail]))
    log = tmp_path / "counter_2024-01-05.log"
    log.write_text("\n".join(lines) + "\n")
    log_imports = build_log_imports(state.settings, state.stores, state.definitions)
    for _ in range(2):  # a second time is no other event
        log_imports.run_one(log, file_format="counter")
        pipeline.process()
    pipeline.aggregate()
    reporter = state.reporter
    january = {"begin_date": "2024-01", "end_date": "2024-01"}
    (dataset,) = json.loads(b"".join(reporter.run("dsr", "json", january, now=NOW)))[
        "report-datasets"
    ]
    assert (dataset["dataset-title"], dataset["dataset-id"]) == (
        "Tides",
        [{"type": "doi", "value": "10.1234/a"}],
    )
    found = {
        (one["access-method"], one["metric-type"].replace("-dataset", "")): one["count"]
        for one in dataset["performance"][0]["instance"]
    }
    assert found == {
        ("regular", "total-investigations"): 3,
        ("regular", "unique-investigations"): 1,
        ("regular", "total-requests"): 2,
        ("regular", "unique-requests"): 1,
        ("machine", "total-investigations"): 1,
        ("machine", "unique-investigations"): 1,
        ("machine", "total-requests"): 1,
        ("machine", "unique-requests"): 1,
    }
    totals = state.totals(["dataset:doi:10.1234/a"])["dataset:doi:10.1234/a"]
    assert (totals["views"], totals["downloads"], totals["volume"]) == (1, 3, 146)
