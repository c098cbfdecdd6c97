"""PR, IR and DSR: the forms, the numbers, the rules that every report keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from stats.reports import dsr
from stats.reports.counter.definitions import IR, PR, CounterReport
from stats.reports.counter.json_form import to_json
from stats.reports.counter.request import parse_request
from stats.reports.counter.run import run_counter
from stats.reports.counter.schemas import build_report
from stats.reports.counter.tsv_form import to_tsv
from stats.reports.items import read_item
from stats.reports.sources import Sources
from tests.report_sources import NOW, PLATFORM, sources, usage_document

SCHEMAS = Path(__file__).parent.parent / "schemas"
VALIDATORS = {
    name: Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))
    for name in ("counter-pr", "counter-ir", "dsr")
}
DATES = {"begin_date": "2024-01", "end_date": "2024-02"}

USAGE = [
    usage_document("dataset:d1", "2024-01-05", {"regular": [5, 4, 3, 2, 100]}, country="CH"),
    usage_document("dataset:d1", "2024-01-09", {"regular": [2, 1, 1, 1, 10]}, country="US"),
    usage_document(
        "dataset:d1", "2024-02-01", {"regular": [3, 2, 0, 0, 0], "machine": [9, 8, 7, 6, 5]}
    ),
    usage_document(
        "record:r1", "2024-02-29", {"regular": [1, 1, 1, 1, 1]}, access="closed", country="CH"
    ),
    usage_document("record:machines", "2024-02-29", {"machine": [1, 1, 1, 1, 1]}),
    usage_document("collection:c1", "2024-02-29", {"regular": [50, 50, 50, 50, 1]}),
]
DESCRIPTIONS = {
    "dataset:d1": {
        "title": "A dataset",
        "doi": "https://doi.org/10.1234/abc",
        "url": "https://repo.example/d1",
        "publication_date": "2020-01-31",
        "authors": [{"name": "A Person", "orcid": "0000-0001-2345-6789"}, "B Person"],
        "version": 2,
    }
}


def ask(report: CounterReport, given: dict[str, str], found: Sources) -> dict[str, Any]:
    """Return the JSON of a report, after checking it against the standard's rules."""
    request = parse_request(report, DATES | given, now=NOW, platform="myrepo")
    answer = run_counter(request, found, PLATFORM, now=NOW)
    body = json.loads(b"".join(to_json(answer)))
    if report.view_of is None:
        VALIDATORS[f"counter-{report.id.lower()}"].validate(body)
    Draft202012Validator(build_report(report)).validate(body)
    return body


def tsv(report: CounterReport, given: dict[str, str], found: Sources) -> list[list[str]]:
    request = parse_request(report, DATES | given, now=NOW, platform="myrepo")
    answer = run_counter(request, found, PLATFORM, now=NOW)
    text = b"".join(to_tsv(answer)).decode("utf-8-sig")
    return [line.split("\t") for line in text.split("\n")]


@pytest.fixture
def found() -> Sources:
    return sources(usage=USAGE, descriptions=DESCRIPTIONS)


def test_an_item_report_holds_one_object_an_item(found: Sources) -> None:
    body = ask(IR, {}, found)
    assert body["Report_Header"] == {
        "Report_Name": "Item Report",
        "Report_ID": "IR",
        "Release": "5.1",
        "Institution_Name": "The World",
        "Institution_ID": {"Proprietary": ["myrepo:0000000000000000"]},
        "Report_Filters": {"Begin_Date": "2024-01-01", "End_Date": "2024-02-29"},
        "Created": "2024-06-15T12:00:00Z",
        "Created_By": "My Repository",
        "Registry_Record": "",
    }
    (entry,) = body["Report_Items"]
    assert [item["Item_ID"]["Proprietary"] for item in entry["Items"]] == [
        "myrepo:dataset:d1",
        "myrepo:record:r1",
    ]
    assert entry["Items"][0] == {
        "Item": "A dataset",
        "Publisher": "My Repository",
        "Platform": "myrepo",
        "Publisher_ID": {"Proprietary": ["grid:266093.8"]},
        "Item_ID": {
            "DOI": "10.1234/abc",
            "Proprietary": "myrepo:dataset:d1",
            "URI": "https://repo.example/d1",
        },
        "Attribute_Performance": [
            {
                "Data_Type": "Dataset",
                "Performance": {
                    "Total_Item_Investigations": {"2024-01": 7, "2024-02": 3},
                    "Total_Item_Requests": {"2024-01": 4},
                    "Unique_Item_Investigations": {"2024-01": 5, "2024-02": 2},
                    "Unique_Item_Requests": {"2024-01": 3},
                },
            }
        ],
    }


