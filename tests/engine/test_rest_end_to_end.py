"""From an HTTP request to an HTTP answer, through every engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.times import iso_ms, utc_now

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def event(type_name: str, n: int, *, minutes: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": type_name,
        "id": f"{type_name}-{n}",
        "timestamp": iso_ms(utc_now() - timedelta(days=2, minutes=minutes)),
        "user_agent": PERSON,
        "session_id": f"s{n}",
        **fields,
    }


@pytest.fixture
def answered(rest: FlaskClient, rest_state: StatsState, stats_namespace: Namespace) -> FlaskClient:
    """Two views and three downloads, of two records of one concept, are counted."""
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    file = {"resource": "file:f1", "parents": ["record:r1", "concept:p1"], "size": 100}
    events = [
        event("record-view", 1, minutes=9, resource="record:r1", parents=["concept:p1"], title="R"),
        event("record-view", 2, minutes=8, resource="record:r2", parents=["concept:p1"]),
        event("record-view", 3, minutes=7, resource="record:r1", user_agent="Googlebot/2.1"),
        event("file-download", 1, minutes=6, **file),
        event("file-download", 1, minutes=6, **file),
        event("file-download", 2, minutes=5, **file | {"resource": "file:f2"}),
        event("file-download", 2, minutes=5, id="other", timestamp=None, **file),
    ]
    assert rest.post("/api/events", json=events).json == {"accepted": 7, "rejected": []}
    rest_state.process()
    rest_state.aggregate()
    return rest


def test_what_was_sent_is_what_is_answered(answered: FlaskClient) -> None:
    refs = ["record:r1", "record:r2", "concept:p1", "file:f1", "site:all", "record:nothing"]
    totals = answered.get("/api/stats/totals", query_string={"ref": refs}).json
    found = {
        ref: [t[name] for name in ("views", "downloads", "unique_downloads", "volume")]
        for ref, t in totals.items()
    }
    assert found == {
        "record:r1": [1, 3, 3, 300],
        "record:r2": [1, 0, 0, 0],
        "concept:p1": [2, 3, 3, 300],
        "file:f1": [0, 2, 2, 200],
        "site:all": [2, 3, 3, 300],
        "record:nothing": [0, 0, 0, 0],
    }
    assert all(total["counted_until"] for total in totals.values())


def test_every_way_of_asking_gives_the_same_numbers(answered: FlaskClient) -> None:
    def get(path: str) -> Any:
        answer = answered.get(f"/api/stats/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json

    whole = get("file-download-total?resource=concept:p1")["total"]
    assert whole == {"count": 3, "unique_count": 3, "volume": 300, "excluded_count": 0}
    excluded = get("record-view-total?resource=record:r1")["total"]
    assert (excluded["count"], excluded["excluded_count"]) == (1, 1)
    for interval in ("day", "week", "month", "quarter", "year"):
        history = get(f"file-download-histogram?resource=concept:p1&interval={interval}")
        assert history["total"] == {"count": 3, "unique_count": 3, "volume": 300}
    countries = get("file-download-by?resource=concept:p1&breakdown=country")
    assert countries["buckets"] == [{"key": "ZZ", "count": 3, "unique_count": 3, "volume": 300}]
    ranking = get("top?kind=record&metric=downloads&within=concept:p1")["buckets"]
    found = [(row["resource"], row["title"], row["value"]) for row in ranking]
    assert found == [("record:r1", "R", 3)]
    downloads = get("record-download-all-versions?parent_recid=p1")
    assert (downloads["downloads"], downloads["data_volume"]) == (3, 300)
    assert get("record-view?recid=r1")["parent_recid"] == "p1"
