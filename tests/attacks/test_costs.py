"""The worst that each route permits, by how much work it is: searches, pages, look-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from stats.stores.search import SearchStore
from stats.times import utc_now

QUERIES = 100


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many requests went to the search engine, by path."""
    found: Counter[str] = Counter()
    ask = SearchStore._ask

    def counted(self: SearchStore, method: str, path: str, *args: Any, **named: Any) -> Any:
        found[f"{method} {path.rpartition('/')[2]}"] += 1
        return ask(self, method, path, *args, **named)

    monkeypatch.setattr(SearchStore, "_ask", counted)
    return found


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    made = create_app({**stats_namespace.as_config(), "STATS_QUERY_SECONDS": 600})
    state: StatsState = made.extensions[EXTENSION]
    state.init()
    yield made
    state.stores.search.close()


def post(app: Flask, stat: str, **params: Any) -> Any:
    body = {str(number): {"stat": stat, "params": params} for number in range(QUERIES)}
    return app.test_client().post("/api/stats", json=body)


def test_the_worst_post_asks_the_engine_once_a_query(app: Flask, asked: Counter[str]) -> None:
    """And its answers together have at most ``STATS_LIMIT_POINTS`` buckets."""
    today = utc_now().date()
    answer = post(
        app,
        "record-view-histogram",
        resource="site:all",
        **{"from": f"{today.year - 8}-01-01", "to": f"{today.year}-01-01", "interval": "month"},
    )
    assert answer.status_code == 200, answer.text
    buckets = sum(len(one["buckets"]) for one in answer.json.values())
    assert (buckets, asked["POST _search"]) == (QUERIES * 97, QUERIES)
    assert asked.total() <= QUERIES + 5


@pytest.mark.parametrize(
    ("stat", "params", "most"),
    [
        ("record-view-total", {"resource": "record:r1"}, 1),
        ("record-view-by", {"resource": "record:r1", "breakdown": "country"}, 3),
        ("record-view-top", {"kind": "record", "size": 100}, 3),
        ("record-view-map", {"resource": "record:r1", "zoom": 8, "size": 100}, 1),
        ("top", {"kind": "record", "metric": "views", "size": 100}, 3),
    ],
)
def test_no_query_costs_more_than_a_few_searches(
    app: Flask, asked: Counter[str], stat: str, params: dict[str, Any], most: int
) -> None:
    answer = post(app, stat, **params)
    assert answer.status_code == 200, answer.text
    assert asked.total() <= QUERIES * most + 5, asked


def test_totals_of_the_most_resources_ask_the_engine_nothing(
    app: Flask, asked: Counter[str]
) -> None:
    refs = "&".join(f"ref=record:r{number}" for number in range(1_000))
    assert app.test_client().get(f"/api/stats/totals?{refs}").status_code == 200
    assert asked.total() == 0


def test_a_post_that_takes_too_long_ends_between_two_searches(
    app: Flask, asked: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each search takes 200 s of the 600, by the clock of the test: no fourth is sent."""

    def now() -> float:
        return 200.0 * asked["POST _search"]

    monkeypatch.setattr("stats.views.patience.monotonic", now)
    answer = post(app, "record-view-total", resource="record:r1")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "too_slow")
    assert (asked["POST _search"], answer.headers["Retry-After"]) == (3, "30")


def test_rankings_of_one_post_are_limited_together(app: Flask, asked: Counter[str]) -> None:
    answer = post(app, "top", kind="record", size=1_000)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "too_large")
    assert asked.total() == 0