def test_a_platform_report_sums_its_items(found: Sources) -> None:
    (entry,) = ask(PR, {}, found)["Report_Items"]
    by_type = {line["Data_Type"]: line["Performance"] for line in entry["Attribute_Performance"]}
    assert entry["Platform"] == "myrepo"
    assert by_type["Dataset"]["Total_Item_Investigations"] == {"2024-01": 7, "2024-02": 3}
    assert by_type["Unspecified"]["Unique_Item_Requests"] == {"2024-02": 1}


def test_attributes_divide_only_when_they_are_shown(found: Sources) -> None:
    body = ask(IR, {"attributes_to_show": "Country_Code|YOP|Access_Method"}, found)
    assert body["Report_Header"]["Report_Attributes"] == {
        "Attributes_To_Show": ["Country_Code", "YOP", "Access_Method"]
    }
    lines = body["Report_Items"][0]["Items"][0]["Attribute_Performance"]
    assert [
        (line["YOP"], line["Country_Code"], line["Performance"]["Total_Item_Investigations"])
        for line in lines
    ] == [
        ("2020", "CH", {"2024-01": 5}),
        ("2020", "US", {"2024-01": 2}),
        ("2020", "ZZ", {"2024-02": 3}),
    ]


def test_access_types_are_those_of_the_standard(found: Sources) -> None:
    items = ask(IR, {"attributes_to_show": "Access_Type"}, found)["Report_Items"][0]["Items"]
    types = [line["Access_Type"] for item in items for line in item["Attribute_Performance"]]
    assert types == ["Open", "Controlled"]


@pytest.mark.parametrize(
    ("given", "header", "refs"),
    [
        ({"data_type": "Dataset"}, {"Data_Type": ["Dataset"]}, ["dataset:d1"]),
        ({"access_type": "Controlled"}, {"Access_Type": ["Controlled"]}, ["record:r1"]),
        ({"yop": "2019-2021|1999"}, {"YOP": ["2019-2021", "1999"]}, ["dataset:d1"]),
        ({"item_id": "DOI:10.1234/ABC"}, {"Item_ID": "DOI:10.1234/ABC"}, ["dataset:d1"]),
        ({"item_id": "myrepo:record:r1"}, {"Item_ID": "myrepo:record:r1"}, ["record:r1"]),
        ({"author": "a person"}, {"Author": "a person"}, ["dataset:d1"]),
        ({"country_code": "US"}, {"Country_Code": "US"}, ["dataset:d1"]),
        ({"access_method": "Regular"}, {"Access_Method": ["Regular"]}, ["dataset:d1", "record:r1"]),
        ({"access_method": "Regular|TDM"}, {}, ["dataset:d1", "record:r1"]),
        ({"platform": "myrepo", "granularity": "Month"}, {}, ["dataset:d1", "record:r1"]),
    ],
)
def test_filters_choose_items_and_only_those_that_differ_are_named(
    found: Sources, given: dict[str, str], header: dict[str, Any], refs: list[str]
) -> None:
    body = ask(IR, given, found)
    filters = body["Report_Header"]["Report_Filters"]
    assert {k: v for k, v in filters.items() if not k.endswith("_Date")} == header
    items = body["Report_Items"][0]["Items"]
    assert [i["Item_ID"]["Proprietary"].removeprefix("myrepo:") for i in items] == refs


