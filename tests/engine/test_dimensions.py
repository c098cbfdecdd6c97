"""A host's own dimension, from an event to every answer that divides by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from stats.engines.namespace import Namespace
from stats.events.types import Dimension
from stats.ext import EXTENSION, StatsState
from stats.service import create_app

FACULTY = Dimension("faculty", source="extra.faculty")
FUNDER = Dimension("funder", source="extra.funder", seen_by="reporters")
EVENTS = [("Physics", 2), ("Biology", 1), (None, 1)]


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    own = {"STATS_DIMENSIONS": [FACULTY, FUNDER]}
    made = create_app({**stats_namespace.as_config(), **own})
    state: StatsState = made.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    state.publish(events())
    state.process()
    state.aggregate()
    yield made
    state.stores.search.close()


def events() -> Iterator[dict[str, Any]]:
    for faculty, times in EVENTS:
        for n in range(times):
            yield {
                "type": "record-view",
                "timestamp": f"2025-03-0{n + 1}T10:00:00Z",
                "resource": "record:r1",
                "parents": ["community:c"],
                "session_id": f"{faculty}-{n}",
                "extra": {"faculty": faculty, "funder": "SNF"} if faculty else {},
            }


def test_the_dimension_is_in_every_answer(app: Flask) -> None:
    client = app.test_client()
    expected = {"Physics": 2, "Biology": 1, "": 1}
    for ref in ("record:r1", "community:c", "site:all"):
        url = f"/api/stats/record-view-by?resource={ref}&breakdown=faculty"
        found = client.get(url).get_json()
        assert {row["key"]: row["count"] for row in found["buckets"]} == expected
        url = f"/api/stats/breakdown?by=faculty&metric=views&within={ref}"
        answer = client.get(url).get_json()
        assert {row["key"]: row["value"] for row in answer["buckets"]} == expected
        assert answer["total"] == found["total"]["count"] == 4
    lines = client.get("/api/stats/breakdown.csv?by=faculty&metric=views").text.splitlines()
    assert lines[:2] == ["key,title,value", "Physics,,2"]


def test_who_may_see_it_is_as_it_says(app: Flask) -> None:
    for url in (
        "/api/stats/record-view-by?resource=record:r1&breakdown=funder",
        "/api/stats/breakdown?by=funder&metric=views",
    ):
        assert app.test_client().get(url).status_code == 401


def test_what_divides_nothing_is_refused(app: Flask) -> None:
    answer = app.test_client().get("/api/stats/breakdown?by=facutly&metric=views")
    assert answer.status_code == 400
    assert "did you mean faculty?" in answer.get_json()["error"]["message"]
