"""Reports over HTTP, from documents on real engines."""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from waitress.server import create_server

from stats.aggregations.daily_documents import document_id
from stats.engines.namespace import Namespace
from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.reports.counter.schemas import EXCEPTION, MEMBERS, REPORT_LIST, STATUS
from stats.service import create_app
from stats.stores.resources import Description
from stats.stores.search import Action
from stats.views.streaming import stream_response
from tests.engine import daily
from tests.report_sources import usage_document

UTC = timezone.utc
WORLD = "0000000000000000"
VIEWED = datetime(2024, 5, 1, 2, 3, 4, 5000, tzinfo=UTC)


def total(ref: str, views: int, downloads: int) -> dict[str, Any]:
    kind, _, name = ref.partition(":")
    return {
        "_id": ref,
        "kind": kind,
        "id": name,
        "views": views,
        "downloads": downloads,
        "last_viewed": VIEWED if views else None,
        "last_downloaded": None,
    }


@pytest.fixture
def totals(rest_state: StatsState) -> StatsState:
    """Some totals, more than a batch of them, and some descriptions."""
    rest_state.init()
    few = [
        total("file:a", 1, 5),
        total("file:b", 2, 5),
        total("file:c", 7, 0),
        total("file:none", 0, 0),
        total("dataset:d", 0, 9),
        total("collection:c", 3, 5),
        total("loan:l", 3, 5),
    ]
    many = [total(f"record:{n:05}", n, 0) for n in range(1, 2501)]
    rest_state.stores.totals.write(few + many, ticket=1)
    users = [
        {**total("file:a", 1, 2), "_id": "u1|file:a", "user_id": "u1", "resource": "file:a"},
        {**total("file:a", 0, 3), "_id": "u2|file:a", "user_id": "u2", "resource": "file:a"},
    ]
    rest_state.stores.totals.write_users(users, ticket=1)
    parents = ["dataset:d", "space:s"]
    file = {"title": "=A", "size": 2999, "parents": parents, "created": VIEWED}
    rest_state.stores.resources.describe(
        [Description("file:a", file, VIEWED), Description("user:u1", {"title": "Ann"}, VIEWED)]
    )
    rest_state.stores.bookmarks.move_found(datetime(2024, 6, 1, tzinfo=UTC))
    return rest_state


def rows(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def test_files_most_downloaded_first(rest: FlaskClient, totals: StatsState) -> None:
    response = rest.get("/api/reports/metrics/files")
    found = rows(response)
    assert [row["id"] for row in found] == ["b", "a", "c"]
    assert response.headers["X-Stats-Rows"] == "3"
    assert response.headers["X-Stats-Counted-Until"] == "2024-06-01T00:00:00.000Z"
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "FileMetrics.csv" in response.headers["Content-Disposition"]
    row = found[1]
    assert (row["name"], row["size_kb"], row["uploaded"]) == (
        "'=A",
        "2",
        "2024-05-01T02:03:04.005Z",
    )
    assert (row["parent_datasets"], row["parent_spaces"], row["last_downloaded"]) == ("d", "s", "")


def test_the_combined_report_holds_the_kinds_of_the_setting(
    rest: FlaskClient, totals: StatsState
) -> None:
    response = rest.get("/api/reports/metrics")
    found = rows(response)
    assert len(found) == int(response.headers["X-Stats-Rows"]) == 2505
    assert [(row["type"], row["id"]) for row in found[:5]] == [
        ("dataset", "d"),
        ("collection", "c"),
        ("file", "b"),
        ("file", "a"),
        ("record", "02500"),
    ]
    assert "loan" not in {row["type"] for row in found}


def test_rows_by_user(rest: FlaskClient, totals: StatsState) -> None:
    found = rows(rest.get("/api/reports/metrics/files_by_user"))
    assert [(row["user_id"], row["user"], row["downloads"]) for row in found] == [
        ("u2", "", "3"),
        ("u1", "Ann", "2"),
    ]


def test_sort_limit_and_json(rest: FlaskClient, totals: StatsState) -> None:
    accept = {"Accept": "application/json"}
    url = "/api/reports/metrics/records?sort=id&limit=2"
    answer = rest.get(url, headers=accept).get_json()
    assert [row["id"] for row in answer["rows"]] == ["00001", "00002"]
    assert (answer["count"], answer["sort"], answer["limit"]) == (2, "id", 2)
    lines = rest.get(url, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line) for line in lines] == answer["rows"]