def test_metric_types_are_filtered(found: Sources) -> None:
    body = ask(IR, {"metric_type": "Unique_Item_Requests"}, found)
    for item in body["Report_Items"][0]["Items"]:
        for line in item["Attribute_Performance"]:
            assert list(line["Performance"]) == ["Unique_Item_Requests"]


JOURNAL_IDS = [{"type": "online_issn", "value": "1234-567X"}, {"type": "print_issn", "value": "?"}]


def test_items_with_a_parent_are_grouped_when_asked_for() -> None:
    usage = [
        usage_document(f"record:{n}", "2024-01-01", {"regular": [1, 1, 1, 1, 0]}, parents=parents)
        for n, parents in enumerate(
            [["journal:p"], [], ["dataset:d", "journal:p"], ["space:s", "dataset:d"]]
        )
    ]
    journal = {"title": "The whole", "data_type": "Journal", "identifiers": JOURNAL_IDS}
    found = sources(usage=usage, descriptions={"journal:p": journal})
    plain = ask(IR, {}, found)
    assert [len(entry["Items"]) for entry in plain["Report_Items"]] == [4]
    body = ask(IR, {"include_parent_details": "True"}, found)
    assert body["Report_Header"]["Report_Attributes"] == {"Include_Parent_Details": "True"}
    assert [
        (entry.get("Title"), entry.get("Data_Type"), len(entry["Items"]))
        for entry in body["Report_Items"]
    ] == [(None, None, 2), ("The whole", "Journal", 2)]
    assert body["Report_Items"][1]["Item_ID"]["Online_ISSN"] == "1234-567X"


def test_the_table_has_thirteen_lines_of_header_and_no_line_of_zeros(found: Sources) -> None:
    rows = tsv(IR, {"attributes_to_show": "YOP"}, found)
    assert [row[0] for row in rows[:13]] == [
        "Report_Name",
        "Report_ID",
        "Release",
        "Institution_Name",
        "Institution_ID",
        "Metric_Types",
        "Report_Filters",
        "Report_Attributes",
        "Exceptions",
        "Reporting_Period",
        "Created",
        "Created_By",
        "Registry_Record",
    ]
    assert rows[4][1] == "myrepo:0000000000000000"
    assert rows[7][1] == "Attributes_To_Show=YOP"
    assert rows[9][1] == "Begin_Date=2024-01-01; End_Date=2024-02-29"
    assert rows[13] == [""]
    heads = "Item,Publisher,Publisher_ID,Platform,DOI,Proprietary_ID,ISBN,Print_ISSN,Online_ISSN,"
    heads += "URI,Data_Type,YOP,Metric_Type,Reporting_Period_Total,Jan-2024,Feb-2024"
    assert rows[14] == heads.split(",")
    lines = [dict(zip(rows[14], row, strict=True)) for row in rows[15:-1]]
    assert [(li["Item"], li["Metric_Type"], li["Reporting_Period_Total"]) for li in lines[:3]] == [
        ("A dataset", "Total_Item_Investigations", "10"),
        ("A dataset", "Total_Item_Requests", "4"),
        ("A dataset", "Unique_Item_Investigations", "7"),
    ]
    assert (lines[1]["Jan-2024"], lines[1]["Feb-2024"]) == ("4", "0")
    assert len(lines) == 8


def test_the_platform_table_has_its_own_columns(found: Sources) -> None:
    rows = tsv(PR, {"metric_type": "Total_Item_Requests"}, found)
    assert rows[5][1] == "Total_Item_Requests"
    assert rows[14][:4] == ["Platform", "Data_Type", "Metric_Type", "Reporting_Period_Total"]
    assert rows[15] == ["myrepo", "Dataset", "Total_Item_Requests", "4", "4", "0"]


