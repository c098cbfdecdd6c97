"""Months that a window cuts: which they are, and when it is worth asking whether they are whole."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from stats.aggregations.types import daily
from stats.events.catalogue import RECORD_VIEW
from stats.queries.coarse import list_cut_months, read_coarse, run_coarse
from stats.queries.top import top
from stats.queries.windows import Window

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
QUERY = top(daily(RECORD_VIEW))


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2020-08-01", "2020-08-31", []),
        ("2020-08-02", "2020-08-31", ["2020-08-01"]),
        ("2020-08-01", "2020-08-30", ["2020-08-01"]),
        ("2020-08-10", "2020-08-20", ["2020-08-01"]),
        ("2020-07-10", "2020-09-20", ["2020-07-01", "2020-09-01"]),
        (None, "2020-02-28", ["2020-02-01"]),
        (None, "2020-02-29", []),
    ],
)
def test_a_window_cuts_two_months_at_most(first: str | None, last: str, months: list[str]) -> None:
    window = Window(first and date.fromisoformat(first), date.fromisoformat(last))
    assert [month.isoformat() for month in list_cut_months(window)] == months


class Engine:
    """Answers that August 2020 is rolled up, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def daily(self, family: str, month: str | None = None) -> str:
        return f"stats-{family}"

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((index, body))
        return {"aggregations": {"months": {"buckets": [{"key": 1596240000000, "doc_count": 2}]}}}


def params(first: str, last: str, **more: Any) -> dict[str, Any]:
    days = {"from": date.fromisoformat(first), "to": date.fromisoformat(last)}
    return {**days, "source": "all", "kind": None, "within": None, "size": 10, **more}


def ask(given: dict[str, Any]) -> tuple[list[str], Engine]:
    engine: Any = Engine()
    return run_coarse(QUERY, given, engine, counted_until=NOW), engine


def test_a_month_that_is_known_as_a_whole_alone_is_named() -> None:
    coarse, engine = ask(params("2020-08-10", "2020-10-31", within="community:a"))
    assert coarse == ["2020-08"]
    ((index, body),) = engine.asked
    assert index == "stats-record-view,stats-membership"
    assert {"term": {"interval": "month"}} in body["query"]["bool"]["filter"]
    assert "2020-08-01" in str(body)


@pytest.mark.parametrize("window", [("2020-08-01", "2020-10-31"), ("2026-10-05", "2026-11-20")])
def test_nothing_is_asked_where_no_month_can_be_cut(window: tuple[str, str]) -> None:
    coarse, engine = ask(params(*window))
    assert (coarse, engine.asked) == ([], [])


def test_no_documents_are_no_months() -> None:
    assert read_coarse({}) == []
