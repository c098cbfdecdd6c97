"""Rows of people are set when something of theirs was counted, and are no others'."""

from __future__ import annotations

from typing import Any

import pytest

from stats.aggregations.totals import BATCH, run_totals
from stats.ext import StatsState
from stats.times import utc_now


def view(user: str, record: str, day: int = 5) -> dict[str, Any]:
    return {
        "type": "record-view",
        "resource": f"record:{record}",
        "user_id": user,
        "timestamp": f"2024-03-{day:02d}T10:00:00Z",
    }


def rows(state: StatsState) -> dict[tuple[str, str], dict[str, Any]]:
    found = state.stores.totals.every_user()
    return {(row["user_id"], row["resource"]): row for row in found}


def count(state: StatsState, *events: dict[str, Any]) -> None:
    state.publish(events)
    state.process()
    state.aggregate()


def test_only_the_pairs_that_were_counted_are_set(state: StatsState) -> None:
    count(state, view("anna", "r1"), view("anna", "r2"), view("bert", "r2"), view("bert", "r1"))
    before = rows(state)
    count(state, view("anna", "r1", 6), view("bert", "r2", 6), view("bert", "r2", 7))
    after = rows(state)
    views = {pair: row["views"] for pair, row in after.items()}
    anna, bert = (
        [("anna", f"record:r{n}") for n in (1, 2)],
        [("bert", f"record:r{n}") for n in (1, 2)],
    )
    assert views == {anna[0]: 2, anna[1]: 1, bert[0]: 1, bert[1]: 3}
    changed = {pair for pair in after if after[pair] != before[pair]}
    assert changed == {anna[0], bert[1]}


def test_more_pairs_than_one_request_asks_for_are_set(state: StatsState) -> None:
    count(state, *(view(f"u{n % 24}|%", f"r{n % 25}") for n in range(24 * 25)))
    right = {pair: row["views"] for pair, row in rows(state).items()}
    assert len(right) == 24 * 25 > BATCH
    state.stores.database["statistic_users"].delete_many({})
    run_totals(state.aggregation_job, set(), set(right), now=utc_now())
    assert {pair: row["views"] for pair, row in rows(state).items()} == right


def test_a_pair_that_no_document_speaks_of_goes(state: StatsState) -> None:
    count(state, view("anna", "r1"), view("bert", "r1"))
    users = state.stores.database["statistic_users"]
    users.insert_one(
        {"_id": "carl|record:r1", "user_id": "carl", "resource": "record:r1", "ticket": 1}
    )
    pairs = {("carl", "record:r1"), ("anna", "record:r1")}
    run_totals(state.aggregation_job, set(), pairs, now=utc_now())
    assert {user for user, _ in rows(state)} == {"anna", "bert"}


@pytest.mark.parametrize("overrides", [{"STATS_USER_STATISTICS": False}])
def test_without_statistics_of_people_there_are_no_rows(state: StatsState) -> None:
    count(state, view("anna", "r1"), view("bert", "r1"))
    assert rows(state) == {}
    assert state.query("user-statistics", {"user": "anna"})["buckets"] == []
    assert state.totals(["record:r1"])["record:r1"]["views"] == 2