@pytest.mark.parametrize(
    ("said", "reported"), [("Software", "Software"), ("Poem", "Other"), (None, "Unspecified")]
)
def test_a_data_type_is_one_of_the_standard(said: str | None, reported: str) -> None:
    found = sources(usage=USAGE, descriptions={"record:r1": {"data_type": said}})
    items = ask(IR, {"item_id": "record:r1"}, found)["Report_Items"][0]["Items"]
    assert items[0]["Attribute_Performance"][0]["Data_Type"] == reported


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        (("isni", "0000000121032683"), {"ISNI": ["0000000121032683"]}),
        (("client-id", "a.b"), {"Proprietary": ["client_id:a.b"]}),
        (None, {}),
    ],
)
def test_the_publisher_is_named_in_the_namespaces_of_the_standard(
    given: tuple[str, str] | None, reported: dict[str, list[str]]
) -> None:
    platform = replace(PLATFORM, publisher_id=given)
    request = parse_request(IR, DATES, now=NOW, platform="myrepo")
    answer = run_counter(request, sources(usage=USAGE), platform, now=NOW)
    body = json.loads(b"".join(to_json(answer)))
    VALIDATORS["counter-ir"].validate(body)
    assert body["Report_Items"][0]["Items"][0].get("Publisher_ID", {}) == reported


def test_an_address_is_whole_or_not_there() -> None:
    found = sources(usage=USAGE, descriptions={"record:r1": {"url": "/r/1"}})
    items = ask(IR, {"item_id": "record:r1"}, found)["Report_Items"][0]["Items"]
    assert items[0]["Item_ID"] == {"Proprietary": "myrepo:record:r1"}
    on_a_site = replace(PLATFORM, site_url="https://repo.example")
    item = read_item("record:r1", {"url": "/r/1"}, on_a_site)
    assert item.url == "https://repo.example/r/1"
    assert read_item("record:r1", {}, on_a_site).url == ""


methods = st.sampled_from(["regular", "machine"])


@st.composite
def usage_rows(draw: st.DrawFn) -> list[int]:
    """Numbers as counting gives them: uniques within totals, requests within investigations."""
    requests = draw(st.integers(0, 5))
    unique_requests = draw(st.integers(min(requests, 1), requests))
    investigations = requests + draw(st.integers(0, 5))
    least = max(unique_requests, min(investigations, 1))
    unique_investigations = draw(st.integers(least, investigations))
    return [investigations, unique_investigations, requests, unique_requests, 10 * requests]


documents = st.builds(
    lambda n, day, rows, access, country: usage_document(
        n, f"2024-{day}", rows, access=access, country=country
    ),
    st.sampled_from(["record:a", "record:b", "dataset:c", "dataset:d"]),
    st.sampled_from(["01-01", "01-31", "02-01", "02-29"]),
    st.dictionaries(methods, usage_rows(), min_size=1),
    st.sampled_from(["open", "closed", "restricted"]),
    st.sampled_from(["CH", "US", "ZZ", "XK"]),
)
shown = st.lists(
    st.sampled_from(["YOP", "Access_Type", "Access_Method", "Country_Code"]), unique=True
)


@given(st.lists(documents, max_size=12), shown, st.sampled_from([PR, IR]))
def test_what_holds_of_every_report(
    usage: list[dict[str, Any]], show: list[str], report: CounterReport
) -> None:
    given = {"attributes_to_show": "|".join(show)} if show else {}
    body = ask(report, given, sources(usage=usage))
    lines = [line for entry in body["Report_Items"] for line in _lines(entry)]
    for line in lines:
        _check_invariants(line["Performance"])
    expected = sum(
        numbers[0]
        for d in usage
        for m, *numbers in d["breakdown"]["access_method"]
        if m == "regular"
    )
    assert _total(lines, "Total_Item_Investigations") == expected
    exceptions = [e["Code"] for e in body["Report_Header"].get("Exceptions", [])]
    if usage:
        assert (3030 in exceptions) == (not lines)


def _lines(entry: dict[str, Any]) -> list[dict[str, Any]]:
    items = entry.get("Items", [entry])
    return [line for item in items for line in item["Attribute_Performance"]]


def _total(lines: list[dict[str, Any]], metric: str) -> int:
    return sum(sum(line["Performance"].get(metric, {}).values()) for line in lines)


