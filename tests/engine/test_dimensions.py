"""A host's own dimension, from an event to every answer that divides by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from stats.events.types import Dimension

FACULTY = Dimension(
    "faculty",
    source="extra.faculty",
    labels={"en": "Faculties"},
    values={"Physics": {"en": "Department of Physics", "de": "Physik"}},
)
FUNDER = Dimension("funder", source="extra.funder", seen_by="reporters")
EVENTS = [("Physics", 2), ("Biology", 1), (None, 1)]


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app({"STATS_DIMENSIONS": [FACULTY, FUNDER]}, events())


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
    assert lines[:3] == ["key,title,value", "Physics,Department of Physics,2", ",,1"]


def test_answers_say_what_it_and_its_values_are_called(app: Flask) -> None:
    ask = "/api/stats/record-view-by?resource=record:r1&breakdown="
    found = app.test_client().get(f"{ask}faculty").get_json()
    assert found["dimension"] == {
        "name": "faculty",
        "labels": {"en": "Faculties"},
        "values": {"Physics": {"en": "Department of Physics", "de": "Physik"}},
    }
    url = "/api/stats/record-view-by.csv?resource=record:r1&breakdown=faculty"
    lines = app.test_client().get(url).text.splitlines()
    assert lines[0].endswith(",title")
    assert [line.split(",")[0] + "|" + line.split(",")[-1] for line in lines[1:]] == [
        "Physics|Department of Physics",
        "|",
        "Biology|",
    ]
    assert "dimension" not in app.test_client().get(f"{ask}country").get_json()


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
