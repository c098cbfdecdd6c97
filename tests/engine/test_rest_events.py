"""Events over HTTP, through the queue into raw documents."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.service import create_app
from stats.times import iso_ms, utc_now
from tests.engine.conftest import AS_ADMIN


@pytest.fixture(autouse=True)
def queues(rest_state: StatsState, stats_namespace: Namespace) -> None:
    names = [rest_state.stores.queues.name(name) for name in rest_state.event_types]
    stats_namespace.queues.extend(names)
    rest_state.init()


def event(**fields: Any) -> dict[str, Any]:
    return {"type": "record-view", "resource": "record:r1", "ip_address": "192.0.2.7", **fields}


def raw_count(state: StatsState) -> int:
    state.process()
    index = state.stores.search.raw("record-view")
    state.stores.search.refresh(index)
    return state.stores.search.count(index, {"match_all": {}})


def test_one_event(rest: FlaskClient, rest_state: StatsState) -> None:
    answer = rest.post("/api/events", json=event(id="a"))
    assert (answer.status_code, answer.json) == (202, {"accepted": 1, "rejected": []})
    assert rest.post("/api/events", json=event(id="a")).status_code == 202
    assert raw_count(rest_state) == 1


@pytest.mark.parametrize("lines", [True, False])
def test_many_events_and_what_is_wrong_with_some(
    rest: FlaskClient, rest_state: StatsState, lines: bool
) -> None:
    tomorrow = iso_ms(utc_now() + timedelta(hours=25))
    items: list[Any] = [
        event(id="a"),
        event(id="b", resource="r1"),
        7,
        event(id="c", timestamp=tomorrow),
        event(id="d", nope=1),
        event(id="e"),
    ]
    if lines:
        text = "\n".join(json.dumps(item) for item in items) + '\n{"type": \n'
        answer = rest.post("/api/events", data=text, content_type="application/x-ndjson")
    else:
        answer = rest.post("/api/events", json=items)
    assert answer.status_code == 202
    assert answer.json["accepted"] == 2
    expected = [
        (1, "bad_format", "resource"),
        (2, "wrong_type", ""),
        (3, "in_the_future", "timestamp"),
        (4, "unknown_field", "nope"),
    ]
    if lines:
        expected.append((6, "not_json", ""))
    found = [(r["index"], r["code"], r["field"]) for r in answer.json["rejected"]]
    assert found == expected
    assert all(r["message"] for r in answer.json["rejected"])
    assert raw_count(rest_state) == 2


def test_a_bad_line_first_does_not_shift_the_others(rest: FlaskClient) -> None:
    text = "{\n" + json.dumps(event(type="nope")) + "\n" + json.dumps(event())
    rejected = rest.post("/api/events", data=text).json["rejected"]
    assert [(r["index"], r["code"]) for r in rejected] == [(0, "not_json"), (1, "unknown_type")]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "not_json", ""),
        (b"nope", "not_json", ""),
        (b"7", "wrong_type", ""),
        (b"{}", "missing", "type"),
        (json.dumps(event(via="nobody")).encode(), "bad_format", "via"),
        (json.dumps(event(parents=["r1"])).encode(), "bad_format", "parents"),
    ],
)
def test_one_bad_event_alone(rest: FlaskClient, body: bytes, code: str, field: str) -> None:
    answer = rest.post("/api/events", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert (answer.json["error"]["code"], answer.json["error"]["field"]) == (code, field)


def test_what_is_wrong_beside_the_use_is_a_warning(
    rest: FlaskClient, rest_state: StatsState
) -> None:
    odd = event(id="a", size=-1, title="x" * 5000, ip_address="null", user_agent="half \ud83d")
    answer = rest.post("/api/events", json=odd)
    assert (answer.status_code, answer.json["accepted"], answer.json["rejected"]) == (202, 1, [])
    found = [(w["index"], w["field"], w["code"]) for w in answer.json["warnings"]]
    assert found == [
        (0, "ip_address", "bad_format"),
        (0, "size", "out_of_range"),
        (0, "title", "too_long"),
        (0, "user_agent", "bad_format"),
    ]
    many = [{"type": "\ud800"}, 7, event(id="b"), event(id="c", size=23.0)]
    answer = rest.post("/api/events", json=many)
    assert (answer.status_code, answer.json["accepted"]) == (202, 2)
    assert [r["index"] for r in answer.json["rejected"]] == [0, 1]
    assert [(w["index"], w["field"]) for w in answer.json["warnings"]] == [(3, "size")]
    assert raw_count(rest_state) == 3


def test_no_events_are_no_error(rest: FlaskClient) -> None:
    assert rest.post("/api/events", json=[]).json == {"accepted": 0, "rejected": []}


def test_a_compressed_body(rest: FlaskClient, rest_state: StatsState) -> None:
    lines = "\n".join(json.dumps(event(id=f"z{n}")) for n in range(3)).encode("utf-8-sig")
    coded = {"Content-Encoding": "gzip"}
    answer = rest.post("/api/events", data=gzip.compress(lines), headers=coded)
    assert (answer.status_code, answer.json) == (202, {"accepted": 3, "rejected": []})
    assert raw_count(rest_state) == 3
    broken = rest.post("/api/events", data=lines, headers=coded)
    assert (broken.status_code, broken.json["error"]["code"]) == (400, "bad_format")
    other = rest.post("/api/events", data=lines, headers={"Content-Encoding": "br"})
    assert (other.status_code, other.json["error"]["code"]) == (415, "unsupported_media_type")
    assert "gzip" in other.json["error"]["message"]


def test_too_large_a_body(rest: FlaskClient) -> None:
    answer = rest.post("/api/events", data=b"[" + b" " * (16 * 1024 * 1024))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


def test_a_broker_that_is_down(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    down = {"STATS_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//", "STATS_CONNECT_TIMEOUT": 1}
    client = create_app({**stats_namespace.as_config(), **AS_ADMIN, **down}).test_client()
    answer = client.post("/api/events", json=event())
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    assert "Retry-After" in answer.headers
    assert client.post("/api/events", json=event(resource="x")).status_code == 400
