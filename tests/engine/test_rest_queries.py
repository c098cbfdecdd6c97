"""Named queries over HTTP: both protocols, JSON and CSV, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from stats.engines.namespace import Namespace
from stats.events.types import Dimension
from stats.ext import StatsState
from stats.kinds.types import Kind
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import EPOCH, utc_now
from stats.views.schemas import QUERY_LIST
from tests.engine.daily import document, write

DAY = "2025-01-02"


@pytest.fixture
def written(rest_state: StatsState) -> StatsState:
    countries = {"country": [["CH", 2, 1, 20], ["ZZ", 1, 1, 10]]}
    numbers = {"count": 3, "unique_count": 2, "volume": 30, "excluded_count": 4}
    write(
        rest_state.stores.search,
        [
            document("record-view", DAY, "record:a/b c", **numbers, breakdown=countries),
            document("record-view", DAY, "site:all", count=99),
        ],
    )
    rest_state.stores.resources.describe(
        [Description("record:a/b c", {"title": '=SUM("1")', "url": "/r"}, EPOCH)]
    )
    return rest_state


def error_of(answer: Any) -> tuple[int, str, str]:
    error = answer.json["error"]
    assert set(error) == {"code", "message", "field"}
    assert error["message"]
    return answer.status_code, error["code"], error["field"]


def test_one_query_by_get(rest: FlaskClient, written: StatsState) -> None:
    answer = rest.get(
        "/api/stats/record-view-histogram?resource=record%3Aa%2Fb%20c&from=2025-01-01&to=2025-01-02"
    )
    assert answer.json == {
        "query": "record-view-histogram",
        "resource": "record:a/b c",
        "from": "2025-01-01",
        "to": "2025-01-02",
        "interval": "day",
        "source": "all",
        "buckets": [
            {"date": "2025-01-01", "count": 0, "unique_count": 0, "volume": 0},
            {"date": "2025-01-02", "count": 3, "unique_count": 2, "volume": 30},
        ],
        "total": {"count": 3, "unique_count": 2, "volume": 30},
        "since": "2025-01-02",
        "counted_until": None,
    }
    again = rest.get(answer.request.url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/stats/record-view-histogram.csv", None),
        ("/api/stats/record-view-histogram", "text/csv"),
        ("/api/stats/record-view-histogram", "application/json;q=0.5, text/csv"),
    ],
)
def test_as_csv(rest: FlaskClient, written: StatsState, path: str, accept: str | None) -> None:
    asked = {"resource": "record:a/b c", "from": "2025-01-01", "to": "2025-01-02"}
    answer = rest.get(path, query_string=asked, headers={"Accept": accept} if accept else {})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith(
        '"record-view-histogram_record-a-b-c_2025-01-01_2025-01-02.csv"'
    )
    assert answer.get_data(as_text=True) == (
        "date,count,unique_count\r\n2025-01-01,0,0\r\n2025-01-02,3,2\r\n"
    )
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "text/*;q=0.1, */*"])
def test_json_is_what_everybody_else_gets(rest: FlaskClient, accept: str) -> None:
    answer = rest.get("/api/stats/record-view-total?resource=record:r1", headers={"Accept": accept})
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("record-view-total", "resource=record:a/b c", "3,2,4\r\n"),
        (
            "record-view-by",
            "resource=record:a/b c&breakdown=country",
            "CH,2,1,Switzerland\r\nZZ,1,1,Unknown Region\r\n",
        ),
        (
            "record-view-top",
            "kind=record",
            'record:a/b c,"\'=SUM(""1"")",/r,3,2\r\n',
        ),
        ("top", "kind=record", 'record:a/b c,"\'=SUM(""1"")",/r,3,3,2,0,0,0\r\n'),
        ("record-view", "recid=a/b c", ",,a/b c,,3,2\r\n"),
        ("file-download-by", "resource=record:a/b c&breakdown=country", ""),
    ],
)
def test_every_kind_of_answer_is_a_table(
    rest: FlaskClient, written: StatsState, name: str, query: str, expected: str
) -> None:
    text = rest.get(f"/api/stats/{name}.csv?{query}").get_data(as_text=True)
    header, _, rows = text.partition("\r\n")
    named = ["title"] if "country" in query else []
    assert header.split(",") == [*written.queries[name].columns, *named]
    assert rows == expected


def test_several_queries_in_the_protocol_of_invenio_stats(
    rest: FlaskClient, written: StatsState
) -> None:
    answer = rest.post(
        "/api/stats",
        json={
            "views": {"stat": "record-view", "params": {"recid": "a/b c"}},
            "all of it": {"stat": "record-view-total", "params": {"resource": "site:all"}},
            "top": {"stat": "top"},
        },
    )
    assert answer.status_code == 200
    assert set(answer.json) == {"views", "all of it", "top"}
    assert answer.json["views"] == {
        "start_date": None,
        "end_date": None,
        "recid": "a/b c",
        "parent_recid": None,
        "views": 3,
        "unique_views": 2,
        "counted_until": None,
    }
    assert answer.json["all of it"]["total"]["count"] == 99
    assert [row["resource"] for row in answer.json["top"]["buckets"]] == ["record:a/b c"]
    assert rest.post("/api/stats", json={}).json == {}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "not_json", ""),
        (b"{", "not_json", ""),
        (b"[]", "wrong_type", ""),
        (b"7", "wrong_type", ""),
        (b'{"a": null}', "bad_format", "a"),
        (b'{"a": {}}', "bad_format", "a"),
        (b'{"a": {"params": {}}}', "bad_format", "a"),
        (b'{"a": {"stat": "top", "param": {}}}', "bad_format", "a"),
        (b'{"a": {"stat": "nope"}}', "unknown_query", "stat"),
        (b'{"a": {"stat": 7}}', "unknown_query", "stat"),
        (b'{"a": {"stat": ["top"]}}', "unknown_query", "stat"),
        (b'{"a": {"stat": "top", "params": [1]}}', "wrong_type", "params"),
        (b'{"a": {"stat": "top", "params": {"size": "x"}}}', "wrong_type", "size"),
        (b'{"a": {"stat": "top", "params": {"nope": 1}}}', "unknown_parameter", "nope"),
        (b'{"a": {"stat": "top", "params": {"kind": {"$ne": 1}}}}', "wrong_type", "kind"),
    ],
)
def test_what_a_post_is_refused_for(rest: FlaskClient, body: bytes, code: str, field: str) -> None:
    answer = rest.post("/api/stats", data=body, content_type="application/json")
    assert error_of(answer) == (400, code, field)


def test_totals_are_read_beside_queries(rest: FlaskClient, rest_state: StatsState) -> None:
    row = {"_id": "record:r1", "views": 12, "unique_views": 9}
    rest_state.stores.totals.write([row], ticket=1)
    refs = ["record:r1", "record:r2"]
    asked = {"all": {"totals": refs}, "one": {"stat": "top", "params": {"kind": "record"}}}
    answers = rest.post("/api/stats", json=asked).json
    assert answers["all"] == rest.get("/api/stats/totals", query_string={"ref": refs}).json
    assert [answers["all"][ref]["views"] for ref in refs] == [12, 0]
    assert answers["one"]["buckets"] == []
    for wrong in ("record:r1", [1], None):
        answer = rest.post("/api/stats", json={"a": {"totals": wrong}})
        assert error_of(answer) == (400, "wrong_type", "totals")


def test_too_many_queries_at_once(rest: FlaskClient) -> None:
    body = {str(n): {"stat": "top"} for n in range(101)}
    assert error_of(rest.post("/api/stats", json=body)) == (422, "too_large", "")


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("nope", 404, "unknown_query", ""),
        ("nope.csv", 404, "unknown_query", ""),
        ("record-view-total", 400, "missing", "resource"),
        ("record-view-total?resource=r1", 400, "bad_format", "resource"),
        ("record-view-total?resource=a:b&resource=a:c", 400, "bad_format", "resource"),
        ("record-view-total?resource=a:b&interval=day", 400, "unknown_parameter", "interval"),
        ("record-view-total?resource=a:b&from=tomorrow", 400, "bad_format", "from"),
        (
            "record-view-total?resource=a:b&from=2025-01-02&to=2025-01-01",
            400,
            "bad_window",
            "to",
        ),
        ("record-view-histogram?resource=a:b&interval=hour", 400, "bad_format", "interval"),
        ("record-view-histogram?resource=a:b&from=1900-01-01", 400, "out_of_range", "interval"),
        ("record-view-top?size=1001", 400, "out_of_range", "size"),
        ("top?metric=likes", 400, "bad_format", "metric"),
        ("top?kind=recrod", 400, "bad_format", "kind"),
    ],
)
def test_what_a_get_is_refused_for(
    rest: FlaskClient, path: str, status: int, code: str, field: str
) -> None:
    assert error_of(rest.get(f"/api/stats/{path}")) == (status, code, field)


def test_a_kind_that_nobody_declared_is_taken_once_something_is_of_it(
    rest: FlaskClient, rest_state: StatsState
) -> None:
    slip = rest.get("/api/stats/top?kind=recrod").json["error"]["message"]
    assert slip == "nothing is of kind 'recrod'; did you mean 'record'?"
    assert error_of(rest.get("/api/stats/top?kind=faculty")) == (400, "bad_format", "kind")
    described = Description("faculty:law", {"title": "Law"}, utc_now())
    rest_state.stores.resources.describe([described])
    rest_state.stores.totals.write([{"_id": "house:1", "kind": "house", "views": 1}], ticket=1)
    for kind in ("faculty", "house", "loan"):
        answer = rest.get(f"/api/stats/top?kind={kind}")
        assert answer.status_code == (400 if kind == "loan" else 200)


def test_the_list_of_queries_says_how_each_is_asked(rest: FlaskClient) -> None:
    queries = {query["name"]: query for query in rest.get("/api/stats").json["queries"]}
    top = queries["top"]
    assert top["url"] == "/api/stats/top"
    assert {p["name"] for p in top["parameters"]} == {
        "kind",
        "metric",
        "within",
        "from",
        "to",
        "size",
        "source",
        "deleted",
        "window",
        "compare",
        "sort",
    }
    total = queries["record-view-total"]["parameters"][0]
    assert (total["name"], total["required"], total["default"]) == ("resource", True, None)


def test_the_list_says_what_kinds_and_dimensions_there_are_and_a_hosts_own() -> None:
    institute = Kind("institute", labels={"en": "Institute|Institutes"}, ranks="record")
    faculty = Dimension("faculty", source="extra.faculty", values={"sci": {"fr": "Sciences"}})
    settings = {"STATS_KINDS": [institute], "STATS_DIMENSIONS": [faculty]}
    answer = create_app(settings).test_client().get("/api/stats").json
    assert answer
    Draft202012Validator(QUERY_LIST).validate(answer)
    kinds = {kind["name"]: kind for kind in answer["kinds"]}
    assert kinds["dataset"]["types"] == ["dataset-view", "dataset-download", "file-download"]
    assert kinds["dataset"]["labels"]["fr"] == "Jeu de données|Jeux de données"
    assert kinds["institute"] == {
        "name": "institute",
        "labels": {"en": "Institute|Institutes"},
        "types": [],
        "container": True,
        "ranks": "record",
    }
    dimensions = {dimension["name"]: dimension for dimension in answer["dimensions"]}
    assert dimensions["country"]["labels"]["de"] == "Länder"
    assert dimensions["faculty"] == {
        "name": "faculty",
        "labels": {},
        "values": {"sci": {"fr": "Sciences"}},
    }


def test_routing_errors_have_the_same_shape(rest: FlaskClient) -> None:
    assert error_of(rest.get("/api/nothing")) == (404, "not_found", "")
    assert error_of(rest.get("/nothing")) == (404, "not_found", "")
    refused = rest.delete("/api/stats")
    assert error_of(refused) == (405, "method_not_allowed", "")
    assert "POST" in refused.headers["Allow"]
    large = rest.post("/api/stats", data=b" " * (16 * 1024 * 1024 + 1))
    assert error_of(large) == (413, "too_large", "")


def test_a_bug_is_a_plain_500(rest_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(StatsState, "query", fail)
    answer = rest_app.test_client().get("/api/stats/top")
    assert error_of(answer) == (500, "internal", "")
    assert b"secret" not in answer.data


class Denied:
    def can(self) -> bool:
        return False


def test_a_host_may_refuse_a_query_with_its_parameters(
    stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def factory(query: str, params: dict[str, object]) -> Denied | None:
        asked.append((query, params))
        return Denied() if params.get("resource") == "record:secret" else None

    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    config = {**stats_namespace.as_config(), "STATS_PERMISSION_FACTORY": factory}
    client = create_app(config).test_client()
    path = "/api/stats/record-view-total"
    assert client.get(f"{path}?resource=record:r1").status_code == 200
    refused = client.get(f"{path}?resource=record:secret")
    assert error_of(refused) == (401, "unauthenticated", "")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    body = {"a": {"stat": "record-view-total", "params": {"resource": "record:secret"}}}
    assert client.post("/api/stats", json=body).status_code == 401
    assert asked[1] == ("record-view-total", {"resource": "record:secret"})


def test_an_engine_that_is_down_is_a_503_that_says_when_to_come_back(
    stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    config = {
        **stats_namespace.as_config(),
        "STATS_ELASTICSEARCH_URL": "http://127.0.0.1:9",
        "STATS_CONNECT_TIMEOUT": 1,
    }
    client = create_app(config).test_client()
    answer = client.get("/api/stats/record-view-total?resource=record:r1")
    assert error_of(answer) == (503, "unavailable", "")
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/api/stats/totals/record:r1").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (503, "not_ready")
    assert ready.json["engines"]["elasticsearch"]["ok"] is False
    assert ready.json["engines"]["mongo"] == {"ok": True}
    assert 'stats_engine_up{engine="elasticsearch"} 0' in client.get("/metrics").text
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_comparison_before_any_count_says_so_in_json_and_csv(rest: FlaskClient) -> None:
    asked = "/api/stats/record-view-total{}?resource=record:r1&from=2025-01-01&to=2025-01-02{}"
    answer = rest.get(asked.format("", "&compare=previous")).json
    assert answer["comparison"]["reason"] == answer["total"]["reason"] == "no_whole_day"
    header, row = rest.get(asked.format(".csv", "&compare=previous")).text.splitlines()
    assert header.endswith(
        "compared_count,basis_count,change_count,percent_count,"
        "compared_unique_count,basis_unique_count,change_unique_count,"
        "percent_unique_count,reason"
    )
    assert row.endswith("no_whole_day")
    for given, field in (("&compare=week", "compare"), ("&window=lastmonth", "window")):
        refused = rest.get(asked.format("", given))
        assert (refused.status_code, refused.json["error"]["field"]) == (400, field)