def test_a_report_may_come_compressed(rest: FlaskClient, totals: StatsState) -> None:
    plain = rest.get("/api/reports/metrics/records")
    packed = rest.get("/api/reports/metrics/records", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/api/reports/metrics/folders", 404, "unknown_query"),
        ("/api/reports/metrics?from=2024-02-01&to=2024-01-01", 400, "bad_window"),
        ("/api/reports/metrics?limit=-1", 400, "out_of_range"),
        ("/api/reports/metrics?limit=1&limit=2", 400, "bad_format"),
        ("/api/stats/breakdown", 400, "missing"),
        ("/api/stats/breakdown?by=country&metric=unique_views", 400, "out_of_range"),
    ],
)
def test_bad_input(rest: FlaskClient, url: str, status: int, code: str) -> None:
    response = rest.get(url)
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)


def used(event: str, day: str, resource: str, count: int, **more: Any) -> dict[str, Any]:
    last = f"{day}T10:00:00.000Z" if count else None
    return daily.document(
        event, day, resource, count=count, **more, **({"last": last} if last else {})
    )


@pytest.fixture
def days(rest_state: StatsState) -> StatsState:
    """Three days of a file and a record, in two months."""
    inside = {"parents": ["collection:c1", "dataset:d1"]}
    daily.write(
        rest_state.stores.search,
        [
            used("file-download", "2024-01-30", "file:f1", 4, volume=40, **inside),
            used("file-download", "2024-01-31", "file:f1", 2, volume=20, **inside),
            used("file-download", "2024-02-01", "file:f1", 1, volume=10, **inside),
            used("file-download", "2024-01-31", "file:f2", 3, volume=30),
            used(
                "file-download", "2024-01-31", "dataset:d1", 2, volume=20, parents=["collection:c1"]
            ),
            used("file-download", "2024-01-31", "collection:c1", 2, volume=20),
            used(
                "file-download",
                "2024-01-31",
                "site:all",
                5,
                volume=50,
                breakdown={"country": [["CH", 4, 3, 45], ["ZZ", 1, 1, 5]]},
            ),
            used("record-view", "2024-01-31", "file:f1", 9),
            used("record-view", "2024-01-31", "file:quiet", 0, excluded_count=5),
        ],
    )
    return rest_state


def test_a_window_reports_what_happened_in_it(rest: FlaskClient, days: StatsState) -> None:
    response = rest.get("/api/reports/metrics/files?from=2024-01-31&to=2024-01-31")
    found = rows(response)
    assert [(r["id"], r["views"], r["downloads"]) for r in found] == [
        ("f2", "0", "3"),
        ("f1", "9", "2"),
    ]
    assert found[1]["last_downloaded"] == "2024-01-31T10:00:00.000Z"
    assert response.headers["X-Stats-Rows"] == "2"


def test_a_window_without_use_has_a_header_alone(rest: FlaskClient, days: StatsState) -> None:
    response = rest.get("/api/reports/metrics/files?from=2030-01-01")
    assert (rows(response), response.headers["X-Stats-Rows"]) == ([], "0")


def test_what_has_no_parent_is_in_the_breakdown_too(rest: FlaskClient, days: StatsState) -> None:
    url = "/api/stats/breakdown?by=collection&from=2024-01-31&to=2024-01-31"
    answer = rest.get(url).get_json()
    assert [(b["key"], b["value"]) for b in answer["buckets"]] == [("", 3), ("collection:c1", 2)]
    assert answer["total"] == 5
    text = rest.get(url.replace("breakdown", "breakdown.csv")).text
    assert text == "key,title,value\r\n,,3\r\ncollection:c1,,2\r\n"


