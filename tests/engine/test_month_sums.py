"""Totals are the sums of months: exact, whatever is behind them, and reading no other month."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stats.aggregations.daily_documents import document_id
from stats.aggregations.totals import run_totals
from stats.ext import StatsState
from stats.retention.run import run_retention
from stats.stores.search import Action
from stats.times import utc_now

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
TOTALS = ("views", "unique_views", "downloads", "unique_downloads", "volume", "events")
LAST = ("last_viewed", "last_downloaded")


def use(type_name: str, resource: str, day: str, session: str = "s", **more: Any) -> dict[str, Any]:
    return {
        "type": type_name,
        "resource": resource,
        "timestamp": f"{day}T10:00:00Z",
        "session_id": session,
        "user_agent": AGENT,
        **more,
    }


def view(day: str, session: str = "s") -> dict[str, Any]:
    return use("record-view", "record:r", day, session)


def count(state: StatsState, *events: dict[str, Any]) -> None:
    state.publish(events)
    state.process()
    state.aggregate()


def numbers(state: StatsState) -> dict[str, Any]:
    """Return all totals, without what says when they were set."""
    return {
        row["_id"]: {name: row[name] for name in (*TOTALS, *LAST)}
        for row in state.stores.totals.every_total()
    }


def asked_months(state: StatsState, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that fills with the months of daily indices that searches ask."""
    asked: list[str] = []
    search = state.stores.search
    real = search.search
    stem = re.escape(search.daily("record-view"))

    def watched(index: str, body: Any) -> Any:
        if {"refs", "rows"} & body.get("aggs", {}).keys():  # those that totals are made of
            asked.extend(re.findall(rf"{stem}(?:-(\d{{4}}-\d\d))?(?:,|$)", index))
        return real(index, body)

    monkeypatch.setattr(search, "search", watched)
    return asked


def test_a_run_reads_the_months_it_touched_and_no_others(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(state, view("2024-01-05"), view("2024-02-05"), view("2025-03-01"))
    asked = asked_months(state, monkeypatch)
    count(state, view("2025-03-02"), view("2025-03-03"))
    assert asked
    assert set(asked) == {"2025-03"}
    assert numbers(state)["record:r"]["views"] == 5
    month = state.stores.months.read(["record:r"])["record:r"]["months"]
    assert {m: one["events"]["record-view"]["count"] for m, one in month.items()} == {
        "2024-01": 1,
        "2024-02": 1,
        "2025-03": 3,
    }


def test_a_database_that_counted_before_there_were_months_gets_them_once(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    download = use("file-download", "file:f", "2024-04-01", size=7, parents=["record:r"])
    count(state, view("2024-01-05"), view("2024-02-05"), download)
    right = numbers(state)
    months = state.stores.database["statistic_months"]
    before = {row["_id"]: row.get("months") for row in months.find()}
    months.drop()
    state.stores.months.ensure()
    count(state, use("record-view", "record:other", "2024-05-05"))
    after = numbers(state)
    assert {ref: after[ref] for ref in right if ref != "site:all"} == {
        ref: right[ref] for ref in right if ref != "site:all"
    }
    assert after["site:all"]["views"] == right["site:all"]["views"] + 1
    for row in months.find():
        for month, one in (before.get(row["_id"]) or {}).items():
            assert row["months"][month]["events"] == one["events"]
    asked = asked_months(state, monkeypatch)
    count(state, view("2024-06-01"))
    assert set(asked) == {"2024-06"}
    assert numbers(state)["record:r"]["views"] == right["record:r"]["views"] + 1


def test_months_that_were_rolled_up_are_found_where_they_are(state: StatsState) -> None:
    """What a month holds has another index then, and a legacy import may still add to it."""
    count(state, view("2010-01-05"), view("2010-01-06"), view("2010-02-01"))
    right = numbers(state)
    done = run_retention(state.retention_job(wait=lambda _: None))
    assert done.months > 0
    search = state.stores.search
    assert any("rolled" in name for name in search.members(search.daily("record-view")))
    late = {
        "timestamp": "2010-01-20T00:00:00.000Z",
        "event": "record-view",
        "resource": "record:r",
        "kind": "record",
        "count": 5,
        "unique_count": 4,
        "volume": 0,
        "last": "2010-01-20T10:00:00.000Z",
        "source": "legacy",
        "interval": "day",
    }
    identity = document_id("record-view", "2010-01-20", "record:r", "legacy")
    search.bulk([Action("index", search.daily("record-view", "2010-01"), identity, late)])
    run_totals(state.aggregation_job, {("record:r", "2010-01")}, set(), now=utc_now())
    found = numbers(state)["record:r"]
    assert found["views"] == right["record:r"]["views"] + 5
    assert found["unique_views"] == right["record:r"]["unique_views"] + 4
    assert found["events"] == {"record-view": 8}
