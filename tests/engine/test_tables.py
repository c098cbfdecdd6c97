"""Tables of named queries: every row, as CSV and as a workbook, with the cells of the JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from openpyxl import load_workbook

from stats.cli.report import page
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
    described.append(Description("community:c", {"title": "=A & B"}, EPOCH))
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


RESTRICTED = ("record:03", "record:07")


def test_a_table_has_what_its_caller_may_see(rest: FlaskClient, written: StatsState) -> None:
    described = [Description(ref, {"access": "restricted"}, utc_now()) for ref in RESTRICTED]
    written.stores.resources.describe(described)
    rest.application.config["IDENTITY"] = ANONYMOUS
    _, rows = read_workbook(rest.get("/api/stats/record-view-top.xlsx?kind=record").data)
    assert len(rows) == RECORDS - 2
    assert not {row["resource"] for row in rows} & set(RESTRICTED)
    refused = rest.get(f"/api/stats/record-view-total.xlsx?resource={RESTRICTED[0]}")
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


PAGE = f"/api/reports/page.xlsx?{OF_COMMUNITY}"
SHEETS = [
    "About",
    "record-view-total",
    "file-download-total",
    "record-view-histogram",
    "file-download-histogram",
    "top record views",
    "top record downloads",
    "record-view-by country",
    "file-download-by country",
    "content-histogram",
    "content-by access",
]


def read_page(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    sheets = load_workbook(io.BytesIO(data)).worksheets
    return {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in sheets}


def test_a_page_is_one_workbook_with_a_sheet_for_each_table(
    rest: FlaskClient, written: StatsState
) -> None:
    answer = rest.get(PAGE, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype) == (200, MEDIA_TYPE)
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Disposition"] == f'attachment; filename="usage_{NAMED}.xlsx"'
    sheets = read_page(answer.data)
    assert list(sheets) == SHEETS
    about = {row[0]: row[1:] for row in sheets["About"]}
    assert sheets["About"][0] == ("=A & B", None, None)
    assert about["Resource"] == ("community:c", None)
    assert (about["From"][0], about["To"][0]) == ("2025-01-01", "2025-01-03")
    assert about["Time zone"][0] == "UTC"
    assert about["Interval of histories"][0] == "day"
    assert "within 30 seconds" in about["How we count"][0]
    assert about["This view"][0] == (
        "http://localhost/stats/resource/community:c"
        "?from=2025-01-01&to=2025-01-03&interval=day&lang=en"
    )
    assert about["Made at"][0][:10] == utc_now().date().isoformat()
    for name in SHEETS[1:]:
        title, address = about[name]
        assert title == written.queries[name.split(" ")[0]].title
        path, _, query = address.removeprefix("http://localhost").partition("?")
        columns, rows = read_workbook(rest.get(f"{path}.xlsx?{query}").data)
        header, *cells = sheets[name]
        assert [*header] == columns
        assert [dict(zip(columns, row, strict=True)) for row in cells] == rows
    assert len(sheets["top record views"]) == 1 + RECORDS


def test_what_a_page_links_to_answers(rest: FlaskClient, written: StatsState) -> None:
    about = {row[0]: row for row in read_page(rest.get(f"{PAGE}&lang=de").data)["Info"]}
    assert about["Diese Ansicht"][1].endswith("&lang=de")
    for address in (about["Diese Ansicht"][1], about["Wie wir zählen"][2]):
        assert rest.get(address).status_code == 200


def test_the_same_page_by_command(rest: FlaskClient, written: StatsState, tmp_path: Path) -> None:
    file = tmp_path / "page.xlsx"
    arguments = ["community:c", "--from", "2025-01-01", "--to", "2025-01-03", "-o", str(file)]
    with rest.application.app_context():
        done = CliRunner().invoke(
            page, [*arguments, "--url", "http://localhost"], catch_exceptions=False
        )
    assert (done.exit_code, done.output) == (0, "")
    by_command, over_http = read_page(file.read_bytes()), read_page(rest.get(PAGE).data)
    moments = [sheets["About"].pop(8) for sheets in (by_command, over_http)]
    assert {moment[0] for moment in moments} == {"Made at"}
    assert by_command == over_http


def test_a_page_has_what_its_caller_may_see(rest: FlaskClient, written: StatsState) -> None:
    described = [Description(ref, {"access": "restricted"}, utc_now()) for ref in RESTRICTED]
    written.stores.resources.describe(described)
    rest.application.config["IDENTITY"] = ANONYMOUS
    sheets = read_page(rest.get(PAGE).data)
    refs = {row[0] for row in sheets["top record views"][1:]}
    assert len(refs) == RECORDS - 2
    assert not refs & set(RESTRICTED)
    refused = rest.get(f"/api/reports/page.xlsx?resource={RESTRICTED[0]}")
    assert (refused.status_code, refused.mimetype) == (401, "application/json")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "resource"),
        ("resource=nonsense", "resource"),
        ("resource=site:all&from=2025-01-02&to=2025-01-01", "to"),
        ("resource=site:all&window=never", "window"),
        ("resource=site:all&interval=hour", "interval"),
        ("resource=site:all&lang=xx", "lang"),
        ("resource=site:all&size=3", "size"),
    ],
)
def test_a_page_that_is_asked_for_wrongly_says_what_is_wrong(
    rest: FlaskClient, query: str, field: str
) -> None:
    answer = rest.get(f"/api/reports/page.xlsx?{query}")
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (400, field)


def test_a_page_of_all_time_and_of_the_site(rest: FlaskClient, written: StatsState) -> None:
    answer = rest.get("/api/reports/page.xlsx?resource=site:all&window=all&lang=fr")
    assert answer.headers["Content-Disposition"].endswith('"usage_site-all_all.xlsx"')
    sheets = read_page(answer.data)
    about = {row[0]: row[1] for row in sheets["À propos"]}
    assert (about["Du"], about["Intervalle des historiques"]) == ("premières données", "month")
    assert "top record views" in sheets