def test_within_a_collection(rest: FlaskClient, days: StatsState) -> None:
    url = "/api/stats/breakdown?by=file&within=collection:c1&metric=volume"
    answer = rest.get(url + "&from=2024-01-31&to=2024-01-31").get_json()
    assert [(b["key"], b["value"]) for b in answer["buckets"]] == [("file:f1", 20)]
    assert answer["total"] == 20


def test_by_country(rest: FlaskClient, days: StatsState) -> None:
    answer = rest.get("/api/stats/breakdown?by=country").get_json()
    assert [(b["key"], b["value"]) for b in answer["buckets"]] == [("CH", 4), ("ZZ", 1)]
    assert (answer["total"], answer["within"]) == (5, "site:all")


def test_a_slip_of_the_pen_is_no_breakdown(rest: FlaskClient, days: StatsState) -> None:
    refused = rest.get("/api/stats/breakdown?by=sample")
    assert refused.status_code == 400
    assert refused.get_json()["error"]["field"] == "by"
    days.stores.resources.describe([Description("sample:1", {"title": "S"}, VIEWED)])
    assert rest.get("/api/stats/breakdown?by=sample").get_json()["total"] == 5
    days.stores.totals.write([total("probe:1", 1, 0)], ticket=1)
    assert rest.get("/api/stats/breakdown?by=probe").get_json()["total"] == 5
    assert rest.get("/api/stats/breakdown?by=prob").status_code == 400


@pytest.mark.parametrize("by", ["space", "country", "file"])
def test_a_breakdown_of_nothing_is_empty(rest: FlaskClient, days: StatsState, by: str) -> None:
    answer = rest.get(f"/api/stats/breakdown?by={by}&within=space:s").get_json()
    assert (answer["buckets"], answer["total"]) == ([], 0)


