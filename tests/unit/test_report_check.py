"""``stats report check``: our own reports pass, planted errors are found at their line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stats.cli import stats
from stats.errors import InputError
from stats.reports import dsr
from stats.reports.checks.findings import Finding
from stats.reports.checks.run import check_file
from stats.reports.counter.definitions import COUNTER_REPORTS, IR, PR
from stats.reports.counter.json_form import to_json
from stats.reports.counter.request import parse_request
from stats.reports.counter.run import run_counter
from stats.reports.counter.tsv_form import to_tsv
from stats.reports.dsr_tsv import to_tsv as to_dataset_tsv
from tests.report_sources import NOW, PLATFORM, sources
from tests.unit import test_counter_reports, test_counter_views

USAGE = [*test_counter_views.USAGE, *test_counter_reports.USAGE]
DESCRIPTIONS = test_counter_views.DESCRIPTIONS | test_counter_reports.DESCRIPTIONS
EVERYTHING = "Country_Code|Authors|Publication_Date|Article_Version|YOP|Access_Method"


def report(name: str, form: str, **given: str) -> bytes:
    dates = {"begin_date": "2024-01", "end_date": "2024-02"}
    found = sources(usage=USAGE, descriptions=DESCRIPTIONS)
    request = parse_request(COUNTER_REPORTS[name], dates | given, now=NOW, platform="myrepo")
    answer = run_counter(request, found, PLATFORM, now=NOW)
    return b"".join(to_json(answer) if form == "json" else to_tsv(answer))


def dataset_report(form: str = "json") -> bytes:
    found = sources(usage=USAGE, descriptions=DESCRIPTIONS)
    window = date(2024, 1, 1), date(2024, 2, 29)
    answer = dsr.run_dsr(found, PLATFORM, window, now=NOW)
    return b"".join(dsr.to_json(answer) if form == "json" else to_dataset_tsv(answer))


@pytest.mark.parametrize("form", ["json", "tsv"])
@pytest.mark.parametrize("name", COUNTER_REPORTS)
def test_our_reports_pass(name: str, form: str) -> None:
    assert check_file(report(name, form)) == []


@pytest.mark.parametrize("form", ["json", "tsv"])
@pytest.mark.parametrize(
    "given",
    [
        {"attributes_to_show": EVERYTHING},
        {"attributes_to_show": "Access_Type", "include_parent_details": "True"},
        {"metric_type": "Unique_Item_Requests", "data_type": "Article"},
        {"include_component_details": "True", "nonsense": "1"},
        {"author": "nobody"},
        {"end_date": "2024-06"},
    ],
)
def test_our_reports_pass_with_filters_and_attributes(form: str, given: dict[str, str]) -> None:
    assert check_file(report("ir", form, **given)) == []


@pytest.mark.parametrize("form", ["json", "tsv"])
def test_our_dataset_report_passes_compressed_too(form: str) -> None:
    assert check_file(dataset_report(form)) == []
    assert check_file(gzip.compress(dataset_report(form))) == []


Change = Callable[[Any], object]


def first_line(body: Any) -> Any:
    return body["Report_Items"][0]["Items"][0]["Attribute_Performance"][0]


@pytest.mark.parametrize(
    ("change", "rule", "place"),
    [
        (lambda b: b["Report_Header"].pop("Registry_Record"), "schema", "Report_Header"),
        (lambda b: b["Report_Header"].update(Customer_ID="1"), "schema", "Report_Header"),
        (lambda b: b["Report_Header"].update(Created="yesterday"), "3.2 header", "Created"),
        (
            lambda b: b["Report_Header"]["Report_Filters"].update(Begin_Date="2024-01-02"),
            "3.3.7 reporting period",
            "Begin_Date",
        ),
        (
            lambda b: b["Report_Header"]["Report_Filters"].update(Data_Type=["Book_Segment"]),
            "3.3.8 filters",
            "Report_Items[0].Items[0].Attribute_Performance[0].Data_Type",
        ),
        (
            lambda b: first_line(b)["Performance"]["Total_Item_Requests"].update({"2024-01": 900}),
            "3.3.5 metrics",
            "Performance.Total_Item_Requests.2024-01",
        ),
        (
            lambda b: first_line(b)["Performance"]["Unique_Item_Requests"].update({"2024-01": -1}),
            "schema",
            "Performance.Unique_Item_Requests.2024-01",
        ),
        (
            lambda b: first_line(b)["Performance"].pop("Unique_Item_Investigations"),
            "3.3.5 metrics",
            "Performance",
        ),
        (
            lambda b: first_line(b)["Performance"]["Total_Item_Investigations"].update(
                {"2023-12": 1}
            ),
            "3.3.7 reporting period",
            "2023-12",
        ),
        (lambda b: first_line(b).update(Data_Type="Poem"), "schema", "Data_Type"),
        (
            lambda b: b["Report_Items"][0]["Items"].append(b["Report_Items"][0]["Items"][0]),
            "5.1 JSON",
            "Report_Items[0].Items",
        ),
        (lambda b: b.update(Report_Items=[]), "appendix D", "Report_Items"),
        (lambda b: b["Report_Header"].update(Report_ID="XR"), "header", "Report_ID"),
    ],
)
def test_an_error_in_json_is_found_where_it_is(change: Change, rule: str, place: str) -> None:
    body = json.loads(report("ir", "json"))
    change(body)
    text = json.dumps(body, indent=1)
    findings = check_file(text.encode())
    assert rule in {finding.rule for finding in findings}
    (found,) = [f for f in findings if f.rule == rule and place in f.place][:1]
    last = found.place.rpartition(".")[2].partition("[")[0]
    around = text.split("\n")[found.line - 1]
    assert last in around or around.strip() in ("{", "[")


CELLS: list[tuple[int, str, str, str]] = [
    (1, "Platform Report", "Item Report", "3.2 header"),
    (3, "5.1", "5", "3.2 header"),
    (10, "End_Date=2024-02-29", "End_Date=2024-02-28", "3.3.7 reporting period"),
    (10, "Begin_Date=", "From=", "3.2 header"),
    (15, "Metric_Type\t", "Metric\t", "4 columns"),
    (16, "\t5\t", "\t6\t", "3.2 totals"),
    (16, "\t7\t", "\tseven\t", "3.2 numbers"),
    (16, "Article", "Poem", "3.3.2 data types"),
    (16, "Total_Item_Investigations", "Total_Views", "3.3.5 metrics"),
]


@pytest.mark.parametrize(("line", "old", "new", "rule"), CELLS)
def test_an_error_in_a_table_is_found_in_its_line(line: int, old: str, new: str, rule: str) -> None:
    rows = report("pr", "tsv").decode("utf-8-sig").split("\n")
    if old not in rows[line - 1]:
        old = "\t" + rows[line - 1].split("\t")[-2] + "\t"
    assert old in rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(old, new)
    findings = check_file("\n".join(rows).encode())
    assert (line, rule) in {(finding.line, finding.rule) for finding in findings}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d: d["performance"][0]["instance"][0].update(volume=3), "schema"),
        (lambda d: d.update({"publisher-id": [{"type": "ror", "value": "x"}]}), "schema"),
        (
            lambda d: d["performance"][0]["instance"][0].update({"country-counts": {"xk": 1}}),
            "country-counts",
        ),
        (
            lambda d: d["performance"][0]["instance"][0].update({"country-counts": {"ch": 99}}),
            "country-counts",
        ),
        (lambda d: d["performance"][0]["instance"][0].update(count=0), "3.3.5 metrics"),
        (
            lambda d: d["performance"][0]["period"].update({"end-date": "2024-02-29"}),
            "reporting period",
        ),
    ],
)
def test_an_error_in_a_dataset_report_is_found(change: Change, rule: str) -> None:
    body = json.loads(dataset_report())
    change(body["report-datasets"][0])
    findings = check_file(json.dumps(body, indent=1).encode())
    assert rule in {finding.rule for finding in findings}
    assert all(finding.line > 1 for finding in findings)


DATASET_CELLS: list[tuple[int, str, str, str]] = [
    (3, "Release", "Version", "3 header"),
    (8, " to ", " until ", "3 header"),
    (8, "2024-01-01 to", "2025-01-01 to", "3 header"),
    (11, "", "more", "3 header"),
    (12, "DOI", "Doi", "3 columns"),
    (13, "Regular", "Robot", "3 body"),
    (13, "Total_Dataset", "All_Dataset", "3 body"),
    (13, "Investigations\t10\t", "Investigations\t9\t", "3.2 totals"),
    (
        13,
        "Total_Dataset_Investigations\t10\t",
        "Total_Dataset_Investigations\tfive\t",
        "3.2 numbers",
    ),
]


@pytest.mark.parametrize(("line", "old", "new", "rule"), DATASET_CELLS)
def test_an_error_in_a_dataset_table_is_found_in_its_line(
    line: int, old: str, new: str, rule: str
) -> None:
    rows = dataset_report("tsv").decode("utf-8-sig").split("\n")
    assert old in rows[line - 1], rows[line - 1]
    rows[line - 1] = rows[line - 1].replace(old, new) if old else new
    findings = check_file("\n".join(rows).encode())
    assert (line, rule) in {(finding.line, finding.rule) for finding in findings}


def test_a_dataset_table_keeps_requests_within_investigations() -> None:
    rows = dataset_report("tsv").decode("utf-8-sig").split("\n")
    rows = [row for row in rows if "Total_Dataset_Investigations\t" not in row]
    assert {finding.rule for finding in check_file("\n".join(rows).encode())} == {"3.3.5 metrics"}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b"a,b\n", b"\x1f\x8bnothing", b"\xff\xfe", b"null"]
)
def test_what_is_no_report_is_one_line(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_file(data)
    path = tmp_path / "report"
    path.write_bytes(data)
    result = CliRunner().invoke(stats, ["report", "check", str(path)])
    assert result.exit_code == 2


def test_the_command_says_line_and_rule(tmp_path: Path) -> None:
    path = tmp_path / "ir.json"
    path.write_bytes(report("ir", "json"))
    result = CliRunner().invoke(stats, ["report", "check", str(path)])
    assert (result.exit_code, result.output) == (0, "nothing wrong\n")
    body = json.loads(path.read_bytes())
    body["Report_Header"]["Release"] = "5"
    path.write_text(json.dumps(body, indent=1), "utf-8")
    result = CliRunner().invoke(stats, ["report", "check", str(path)])
    assert result.exit_code == 1
    expected = "line 5 Report_Header.Release: '5.1' was expected [schema]\n1 wrong\n"
    assert result.output == expected


def test_findings_are_in_the_order_of_lines() -> None:
    assert sorted([Finding(3, "b", "r", "m"), Finding(1, "z", "r", "m")])[0].line == 1
    assert {IR.path, PR.path} <= COUNTER_REPORTS.keys()
