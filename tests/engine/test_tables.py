"""Tables of named queries: every row, as CSV and as a workbook, with the cells of the JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from stats.ext import StatsState
from stats.permissions import ANONYMOUS
from stats.queries import ranking
from stats.reports.workbook import MEDIA_TYPE
from stats.stores.resources import Description
from stats.times import EPOCH, utc_now
from tests.engine.daily import document, write

DAY = "2025-01-02"
RECORDS = 25
COUNTRIES = [["CH", 30, 9, 0], ["RE", 20, 8, 0], ["ZZ", 5, 5, 0], ["(other)", 1, 1, 0]]
WINDOW = "from=2025-01-01&to=2025-01-03"
OF_COMMUNITY = f"resource=community:c&{WINDOW}"
NAMED = "community-c_2025-01-01_2025-01-03"


@pytest.fixture
def written(rest_state: StatsState) -> StatsState:
    """25 records of a community, whose titles are what a spreadsheet would calculate."""
    refs = [f"record:{number:02}" for number in range(RECORDS)]
    views = [
        document("record-view", DAY, ref, count=100 - n, unique_count=n, parents=["community:c"])
        for n, ref in enumerate(refs)
    ]
    whole = document(
        "record-view",
        DAY,
        "community:c",
        count=56,
        unique_count=23,
        breakdown={"country": COUNTRIES},
    )
    came = [
        document("record-included", day, "community:c", count=n, sum=2.0 * n, volume=n * 2**40)
        for n, day in enumerate(("2025-01-01", DAY, "2025-01-03"), start=1)
    ]
    write(rest_state.stores.search, [*views, whole, *came])
    described = [Description(ref, {"title": f"={ref}", "url": "/r"}, EPOCH) for ref in refs]
    rest_state.stores.resources.describe(described)
    return rest_state


def read_workbook(data: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    (sheet,) = load_workbook(io.BytesIO(data)).worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    columns = [str(cell) for cell in header]
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("name", "query", "named"),
    [
        ("record-view-histogram", OF_COMMUNITY, NAMED),
        ("record-view-histogram", f"{OF_COMMUNITY}&compare=previous", NAMED),
        ("record-view-by", f"{OF_COMMUNITY}&breakdown=country", NAMED),
        ("record-view-top", f"within=community:c&size=1000&{WINDOW}", NAMED),
        ("top", "size=1000&kind=record", ""),
        ("content-histogram", OF_COMMUNITY, NAMED),
        ("content-by", f"{OF_COMMUNITY}&breakdown=access", NAMED),
    ],
)
def test_each_cell_of_both_forms_is_that_of_the_json_answer(
    rest: FlaskClient, written: StatsState, name: str, query: str, named: str
) -> None:
    buckets = rest.get(f"/api/stats/{name}?{query}").get_json()["buckets"]
    answer = rest.get(f"/api/stats/{name}.xlsx?{query}")
    assert answer.mimetype == MEDIA_TYPE
    file = f"{name}_{named}" if named else name
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}.xlsx"'
    columns, rows = read_workbook(answer.data)
    table = rest.get(f"/api/stats/{name}.csv?{query}")
    assert table.headers["Content-Disposition"] == f'attachment; filename="{file}.csv"'
    lines = read_csv(table.text)
    assert len(buckets) == len(rows) == len(lines) > 0 or name == "content-by"
    for bucket, row, line in zip(buckets, rows, lines, strict=True):
        for column in set(columns) & bucket.keys():
            assert row[column] == bucket[column]
            text = "" if bucket[column] is None else str(bucket[column])
            assert line[column] == (
                f"'{text}" if text.startswith(("=", "-")) and "_" not in column else text
            )
        assert columns == list(line)


def test_countries_have_codes_and_names(rest: FlaskClient, written: StatsState) -> None:
    url = f"/api/stats/record-view-by.xlsx?{OF_COMMUNITY}&breakdown=country"
    _, rows = read_workbook(rest.get(url).data)
    assert [(row["key"], row["title"], row["count"]) for row in rows] == [
        ("CH", "Switzerland", 30),
        ("RE", "Réunion", 20),
        ("ZZ", "Unknown Region", 5),
    ]


def test_content_is_exact_in_a_workbook(rest: FlaskClient, written: StatsState) -> None:
    _, rows = read_workbook(rest.get(f"/api/stats/content-histogram.xlsx?{OF_COMMUNITY}").data)
    last = {"records": 3, "files": 6, "volume": 3 * 2**40}
    whole = {"total_records": 6, "total_files": 12, "total_volume": 6 * 2**40}
    assert rows[-1] == {"date": "2025-01-03", **last, **whole}


@pytest.mark.parametrize("name", ["record-view-top", "top"])
@pytest.mark.parametrize("at_once", [7, ranking.MAX_CANDIDATES])
def test_a_table_has_all_rows_and_not_only_those_of_the_page(
    rest: FlaskClient,
    written: StatsState,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    at_once: int,
) -> None:
    monkeypatch.setattr(ranking, "MAX_CANDIDATES", at_once)
    url = f"/api/stats/{name}{{}}?kind=record"
    assert len(rest.get(url.format("")).get_json()["buckets"]) == 10
    _, rows = read_workbook(rest.get(url.format(".xlsx")).data)
    expected = [f"record:{number:02}" for number in range(RECORDS)]
    assert [row["resource"] for row in rows] == expected
    assert [row["resource"] for row in read_csv(rest.get(url.format(".csv")).text)] == expected
    assert len(read_csv(rest.get(url.format(".csv") + "&size=3").text)) == 3


def test_a_table_has_what_its_caller_may_see(rest: FlaskClient, written: StatsState) -> None:
    restricted = [Description("record:03", {"access": "restricted"}, utc_now())]
    written.stores.resources.describe(restricted)
    rest.application.config["IDENTITY"] = ANONYMOUS
    _, rows = read_workbook(rest.get("/api/stats/record-view-top.xlsx?kind=record").data)
    assert len(rows) == RECORDS - 1
    assert "record:03" not in {row["resource"] for row in rows}
    refused = rest.get("/api/stats/record-view-total.xlsx?resource=record:03")
    assert (refused.status_code, refused.mimetype) == (401, "application/json")


def test_more_rows_than_the_limit_are_refused(rest: FlaskClient, written: StatsState) -> None:
    written.__dict__["limits"] = replace(written.limits, rows=RECORDS - 1)
    for form in ("csv", "xlsx"):
        answer = rest.get(f"/api/stats/top.{form}?kind=record")
        assert answer.status_code == 422
        assert "more than 24 rows" in answer.get_json()["error"]["message"]
    written.__dict__["limits"] = replace(written.limits, rows=RECORDS)
    assert len(read_csv(rest.get("/api/stats/top.csv?kind=record").text)) == RECORDS


def test_the_accept_header_and_the_tag_are_of_workbooks_too(
    rest: FlaskClient, written: StatsState
) -> None:
    url = "/api/stats/record-view-top"
    first = rest.get(f"{url}?kind=record", headers={"Accept": MEDIA_TYPE})
    assert first.mimetype == MEDIA_TYPE
    tag = first.headers["ETag"]
    assert tag != rest.get(f"{url}.csv?kind=record").headers["ETag"]
    again = rest.get(f"{url}.xlsx?kind=record", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_totals_and_breakdowns_are_workbooks_too(rest: FlaskClient, written: StatsState) -> None:
    columns, rows = read_workbook(rest.get("/api/stats/totals.xlsx?ref=record:r1").data)
    known = rest.get("/api/stats/totals/record:r1").get_json()
    assert rows == [{column: known[column] for column in columns}]
    url = f"/api/stats/breakdown{{}}?by=country&metric=views&within=community:c&{WINDOW}"
    _, rows = read_workbook(rest.get(url.format(".xlsx")).data)
    found = rest.get(url.format("")).get_json()["buckets"]
    assert [(row["key"], row["value"]) for row in rows] == [(b["key"], b["value"]) for b in found]
    assert len(rows) == 4
