"""Counting in any Flask application: what counts, and that nothing else happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, abort, render_template_string, request

from stats.errors import ConfigError
from stats.ext import EXTENSION, StatsState
from stats.hosts import StatsHost, count, count_download, count_view, counted, record_stats
from stats.hosts.emit import find_emitter
from stats.hosts.lookups import NUMBERS
from stats.hosts.request_context import is_counted
from stats.metrics import EMITTED
from stats.permissions import Identity
from stats.stores.totals import TotalsStore

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
NOWHERE = {
    "STATS_ELASTICSEARCH_URL": "http://127.0.0.1:9",
    "STATS_MONGO_URL": "mongodb://127.0.0.1:9/none",
    "STATS_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//",
}


def build_app(config: dict[str, Any], *, health: bool = False) -> Flask:
    app = Flask("host")
    app.config.update(config)
    StatsHost(app, health=health)

    @app.get("/records/<id>")
    @count_view("record")
    def record(id: str) -> str:
        if id == "gone":
            abort(404)
        counted(title=f"Record {id}", parents=["community:c1"])
        return f"record {id}"

    @app.get("/files/<path:key>")
    @count_download("file", describe=lambda key: {"parents": ["record:r1"], "size": 10})
    def file(key: str) -> Response:
        response = Response(b"0123456789", mimetype="text/plain")
        response.accept_ranges = "bytes"
        return response.make_conditional(request.environ, accept_ranges=True, complete_length=10)

    @app.get("/preview/<id>")
    @count_view("record", describe=lambda id: None)
    def preview(id: str) -> str:
        return "not counted"

    @app.get("/page")
    def page() -> str:
        refs = ["record:r1", "record:r2", "record:r3"]
        template = "{% for ref in refs %}{{ record_stats(ref, among=refs).views }} {% endfor %}"
        return render_template_string(template, refs=refs)

    return app


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NOWHERE, "STATS_INDEX_PREFIX"):
        monkeypatch.delenv(name, raising=False)


def test_a_view_is_counted_with_who_and_what(quiet: None, emitted: list[dict[str, Any]]) -> None:
    client = build_app(NOWHERE).test_client()
    headers = {**PERSON, "Referer": "https://search.example/?q=1"}
    assert client.get("/records/a%20b", headers=headers).text == "record a b"
    assert emitted == [
        {
            "type": "record-view",
            "resource": "record:a b",
            "title": "Record a b",
            "parents": ["community:c1"],
            "ip_address": "127.0.0.1",
            "user_agent": PERSON["User-Agent"],
            "referrer": "https://search.example/?q=1",
            "user_id": None,
            "via": "ui",
        }
    ]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "events"),
    [
        ("GET", "/records/r1", {}, 200, 1),
        ("HEAD", "/records/r1", {}, 200, 0),
        ("GET", "/records/gone", {}, 404, 0),
        ("GET", "/preview/r1", {}, 200, 0),
        ("GET", "/files/f1", {}, 200, 1),
        ("GET", "/files/f1", {"Range": "bytes=0-3"}, 206, 1),
        ("GET", "/files/f1", {"Range": "bytes=4-"}, 206, 0),
        ("GET", "/files/f1", {"Range": "bytes=-2"}, 206, 0),
        ("GET", "/files/f1", {"Range": "bytes=99-"}, 416, 0),
    ],
)
def test_what_counts_is_the_answer(
    quiet: None,
    emitted: list[dict[str, Any]],
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    events: int,
) -> None:
    response = build_app(NOWHERE).test_client().open(path, method=method, headers=headers)
    assert (response.status_code, len(emitted)) == (status, events)


@pytest.mark.parametrize(
    ("method", "status", "content_range", "expected"),
    [
        ("GET", 304, None, True),
        ("POST", 200, None, False),
        ("GET", 302, None, False),
        ("GET", 206, "bytes 0-99/1000", True),
        ("GET", 206, "bytes 100-199/1000", False),
        ("GET", 206, None, False),
    ],
)
def test_counting_rule_1(
    method: str, status: int, content_range: str | None, expected: bool
) -> None:
    assert is_counted(method, status, content_range) is expected


def test_an_api_call_and_a_person_are_known(quiet: None, emitted: list[dict[str, Any]]) -> None:
    app = build_app({**NOWHERE, "STATS_IDENTITY": lambda: Identity(user_id="u7")})
    app.test_client().get("/records/r1", headers={**PERSON, "Authorization": "Bearer x"})
    assert (emitted[0]["user_id"], emitted[0]["via"]) == ("u7", "api")


def test_an_identity_that_fails_is_nobody(quiet: None, emitted: list[dict[str, Any]]) -> None:
    def broken() -> Identity:
        raise RuntimeError("the directory is down")

    app = build_app({**NOWHERE, "STATS_IDENTITY": broken})
    assert app.test_client().get("/records/r1").status_code == 200
    assert emitted[0]["user_id"] is None


def test_a_description_that_fails_is_not_the_readers_problem(
    quiet: None, emitted: list[dict[str, Any]]
) -> None:
    app = build_app(NOWHERE)

    @app.get("/odd/<id>")
    @count("dataset-view", "dataset", describe=lambda id: 1 / 0)
    def odd(id: str) -> str:
        return "still here"

    assert app.test_client().get("/odd/1").text == "still here"
    assert not emitted


def test_a_decorator_that_cannot_know_the_id_says_so(quiet: None) -> None:
    app = build_app(NOWHERE)
    app.testing = True

    @app.get("/two/<a>/<b>")
    @count_view("record")
    def two(a: str, b: str) -> str:
        return ""

    with pytest.raises(ConfigError, match="name the argument"):
        app.test_client().get("/two/1/2")


def test_when_all_is_down_pages_are_quick_and_nothing_is_lost(quiet: None, tmp_path: Path) -> None:
    app = build_app(
        {**NOWHERE, "STATS_EMIT_SPOOL_FILE": str(tmp_path / "spool"), "STATS_EMIT_TIMEOUT": 0.5}
    )
    client = app.test_client()
    client.get("/records/r1", headers=PERSON)
    client.get("/page")
    begin = time.monotonic()
    for _ in range(20):
        assert client.get("/records/r1", headers=PERSON).text == "record r1"
        assert client.get("/page").text == "None None None "
    assert time.monotonic() - begin < 1.0
    assert (tmp_path / "spool").read_bytes().count(b"\n") == 21
    assert find_emitter(app).counts["spooled"] == 21


def test_a_page_does_not_wait_for_the_broker(quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def send(*_events: Any) -> Callable[[], bool]:
        done.append("sent")
        return lambda: not done.append("confirmed")

    monkeypatch.setattr(import_module("stats.hosts.emit"), "send", send)
    app = build_app(NOWHERE)

    @app.get("/streamed/<id>")
    @count_view("record")
    def streamed(id: str) -> Response:
        return Response(iter((b"long",)))

    client = app.test_client()
    page = client.get("/records/r1", headers=PERSON, buffered=False)
    assert (page.text, done) == ("record r1", ["sent"])
    page.close()
    assert done == ["sent", "confirmed"]
    done.clear()
    with client.get("/streamed/r1", headers=PERSON, buffered=False):
        assert done == ["sent", "confirmed"]  # a stream may take minutes
    assert done == ["sent", "confirmed"]


def test_a_view_becomes_a_number_on_the_page(
    config: dict[str, Any],
    prepare: Callable[[Flask], StatsState],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = build_app(config)
    state = prepare(app)
    client = app.test_client()
    for address in ("192.0.2.1", "192.0.2.2"):
        client.get("/records/r1", headers=PERSON, environ_base={"REMOTE_ADDR": address})
    client.get("/files/f1", headers=PERSON)
    state.process()
    state.aggregate()

    asked: list[list[str]] = []
    read = TotalsStore.read

    def noting(self: TotalsStore, refs: list[str]) -> dict[str, Any]:
        asked.append(list(refs))
        return read(self, refs)

    monkeypatch.setattr(TotalsStore, "read", noting)
    assert client.get("/page").text == "2 0 0 "
    assert asked == [["record:r1", "record:r2", "record:r3"]]
    with app.test_request_context():
        found = record_stats("record:r1")
        assert found == {
            "views": 2,
            "unique_views": 2,
            "downloads": 1,
            "unique_downloads": 1,
            "volume": 10,
        }
        assert tuple(found) == NUMBERS
    assert client.get("/api/stats/totals/community:c1").json["views"] == 2
    title = state.stores.resources.read(["record:r1"])["record:r1"]["title"]
    assert title == "Record r1"


def test_a_host_keeps_its_health_checks_and_error_pages(quiet: None) -> None:
    client = build_app(NOWHERE).test_client()
    assert client.get("/healthz").status_code == 404
    assert client.get("/nowhere").mimetype == "text/html"
    assert client.get("/api/stats/nothing").json["error"]["code"] == "unknown_query"


def spooled_events(app: Flask) -> float:
    """Return what is counted and waits for MongoDB, which does not answer here."""
    state: StatsState = app.extensions[EXTENSION]
    return state.stores.recorder.take()[EMITTED, ("spooled",)]


def test_outcomes_are_measured(quiet: None, tmp_path: Path) -> None:
    app = build_app({**NOWHERE, "STATS_EMIT_SPOOL_FILE": str(tmp_path / "spool")}, health=True)
    client = app.test_client()
    client.get("/records/r1")
    lines = client.get("/metrics").text.splitlines()
    assert spooled_events(app) == 1
    size = (tmp_path / "spool").stat().st_size
    assert f"stats_spool_bytes {size}" in lines
