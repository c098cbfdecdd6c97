"""Standard Views, what a report echoes, and what it says of publishers and titles."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stats.reports.counter.definitions import IR, IR_A1, IR_M1, PR, PR_P1, CounterReport
from stats.reports.dsr import run_dsr
from stats.reports.dsr_tsv import to_tsv
from tests.report_sources import NOW, PLATFORM, sources, usage_document
from tests.unit.test_counter_reports import ask, tsv

USAGE = [
    usage_document("record:a1", "2024-01-05", {"regular": [5, 4, 3, 2, 9]}, parents=["journal:j"]),
    usage_document("record:a2", "2024-01-09", {"regular": [2, 1, 0, 0, 0]}),
    usage_document("record:m1", "2024-02-01", {"regular": [3, 2, 1, 1, 9], "machine": [9] * 5}),
]
DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "record:a1": {
        "title": "An article",
        "data_type": "Article",
        "article_version": "VoR",
        "publisher": "Another Press",
        "publisher_id": "ror:03yrm5c26",
        "authors": [{"name": "A Person", "orcid": "https://orcid.org/0000-0001-2345-6789"}],
    },
    "record:a2": {"data_type": "Article"},
    "record:m1": {"title": "A song", "data_type": "Sound"},
    "journal:j": {
        "title": "The Journal",
        "data_type": "Journal",
        "identifiers": [{"type": "print_issn", "value": "1234-5678"}],
    },
}
REGULAR = {"Access_Method": ["Regular"]}
REQUESTS = {"Metric_Type": ["Total_Item_Requests", "Unique_Item_Requests"]}


@pytest.fixture
def found() -> Any:
    return sources(usage=USAGE, descriptions=DESCRIPTIONS)


def test_the_platform_view_has_requests_by_data_type(found: Any) -> None:
    body = ask(PR_P1, {}, found)
    filters = body["Report_Header"]["Report_Filters"]
    assert filters["Access_Method"] == ["Regular"]
    assert filters["Metric_Type"] == list(PR_P1.metrics)
    assert "Report_Attributes" not in body["Report_Header"]
    (entry,) = body["Report_Items"]
    assert [(one["Data_Type"], one["Performance"]) for one in entry["Attribute_Performance"]] == [
        (
            "Article",
            {"Total_Item_Requests": {"2024-01": 3}, "Unique_Item_Requests": {"2024-01": 2}},
        ),
        ("Sound", {"Total_Item_Requests": {"2024-02": 1}, "Unique_Item_Requests": {"2024-02": 1}}),
    ]


def test_the_view_of_articles_tells_journals_and_access_and_no_data_type(found: Any) -> None:
    body = ask(IR_A1, {}, found)
    filters = body["Report_Header"]["Report_Filters"]
    assert filters == filters | REGULAR | REQUESTS | {"Data_Type": ["Article"]}
    (entry,) = body["Report_Items"]  # the article without requests is not there
    assert entry["Title"] == "The Journal"
    assert entry["Item_ID"]["Print_ISSN"] == "1234-5678"
    assert "Data_Type" not in entry
    (item,) = entry["Items"]
    assert item["Publisher_ID"] == {"ROR": ["03yrm5c26"]}
    assert item["Article_Version"] == "VoR"
    assert item["Authors"] == [{"Name": "A Person", "ORCID": "0000-0001-2345-6789"}]
    assert [set(line) for line in item["Attribute_Performance"]] == [{"Access_Type", "Performance"}]


def test_the_view_of_multimedia(found: Any) -> None:
    (entry,) = ask(IR_M1, {}, found)["Report_Items"]
    assert [item["Item"] for item in entry["Items"]] == ["A song"]


@pytest.mark.parametrize("report", [PR_P1, IR_A1, IR_M1])
def test_a_view_takes_no_filters(found: Any, report: CounterReport) -> None:
    body = ask(report, {"data_type": "Book", "attributes_to_show": "YOP"}, found)
    (exception,) = body["Report_Header"]["Exceptions"]
    assert exception["Code"] == 3050
    assert exception["Data"] == "data_type, attributes_to_show"


@pytest.mark.parametrize("report", [PR, PR_P1, IR, IR_A1, IR_M1])
def test_a_table_begins_with_a_byte_order_mark_and_names_its_metrics(
    found: Any, report: CounterReport
) -> None:
    rows = tsv(report, {}, found)
    assert rows[0] == ["Report_Name", report.name]
    metrics = "; ".join(report.metrics) if report.view_of else ""  # all: the default is left out
    assert rows[5] == ["Metric_Types", metrics]
    heads = rows[14]
    assert ("Data_Type" in heads) == (report != IR_A1)
    assert ("ISBN" in heads) == (report == IR)
    assert ("Parent_Title" in heads) == (report == IR_A1)
    assert all(len(row) == len(heads) for row in rows[15:-1])


def test_columns_of_countries_come_first_and_always_have_a_value(found: Any) -> None:
    for report, second in ((IR, "Item"), (PR, "Platform")):
        rows = tsv(report, {"attributes_to_show": "Country_Code"}, found)
        assert rows[14][:2] == ["Country_Code", second]
        assert {row[0] for row in rows[15:-1]} == {"ZZ"}


def test_components_are_echoed_where_they_are_refused(found: Any) -> None:
    body = ask(IR, {"include_component_details": "True"}, found)
    header = body["Report_Header"]
    assert header["Report_Attributes"] == {"Include_Component_Details": "True"}
    assert [one["Code"] for one in header["Exceptions"]] == [3063]


def test_an_item_without_a_title_has_its_id_as_its_name(found: Any) -> None:
    (entry,) = ask(IR, {"item_id": "record:a2"}, found)["Report_Items"]
    assert entry["Items"][0]["Item"] == "a2"
    assert {row[0] for row in tsv(IR, {"item_id": "record:a2"}, found)[15:-1]} == {"a2"}


def test_a_use_of_a_record_in_a_data_set_is_one_item() -> None:
    dataset = usage_document("dataset:d", "2024-01-05", {"regular": [3, 2, 1, 1, 9]})
    dataset["breakdown"] |= {
        "item.access_method": [["regular", 1, 1, 0, 0, 0]],
        "item.access_method+access": [["regular|open", 1, 1, 0, 0, 0]],
    }
    site = usage_document("site:all", "2024-01-05", {"regular": [4, 3, 2, 2, 9]})
    site["breakdown"]["item.access_method"] = [["regular", 1, 1, 1, 1, 0]]
    record = usage_document("record:r", "2024-01-05", {"regular": [2, 1, 1, 1, 9]})
    old = usage_document("site:all", "2024-01-06", {"regular": [7, 7, 7, 7, 7]})
    found = sources(usage=[dataset, site, record, old])
    (entry,) = ask(IR, {}, found)["Report_Items"]
    assert [item["Item"] for item in entry["Items"]] == ["d", "r"]
    counts = [
        item["Attribute_Performance"][0]["Performance"]["Total_Item_Investigations"]
        for item in entry["Items"]
    ]
    assert counts == [{"2024-01": 1}, {"2024-01": 2}]
    (platform,) = ask(PR, {}, found)["Report_Items"]
    totals = [
        line["Performance"]["Total_Item_Investigations"]["2024-01"]
        for line in platform["Attribute_Performance"]
    ]
    assert sum(totals) == 4
    report = run_dsr(found, PLATFORM, (date(2024, 1, 1), date(2024, 1, 31)), now=NOW)
    (one,) = report.datasets
    assert one["performance"][0]["instance"][0]["count"] == 3


def test_the_dataset_report_is_a_table_too(found: Any) -> None:
    usage = [usage_document("dataset:10.5072/ABC", "2024-01-05", {"regular": [5, 4, 3, 2, 9]})]
    description = {
        "publisher": "P",
        "publisher_id": "grid:1.2",
        "authors": ["A", "B"],
        "year": "1999",
    }
    report = run_dsr(
        sources(usage=usage, descriptions={"dataset:10.5072/ABC": description}),
        PLATFORM,
        (date(2024, 1, 1), date(2024, 2, 29)),
        now=NOW,
    )
    rows = [line.split("\t") for line in b"".join(to_tsv(report)).decode("utf-8-sig").split("\n")]
    assert [len(row) for row in rows[:11]] == [2] * 10 + [1]
    assert rows[2] == ["Release", "RD1"]
    lines = [dict(zip(rows[11], row, strict=True)) for row in rows[12:-1]]
    assert [(one["Metric_Type"], one["Jan-2024"], one["Feb-2024"]) for one in lines] == [
        ("Total_Dataset_Investigations", "5", "0"),
        ("Unique_Dataset_Investigations", "4", "0"),
        ("Total_Dataset_Requests", "3", "0"),
        ("Unique_Dataset_Requests", "2", "0"),
    ]
    first = lines[0]
    assert (first["Publisher_ID"], first["Creators"]) == ("grid:1.2", "A; B")
    assert (first["DOI"], first["YOP"], first["Access_Method"]) == (
        "10.5072/abc",
        "1999",
        "Regular",
    )
