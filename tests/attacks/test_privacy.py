"""Markers in every private field, and a search for them in all that keeps or tells anything."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest
from click.testing import CliRunner
from flask import Flask

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.events.types import PRIVATE_FIELDS
from stats.ext import EXTENSION, StatsState
from stats.hosts.spool import Spool
from stats.permissions import tokens
from stats.service import create_app
from stats.stores.search import Action
from stats.times import iso_ms, utc_now
from stats.views.openapi import list_routes
from tests.engine.forgetting import forget, retain

PRIVATE = {
    "ip_address": "203.0.113.177",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; m4rker-agent) Firefox/120.0",
    "user_id": "m4rker-user",
    "user_cookie": "m4rker-cookie",
    "session_id": "m4rker-session",
}
NEVER_KEPT = {
    "referrer": "https://m4rker-name:pw@www.example.org/page?q=m4rker-query#m4rker-part",
    "request_url": "https://repository.example/records/r1?m4rker-url",
}
MARKERS = ("203.0.113.177", "m4rker")
NEVER = ("m4rker-name", "m4rker-query", "m4rker-part", "m4rker-url")


def event(days: int, **fields: Any) -> dict[str, Any]:
    moment = iso_ms(utc_now() - timedelta(days=days))
    view = {"type": "record-view", "resource": "record:r1", "timestamp": moment}
    return {**view, **PRIVATE, **NEVER_KEPT, **fields}


@pytest.fixture
def app(
    stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Flask]:
    caplog.set_level(logging.DEBUG, "stats")
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    made = create_app({**stats_namespace.as_config(), "STATS_PUBLIC_REPORTS": True})
    state: StatsState = made.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    yield made
    state.stores.search.close()


def count(state: StatsState, *events: dict[str, Any]) -> None:
    state.publish(list(events))
    state.process()
    state.aggregate()


def stored(state: StatsState) -> str:
    """Return all that Elasticsearch, MongoDB and the dead letters hold, and what waits."""
    search, database = state.stores.search, state.stores.database
    found: list[Any] = [state.stores.queues.depths(state.event_types)]
    for index in search.indices(f"{search.prefix}*"):
        search.refresh(index)
        found += [h for page in search.pages(index, {"query": {"match_all": {}}}) for h in page]
    for name in database.list_collection_names():
        found += list(database[name].find())
    return repr(found)


def answers(app: Flask, token: str | None) -> Iterator[tuple[str, str]]:
    """Yield what each GET route answers about the record, to somebody with a token or without."""
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    queries = [query["url"] for query in client.get("/api/stats").get_json()["queries"]]
    routes = [rule.rule for rule in list_routes(app) if "GET" in (rule.methods or ())]
    reports = [f"/api/reports/metrics/{name}" for name in ("records", "files", "communities")]
    for rule in (*routes, *queries, *(f"{query}.xlsx" for query in queries), *reports):
        path = re.sub("<[^>]*ref>", "record:r1", rule)
        for given in ({}, {"resource": "record:r1", "breakdown": "referrer"}):
            answer = client.get(path, query_string=given, headers=headers)
            yield f"{path} {given}", text_of(answer.get_data())


def text_of(body: bytes) -> str:
    """Return what a body tells, of a workbook what all its parts tell."""
    if not is_zipfile(BytesIO(body)):
        return body.decode()
    with ZipFile(BytesIO(body)) as workbook:
        return "".join(workbook.read(name).decode() for name in workbook.namelist())


def token_of(state: StatsState, role: str) -> str:
    secret = tokens.make_secret()
    scope = tokens.parse_scope(role, user=None, communities=())
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    return secret


def test_the_markers_are_in_every_private_field() -> None:
    assert PRIVATE.keys() == set(PRIVATE_FIELDS)
    assert all(any(marker in value for marker in MARKERS) for value in PRIVATE.values())


def test_no_answer_but_the_event_log_has_a_person(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    state: StatsState = app.extensions[EXTENSION]
    count(state, event(1), event(2))
    assert "m4rker-user" in stored(state)
    for role in (None, "reporter", "writer"):
        token = token_of(state, role) if role else None
        for path, text in answers(app, token):
            assert not any(marker in text for marker in MARKERS), (role, path)
    log = app.test_client().get(
        "/api/events", headers={"Authorization": f"Bearer {token_of(state, 'auditor')}"}
    )
    assert "m4rker-user" in log.text
    for text in (log.text, stored(state)):
        assert not any(marker in text for marker in NEVER)
    assert not any(marker in caplog.text for marker in MARKERS)


def test_nothing_is_left_of_an_erased_person(
    app: Flask, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    state: StatsState = app.extensions[EXTENSION]
    count(state, event(1), event(2), event(1, type="file-download", resource="file:f1"))
    state.stores.queues.publish("record-view", [json.dumps(event(1, size="wrong")).encode()])
    state.process()
    assert any(True for _ in state.stores.dead_letters.read())
    spool = Spool(tmp_path / "spool", max_bytes=1_000_000)
    spool.add([json.dumps(event(1, id="spooled")).encode()])
    state.publish([event(1, id="waiting")])
    forget(state, "m4rker-user")
    spool.drain(lambda lines: state.publish([json.loads(line) for line in lines]))
    state.process()
    state.aggregate()
    assert not any(marker in stored(state) for marker in MARKERS)
    assert not any(marker in caplog.text for marker in MARKERS)
    assert not [path for path in tmp_path.iterdir() if b"m4rker" in path.read_bytes()]
    for path, text in answers(app, token_of(state, "admin")):
        assert not any(marker in text for marker in MARKERS), path
    total = app.test_client().get("/api/stats/totals/record:r1").get_json()
    assert total["views"] == 2  # what was counted stays; the three of one moment are one


def test_private_fields_do_not_outlive_their_term(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    count(state, event(40, user_id=None), event(41, user_id=None))
    assert any(marker in stored(state) for marker in MARKERS)
    retain(state)
    assert not any(marker in stored(state) for marker in MARKERS)
    assert app.test_client().get("/api/stats/totals/record:r1").get_json()["views"] == 2


def test_referrers_of_an_older_version_are_cut_by_the_upgrade(app: Flask) -> None:
    """In documents that were scrubbed long ago too, and with a referrer too long to be searched."""
    state: StatsState = app.extensions[EXTENSION]
    count(state, event(1, id="a"), event(2, id="b"), event(1, id="c", referrer=None))
    before = app.test_client().get("/api/stats/totals/record:r1").get_json()
    search, index = state.stores.search, state.stores.search.raw("record-view")
    full = [NEVER_KEPT["referrer"], f"https://www.example.org/page?q=m4rker-query{'x' * 4_000}"]
    hits = [h for page in search.pages(index, {"query": {"match_all": {}}}) for h in page]
    old = [h for h in hits if h["_source"].get("referrer")]
    assert len(old) == 2
    for hit, referrer in zip(old, full, strict=True):
        source = {**hit["_source"], "referrer": referrer}
        search.bulk([Action("index", hit["_index"], hit["_id"], source)])
    search.refresh(index)
    assert "m4rker-query" in stored(state)
    with app.app_context():
        planned = CliRunner().invoke(stats, ["upgrade", "--dry-run"])
        assert "2 referrers lose their query, fragment and user" in planned.output
        assert "m4rker-query" in stored(state)
        done = CliRunner().invoke(stats, ["upgrade"])
        assert "2 referrers lose" in done.output
        assert "referrers" not in CliRunner().invoke(stats, ["upgrade"]).output
        assert CliRunner().invoke(stats, ["audit"]).exit_code == 0
    assert not any(marker in stored(state) for marker in NEVER)
    assert "https://www.example.org/page" in stored(state)
    assert app.test_client().get("/api/stats/totals/record:r1").get_json() == before