def _check_invariants(performance: dict[str, dict[str, int]]) -> None:
    """TII >= TIR, UII >= UIR, TII >= UII, TIR >= UIR (docs/counting-rules.md#usage)."""
    for more, less in [
        ("Total_Item_Investigations", "Total_Item_Requests"),
        ("Unique_Item_Investigations", "Unique_Item_Requests"),
        ("Total_Item_Investigations", "Unique_Item_Investigations"),
        ("Total_Item_Requests", "Unique_Item_Requests"),
    ]:
        for month, count in performance.get(less, {}).items():
            assert performance[more][month] >= count


def dataset_report(found: Sources, first: date, last: date) -> dict[str, Any]:
    report = dsr.run_dsr(found, PLATFORM, (first, last), now=NOW)
    body = json.loads(b"".join(dsr.to_json(report)))
    VALIDATORS["dsr"].validate(body)
    return body


def test_a_dataset_report_counts_machines_apart(found: Sources) -> None:
    body = dataset_report(found, date(2024, 1, 1), date(2024, 2, 29))
    assert body["report-header"]["reporting-period"] == {
        "begin-date": "2024-01-01",
        "end-date": "2024-02-29",
    }
    assert body["report-header"]["exceptions"] == []
    (dataset,) = body["report-datasets"]
    assert dataset["dataset-id"] == [{"type": "doi", "value": "10.1234/abc"}]
    assert dataset["publisher-id"] == [{"type": "grid", "value": "266093.8"}]
    assert (dataset["yop"], dataset["uri"]) == ("2020", "https://repo.example/d1")
    assert dataset["dataset-attributes"] == [{"type": "dataset-version", "value": "2"}]
    january, february = dataset["performance"]
    assert january["period"] == {"begin-date": "2024-01-01", "end-date": "2024-01-31"}
    assert january["instance"][0] == {
        "access-method": "regular",
        "metric-type": "total-dataset-investigations",
        "count": 7,
        "country-counts": {"ch": 5, "us": 2},
    }
    assert [(i["access-method"], i["metric-type"], i["count"]) for i in february["instance"]] == [
        ("regular", "total-dataset-investigations", 3),
        ("regular", "unique-dataset-investigations", 2),
        ("machine", "total-dataset-investigations", 9),
        ("machine", "unique-dataset-investigations", 8),
        ("machine", "total-dataset-requests", 7),
        ("machine", "unique-dataset-requests", 6),
    ]
    assert not any("country-counts" in i for i in february["instance"])


@pytest.mark.parametrize("country", ["ZZ", "EU", "XK", ""])
def test_a_place_that_is_no_assigned_country_stays_in_the_count(country: str) -> None:
    usage = [
        usage_document("dataset:d", "2024-01-01", {"regular": [1, 1, 0, 0, 0]}, country=country)
    ]
    body = dataset_report(sources(usage=usage), date(2024, 1, 1), date(2024, 1, 31))
    instance = body["report-datasets"][0]["performance"][0]["instance"][0]
    assert (instance["count"], instance.get("country-counts")) == (1, None)


def test_a_month_that_is_not_over_is_reported_up_to_its_last_counted_day() -> None:
    usage = [
        usage_document("dataset:d", f"2024-06-{day}", {"regular": [1, 1, 0, 0, 0]})
        for day in ("13", "14", "15")
    ]
    body = dataset_report(sources(usage=usage), date(2024, 6, 1), date(2024, 6, 30))
    period = {"begin-date": "2024-06-01", "end-date": "2024-06-14"}
    assert body["report-header"]["reporting-period"] == period
    assert [e["code"] for e in body["report-header"]["exceptions"]] == [3040]
    performance = body["report-datasets"][0]["performance"][0]
    assert (performance["period"], performance["instance"][0]["count"]) == (period, 2)


def test_nothing_is_reported_of_a_month_that_is_not_counted() -> None:
    body = dataset_report(sources(until=None), date(2024, 5, 1), date(2024, 5, 31))
    assert body["report-datasets"] == []
    assert [e["code"] for e in body["report-header"]["exceptions"]] == [3031]


def test_a_month_without_use_says_so() -> None:
    body = dataset_report(sources(), date(2024, 5, 1), date(2024, 5, 31))
    assert [e["code"] for e in body["report-header"]["exceptions"]] == [3030]