def last_month(now: datetime) -> datetime:
    return (now.replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture
def counted(rest_state: StatsState) -> str:
    """Usage in the last whole month, all of it counted; returns the month."""
    now = datetime.now(UTC)
    month = f"{last_month(now):%Y-%m}"
    search = rest_state.stores.search
    documents = [
        usage_document("dataset:b", f"{month}-02", {"regular": [3, 2, 1, 1, 10]}, country="CH"),
        usage_document("dataset:a", f"{month}-03", {"regular": [2, 2, 0, 0, 0]}),
        usage_document("dataset:b", f"{month}-05", {"machine": [9, 1, 9, 1, 90]}),
        usage_document("file:f", f"{month}-05", {"regular": [9, 1, 9, 1, 90]}),
    ]
    search.bulk(
        [
            Action("index", search.daily("usage", d["timestamp"][:7]), document_id(str(n)), d)
            for n, d in enumerate(documents)
        ]
    )
    search.refresh(search.daily("usage"))
    rest_state.stores.bookmarks.move_found(now)
    return month


def ask(rest: FlaskClient, path: str, **given: str) -> Any:
    return rest.get(f"/api/counter/r51/{path}", query_string={"customer_id": WORLD, **given})


def test_an_item_report(rest: FlaskClient, counted: str) -> None:
    response = ask(rest, "reports/ir", begin_date=counted, end_date=counted)
    body = response.get_json()
    (entry,) = body["Report_Items"]
    assert "Exceptions" not in body["Report_Header"]
    assert [item["Item_ID"]["Proprietary"] for item in entry["Items"]] == [
        "repository:dataset:a",
        "repository:dataset:b",
    ]
    performance = entry["Items"][1]["Attribute_Performance"][0]["Performance"]
    assert performance["Total_Item_Investigations"] == {counted: 3}
    assert b" " not in response.data.replace(b"Item Report", b"").replace(b"The World", b"")


def test_a_platform_report_as_a_table(rest: FlaskClient, counted: str) -> None:
    response = rest.get(
        "/api/counter/r51/reports/pr",
        query_string={"customer_id": WORLD, "begin_date": counted, "end_date": counted},
        headers={"Accept": "text/tab-separated-values"},
    )
    assert response.content_type == "text/tab-separated-values; charset=utf-8"
    lines = response.text.split("\n")
    assert lines[15].split("\t") == ["repository", "Dataset", "Total_Item_Investigations", "5", "5"]


def test_a_dataset_report(rest: FlaskClient, counted: str) -> None:
    body = ask(rest, "reports/dsr", begin_date=counted, end_date=counted, x="y").get_json()
    assert [e["code"] for e in body["report-header"]["exceptions"]] == [3050]
    instances = body["report-datasets"][1]["performance"][0]["instance"]
    assert {(i["access-method"], i["metric-type"], i["count"]) for i in instances} >= {
        ("regular", "total-dataset-investigations", 3),
        ("machine", "total-dataset-requests", 9),
    }


@pytest.mark.parametrize("path", ["members", "reports", "reports/pr", "reports/dsr"])
@pytest.mark.parametrize("name", ["customer_id", "api_key", "requestor_id"])
def test_who_asks_is_said_once(rest: FlaskClient, path: str, name: str) -> None:
    asked = {"customer_id": WORLD, "begin_date": "2024-01", "end_date": "2024-01"}
    response = rest.get(f"/api/counter/r51/{path}", query_string=asked | {name: [WORLD, WORLD]})
    found = response.get_json()
    assert (response.status_code, found["Code"]) == (400, 1030)
    assert found["Data"] == f"given more than once: {name}"


@pytest.mark.parametrize("path", ["pr", "ir", "dsr"])
def test_dates_and_filters_are_said_once(rest: FlaskClient, counted: str, path: str) -> None:
    asked = {"customer_id": WORLD, "begin_date": counted, "end_date": counted}
    address = f"/api/counter/r51/reports/{path}"
    refused = rest.get(address, query_string=asked | {"begin_date": [counted, counted]})
    assert (refused.status_code, refused.get_json()["Code"]) == (400, 3020)
    remarked = rest.get(address, query_string=asked | {"platform": ["repository", "other"]})
    head = remarked.get_json()
    text = str(head.get("Report_Header") or head.get("report-header"))
    assert remarked.status_code == 200
    assert "3060" in text
    assert "platform is given more than once" in text
    broken = rest.get(f"{address}?platform=%ff", query_string=None)
    assert (broken.status_code, broken.get_json()["Code"]) == (400, 1030)


def test_the_lists(rest: FlaskClient, counted: str) -> None:
    (service,) = rest.get("/api/counter/r51/status").get_json()
    assert service["Service_Active"] is True
    (member,) = ask(rest, "members").get_json()
    assert (member["Institution_Name"], member["Customer_ID"]) == ("The World", WORLD)
    listed = ask(rest, "reports").get_json()
    assert [r["Report_ID"] for r in listed] == ["PR", "PR_P1", "IR", "IR_A1", "IR_M1"]
    assert {r["Release"] for r in listed} == {"5.1"}
    for schema, answer in (
        (STATUS, [service]),
        (MEMBERS, [member]),
        (REPORT_LIST, listed),
    ):
        Draft202012Validator(schema).validate(answer)
    assert {r["First_Month_Available"] for r in listed} == {counted}
    assert {r["Last_Month_Available"] for r in listed} == {counted}


@pytest.mark.parametrize("path", ["members", "reports", "reports/ir", "reports/dsr"])
@pytest.mark.parametrize(
    ("given", "status", "code"),
    [({}, 400, 1030), ({"customer_id": ""}, 400, 1030), ({"customer_id": "1"}, 403, 2010)],
)
def test_the_customer_is_the_world(
    rest: FlaskClient, path: str, given: dict[str, str], status: int, code: int
) -> None:
    dates = {"begin_date": "2024-01", "end_date": "2024-01"}
    response = rest.get(f"/api/counter/r51/{path}", query_string=dates | given)
    assert (response.status_code, response.get_json()["Code"]) == (status, code)
    Draft202012Validator(EXCEPTION).validate(response.get_json())


@pytest.fixture
def stranger(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Nobody in particular, who has to say who they are."""
    for name in stats_namespace.as_config():  # the environment is over the configuration
        monkeypatch.delenv(name, raising=False)
    return create_app(stats_namespace.as_config()).test_client()


@pytest.mark.parametrize(
    ("given", "status", "code", "message"),
    [
        ({}, 400, 1030, "Insufficient Information to Process Request"),
        ({"api_key": "wrong"}, 401, 2020, "APIKey Invalid"),
        ({"requestor_id": "wrong"}, 401, 2000, "Requestor Not Authorized to Access Service"),
        ({"requestor_id": "wrong", "api_key": "wrong"}, 401, 2020, "APIKey Invalid"),
    ],
)
@pytest.mark.parametrize("path", ["members", "reports", "reports/pr", "reports/dsr"])
def test_a_token_is_needed(
    stranger: FlaskClient,
    path: str,
    given: dict[str, str],
    status: int,
    code: int,
    message: str,
) -> None:
    assert stranger.get("/api/counter/r51/status").status_code == 200
    dates = {"begin_date": "2024-01", "end_date": "2024-01"}
    response = ask(stranger, path, **dates, **given)
    found = response.get_json()
    assert (response.status_code, found["Code"], found["Message"]) == (status, code, message)


def test_what_is_missing_comes_before_what_is_wrong(stranger: FlaskClient) -> None:
    response = ask(stranger, "reports/ir", api_key="wrong", begin_date="2024-01")
    assert (response.status_code, response.get_json()["Data"]) == (400, "missing: end_date")


def test_exceptions_over_http(rest: FlaskClient, counted: str) -> None:
    refused = ask(rest, "reports/pr", begin_date="2024-02", end_date="2024-01")
    assert refused.status_code == 400
    assert refused.get_json() == {
        "Code": 3020,
        "Message": "Invalid Date Arguments",
        "Data": "end_date is before begin_date",
    }
    remarked = ask(rest, "reports/pr", begin_date=counted, end_date=counted, colour="red")
    assert remarked.get_json()["Report_Header"]["Exceptions"] == [
        {"Code": 3050, "Message": "Parameter Not Recognized in this Context", "Data": "colour"}
    ]
    assert ask(rest, "reports/tr").status_code == 404
    assert ask(rest, "nothing").status_code == 404


def test_an_engine_that_is_down_is_no_report(
    rest: FlaskClient, rest_state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("Elasticsearch", "10.0.0.7 is gone")

    monkeypatch.setattr(rest_state.stores.search, "search", gone)
    monkeypatch.setattr(rest_state.stores.search, "ping", gone)
    response = ask(rest, "reports/pr", begin_date="2024-01", end_date="2024-01")
    assert (response.status_code, response.get_json()["Code"]) == (503, 1000)
    assert int(response.headers["Retry-After"]) > 0
    assert response.get_json()["Data"] == "Elasticsearch does not answer"  # and not where it is
    plain = rest.get("/api/reports/metrics/files?from=2024-01-01")
    assert (plain.status_code, plain.get_json()["error"]["code"]) == (503, "unavailable")
    (service,) = rest.get("/api/counter/r51/status").get_json()
    assert service["Service_Active"] is False
    assert service["Alerts"][0]["Alert"] == "Elasticsearch does not answer"


def test_json_ld_of_totals(rest: FlaskClient, totals: StatsState) -> None:
    response = rest.get("/api/stats/totals/file:a", headers={"Accept": "application/ld+json"})
    assert response.content_type == "application/ld+json"
    body = response.get_json()
    assert (body["@type"], body["name"]) == ("MediaObject", "=A")
    counts = [s["userInteractionCount"] for s in body["interactionStatistic"]]
    assert counts == [1, 5]


@pytest.mark.parametrize("breaks", [True, False])
def test_a_download_that_is_cut_off_is_seen(breaks: bool) -> None:
    """On a real server: an error behind the first chunk leaves the last one out."""
    app = Flask(__name__)

    def chunks() -> Iterator[bytes]:
        yield b"a" * 100_000
        if breaks:
            raise StoreUnavailable("MongoDB", "gone")
        yield b"b"

    @app.get("/")
    def view() -> Response:
        return stream_response(request, chunks(), content_type="text/plain")

    server = create_server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=20)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.headers["Transfer-Encoding"] == "chunked"
        if breaks:
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        else:
            assert answer.read() == b"a" * 100_000 + b"b"
    finally:
        server.close()
        thread.join(10)
