"""Descriptions, health, metrics, the OpenAPI document and the first page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.permissions import COMMAND_LINE
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.reports.tables import TABLE_FORMS
from stats.stores.resources import Description
from stats.times import EPOCH, UTC, utc_now
from stats.views.openapi import list_routes, path_of
from tests.engine.daily import document, write


def test_a_description_sets_what_it_names(rest: FlaskClient, rest_state: StatsState) -> None:
    path = "/api/resources/record%3Aa%2F%2Fb"
    first = rest.put(
        path,
        json={
            "title": "T",
            "parents": ["community:c", "community:c"],
            "created": "2024-01-02T03:04:05+01:00",
            "size": 7,
            "owner": "Ann",
            "status": "ok",
        },
    )
    assert (first.status_code, first.json) == (200, {"accepted": 1, "rejected": []})
    rest.put(path, json={"owner": None, "title": "U"})
    known = rest_state.stores.resources.read(["record:a//b"])["record:a//b"]
    assert utc_now() - known.pop("described_at") < timedelta(minutes=1)
    assert known == {
        "_id": "record:a//b",
        "kind": "record",
        "id": "a//b",
        "title": "U",
        "parents": ["community:c"],
        "created": datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC),
        "size": 7,
        "status": "ok",
    }


def test_many_descriptions_and_one_bad_line(rest: FlaskClient, rest_state: StatsState) -> None:
    lines = ['{"resource": "file:1", "title": "one"}', "", "not json", '{"resource": "file:2"}']
    answer = rest.post("/api/resources", data="\n".join([*lines, '{"title": "x"}']))
    assert answer.status_code == 200
    assert answer.json["accepted"] == 2
    assert [(r["index"], r["code"], r["field"]) for r in answer.json["rejected"]] == [
        (1, "not_json", ""),
        (3, "missing", "resource"),
    ]
    assert set(rest_state.stores.resources.read(["file:1", "file:2"])) == {"file:1", "file:2"}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"title": 7}, "wrong_type", "title"),
        ({"owner": "x" * 1025}, "too_long", "owner"),
        ({"url": "javascript:alert(1)"}, "bad_format", "url"),
        ({"access": "secret"}, "bad_format", "access"),
        ({"parents": ["x"]}, "bad_format", "parents"),
        ({"size": -1}, "out_of_range", "size"),
        ({"created": "soon"}, "bad_format", "created"),
        ({"views": 7}, "unknown_field", "views"),
        ({"_id": "x"}, "unknown_field", "_id"),
        ([], "wrong_type", ""),
    ],
)
def test_a_bad_description_is_refused(
    rest: FlaskClient, body: object, code: str, field: str
) -> None:
    answer = rest.put("/api/resources/record:r1", json=body)
    assert answer.status_code == 400
    assert (answer.json["error"]["code"], answer.json["error"]["field"]) == (code, field)
    if isinstance(body, dict):
        alone = rest.post("/api/resources", json={"resource": "record:r1", **body})
        assert alone.status_code == 400


def test_health(rest: FlaskClient, rest_state: StatsState, stats_namespace: Namespace) -> None:
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    assert rest.get("/healthz").json == {"status": "ok"}
    ready = rest.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")
    assert all(engine == {"ok": True} for engine in ready.json["engines"].values())
    assert "stats_counted_until_seconds" not in rest.get("/metrics").text
    rest_state.stores.bookmarks.move_found(datetime(2025, 1, 1, tzinfo=UTC))
    rest_state.stores.day_claims.mark_days([datetime(2025, 1, 1).date()], since=utc_now())
    text = rest.get("/metrics").text
    assert "stats_days_waiting 1\n" in text
    assert "stats_counted_until_seconds 1735689600\n" in text
    assert 'stats_dead_letters{code="none"} 0\n' in text
    assert 'stats_queue_messages{type="record-view"} 0\n' in text
    for line in text.splitlines():
        assert line.startswith("# ") or len(line.rsplit(" ", 1)) == 2


TAKES_ANYTHING = ("stats_health.", "stats_counter.", ".script", ".chunk", ".client")
"""Probes, scripts (whose addresses get versions), and COUNTER, which remarks on what it ignores."""


def test_every_route_refuses_a_parameter_that_it_does_not_know(rest_app: Flask) -> None:
    words = {"ref": "record:r1", "name": "top", "rest": "no-page"}
    client = rest_app.test_client()
    for rule in list_routes(rest_app):
        if any(part in rule.endpoint for part in TAKES_ANYTHING):
            continue
        path = path_of(rule).format(**words)
        path = path.replace("metrics/top", "metrics/files")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for query in ("nope=1", "nope=1&nope=2", "x=%ff"):
                answer = client.open(f"{path}?{query}", method=method, json={})
                assert answer.status_code == 400, f"{method} {path}?{query}"
                assert "nope" in answer.text or "UTF-8" in answer.text or "svg" in answer.text


def test_the_openapi_document_is_valid_and_complete(rest_app: Flask) -> None:
    found = rest_app.test_client().get("/api/openapi.json").json
    OpenAPIV31SpecValidator(found).validate()
    routes = {
        (path_of(rule), method.lower())
        for rule in list_routes(rest_app)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {(path, method) for path, item in found["paths"].items() for method in item}
    queries = {query["url"] for query in rest_app.test_client().get("/api/stats").json["queries"]}
    assert routes <= documented
    tables = {f"{path}.{form}" for path in queries for form in TABLE_FORMS}
    reports = {f"/api/counter/r51/reports/{name}" for name in COUNTER_REPORTS}
    tables |= {f"{path}.tsv" for path in reports}
    assert {path for path, _ in documented - routes} == queries | tables | reports
    for path, item in found["paths"].items():
        for operation in item.values():
            assert operation["summary"], path


ANSWERS = [
    ("/api/stats/record-view-histogram", "resource=record:r1"),
    ("/api/stats/store-size-histogram", "resource=record:r1"),
    ("/api/stats/record-view-total", "resource=record:r1"),
    ("/api/stats/record-view-by", "resource=record:r1&breakdown=country"),
    ("/api/stats/record-view-top", "kind=record"),
    ("/api/stats/top", "metric=views"),
    ("/api/stats/record-view", "recid=r1"),
    ("/api/stats/totals/{ref}", ""),
    ("/api/stats/totals", "ref=record:r1&ref=record:r2"),
]


@pytest.mark.parametrize(("path", "query"), ANSWERS)
def test_answers_are_as_the_openapi_document_says(
    rest: FlaskClient, rest_state: StatsState, path: str, query: str
) -> None:
    document_ = rest.get("/api/openapi.json").json
    row = document(
        "record-view", "2025-01-02", "record:r1", count=3, breakdown={"country": [["CH", 3, 1, 0]]}
    )
    write(rest_state.stores.search, [row])
    operation = document_["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document_["components"]}
    answer = rest.get(f"{path.format(ref='record:r1')}?{query}")
    assert answer.status_code == 200
    Draft202012Validator(whole).validate(answer.json)
    errors = {"$ref": "#/components/schemas/ErrorAnswer", "components": document_["components"]}
    Draft202012Validator(errors).validate(rest.get("/api/stats/nope").json)


VALUES = {
    "{ref}": "record:r1",
    "/{name}": "/record",
    **dict.fromkeys(("resource", "ref"), "record:r1"),
    **dict.fromkeys(("by", "breakdown"), "country"),
    **dict.fromkeys(("recid", "parent_recid"), "r1"),
    **{"kind": "record", "user": "u1"},
}


def test_304_is_declared_where_it_is_answered(
    rest_app: Flask, rest: FlaskClient, rest_state: StatsState
) -> None:
    rest_state.init()
    rest_app.config["IDENTITY"] = COMMAND_LINE
    asked = 0
    for path, item in rest.get("/api/openapi.json").json["paths"].items():
        if "get" not in item:
            continue
        needed = [p["name"] for p in item["get"]["parameters"] if p.get("required")]
        query = {name: VALUES[name] for name in needed if name in VALUES}
        url = path.replace("{ref}", VALUES["{ref}"]).replace("/{name}", VALUES["/{name}"])
        tag = rest.get(url, query_string=query).headers.get("ETag", "none")
        again = rest.get(url, query_string=query, headers={"If-None-Match": tag})
        if again.status_code in (200, 304) and path != "/api/stats/changed":  # its next moves on
            asked += 1
            declared = "304" in item["get"]["responses"]
            assert (again.status_code == 304) == declared, url
    assert asked > 200


def test_the_first_page(rest: FlaskClient, rest_state: StatsState) -> None:
    empty = rest.get("/stats/")
    assert "Nothing has been counted yet" in empty.text
    assert "Nothing in this window." in empty.text
    today = utc_now().date().isoformat()
    row: dict[str, Any] = {"count": 1234, "unique_count": 1000}
    write(
        rest_state.stores.search,
        [
            document("record-view", today, "record:<b>", **row),
            document("record-view", today, "record:r2", **row),
            document("record-view", today, "site:all", **row),
        ],
    )
    rest_state.stores.resources.describe(
        [Description("record:r2", {"title": "A & B", "url": "/r2"}, EPOCH)]
    )
    rest_state.stores.bookmarks.move_found(datetime(2025, 1, 1, tzinfo=UTC))
    page = rest.get("/stats/")
    assert page.mimetype == "text/html"
    assert '<a href="/stats/resource/record:r2">A &amp; B</a>' in page.text
    assert "record:&lt;b&gt;" in page.text
    assert "<dd>1,234</dd>" in page.text
    assert "2025-01-01T00:00:00.000Z" in page.text
