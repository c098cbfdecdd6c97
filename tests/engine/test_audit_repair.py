"""Each kind of damage is found, what mends it is named, and `--repair` does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stats.aggregations.totals import run_totals
from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.stores.search import Action
from stats.tasks import audit as audit_task
from stats.times import utc_now

DAY = date(2024, 3, 5)
REF = "record:r1"


@pytest.fixture(autouse=True)
def _settings(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("stats.audit.days._SECONDS", 0.0)
    monkeypatch.setattr("stats.audit.run._SECONDS", 0.0)


def event(number: int) -> dict[str, Any]:
    return {
        "type": "record-view" if number % 2 else "file-download",
        "id": f"e{number}",
        "resource": f"record:r{number % 4}" if number % 2 else f"file:f{number % 4}",
        "timestamp": f"{DAY}T10:{number:02d}:00Z",
        "user_id": f"u|{number % 3}",
        "parents": ["community:c"],
    }


@pytest.fixture
def counted(state: StatsState) -> StatsState:
    state.publish([event(n) for n in range(40)])
    state.process()
    state.aggregate()
    return state


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stats, [*arguments])


def hit_of(state: StatsState, family: str, query: dict[str, Any]) -> dict[str, Any]:
    search = state.stores.search
    search.refresh(search.daily(family))
    pages = search.pages(search.daily(family), {"query": query, "version": True})
    return next(hit for page in pages for hit in page)


def wrong_count(state: StatsState) -> None:
    hit = hit_of(state, "record-view", {"term": {"resource": REF}})
    source = hit["_source"] | {"count": 99}
    version = hit["_version"] + 1
    action = Action("index", hit["_index"], hit["_id"], source, version=version)
    assert state.stores.search.bulk([action])[0].ok


def missing_document(state: StatsState) -> None:
    hit = hit_of(state, "usage", {"term": {"resource": REF}})
    assert state.stores.search.bulk([Action("delete", hit["_index"], hit["_id"])])[0].ok


def foreign_document(state: StatsState) -> None:
    hit = hit_of(state, "record-view", {"term": {"resource": REF}})
    action = Action("create", hit["_index"], "foreign", hit["_source"] | {"resource": "record:x"})
    assert state.stores.search.bulk([action])[0].ok


def wrong_total(state: StatsState) -> None:
    state.stores.database["statistic_totals"].update_one({"_id": REF}, {"$set": {"views": 99}})


def missing_total(state: StatsState) -> None:
    state.stores.database["statistic_totals"].delete_one({"_id": REF})


def foreign_total(state: StatsState) -> None:
    totals = state.stores.database["statistic_totals"]
    total = totals.find_one({"_id": REF})
    assert total is not None
    totals.insert_one({**total, "_id": "record:none", "id": "none"})


def wrong_month(state: StatsState) -> None:
    """A month with another sum, and one that no document speaks of; the total is their sum."""
    months = state.stores.database["statistic_months"]
    stored = months.find_one({"_id": REF})
    assert stored is not None
    month = next(iter(stored["months"]))
    wrong = {"count": 40, "unique_count": 40, "volume": 0, "last": None}
    for one in (month, "1999-01"):
        found = {"ticket": 1, "events": {"record-view": wrong}}
        months.update_one({"_id": REF}, {"$set": {f"months.{one}": found}})
    run_totals(state.aggregation_job, {(REF, "1999-02")}, set(), now=utc_now())
    total = state.stores.database["statistic_totals"].find_one({"_id": REF})
    assert total is not None
    assert total["views"] >= 80


def wrong_month_that_no_total_shows_yet(state: StatsState) -> None:
    months = state.stores.database["statistic_months"]
    wrong = {"$set": {"months.2024-03.events.record-view.count": 99}}
    assert months.update_one({"_id": REF}, wrong).matched_count


def missing_months(state: StatsState) -> None:
    state.stores.database["statistic_months"].delete_one({"_id": REF})


def wrong_row_of_a_person(state: StatsState) -> None:
    users = state.stores.database["statistic_users"]
    assert users.update_one({"user_id": "u|1"}, {"$set": {"views": 99}}).matched_count


def missing_row_of_a_person(state: StatsState) -> None:
    users = state.stores.database["statistic_users"]
    assert users.delete_one({"user_id": "u|1"}).deleted_count


def foreign_row_of_a_person(state: StatsState) -> None:
    users = state.stores.database["statistic_users"]
    row = users.find_one({"user_id": "u|1"})
    assert row is not None
    of_nobody = {"_id": row["_id"].replace("u%7C1", "nobody"), "user_id": "nobody"}
    assert of_nobody["_id"] != row["_id"]
    users.insert_one({**row, **of_nobody})


def foreign_months(state: StatsState) -> None:
    months = state.stores.database["statistic_months"]
    stored = months.find_one({"_id": REF})
    assert stored is not None
    months.insert_one({**stored, "_id": "record:none"})


def wrong_usage(state: StatsState) -> None:
    hit = hit_of(state, "usage", {"term": {"resource": REF}})
    field = next(name for name in hit["_source"] if name.startswith("total_"))
    source = hit["_source"] | {field: 99}
    version = hit["_version"] + 1
    action = Action("index", hit["_index"], hit["_id"], source, version=version)
    assert state.stores.search.bulk([action])[0].ok


def foreign_usage(state: StatsState) -> None:
    hit = hit_of(state, "usage", {"term": {"resource": REF}})
    action = Action("create", hit["_index"], "foreign", hit["_source"] | {"resource": "record:x"})
    assert state.stores.search.bulk([action])[0].ok


def missing_index(family: str, state: StatsState) -> None:
    (name,) = state.stores.search.members(state.stores.search.daily(family))
    state.stores.search.delete_index(name)


@pytest.mark.parametrize(
    "damage",
    [
        wrong_count,
        missing_document,
        foreign_document,
        wrong_usage,
        foreign_usage,
        partial(missing_index, "record-view"),
        partial(missing_index, "file-download"),
        partial(missing_index, "usage"),
        wrong_total,
        missing_total,
        foreign_total,
        wrong_month,
        wrong_month_that_no_total_shows_yet,
        missing_months,
        foreign_months,
        wrong_row_of_a_person,
        missing_row_of_a_person,
        foreign_row_of_a_person,
    ],
)
def test_damage_is_found_named_and_mended(
    damage: Callable[[StatsState], None], counted: StatsState
) -> None:
    damage(counted)
    found = run("audit")
    assert found.exit_code == 1
    assert "Run stats a" in found.output
    mended = run("audit", "--repair")
    assert mended.exit_code == 0, mended.output
    assert ": 0 differences" in mended.output
    assert run("audit").exit_code == 0


def test_missing_raw_events_are_named_and_nothing_is_made_of_what_is_left(
    counted: StatsState,
) -> None:
    before = counted.totals([REF])[REF]["views"]
    search = counted.stores.search
    search.delete_index(search.raw("record-view", "2024-03"))
    found = run("audit", "--repair")
    assert found.exit_code == 1
    assert f"record-view {DAY} site:all raw events: stored counted from 20" in found.output
    assert "or accept the loss" in found.output
    assert counted.totals([REF])[REF]["views"] == before


def test_status_says_how_it_stands_in_words(counted: StatsState) -> None:
    well = run("status")
    assert well.exit_code == 0, well.output
    assert "all is well" in well.output
    search = counted.stores.search
    search.delete_index(search.raw("record-view", "2024-03"))
    counted.publish([event(41)])
    counted.process()
    assert run("aggregate").exit_code == 1
    frozen = run("status")
    assert frozen.exit_code == 1
    assert f"FROZEN: {DAY} record-view: counted from 20 raw events, 1 are there" in frozen.output
    assert "note: 1 dead letters (raw_events_missing 1)" in frozen.output


def test_indices_that_take_no_writes_show(counted: StatsState) -> None:
    search = counted.stores.search
    index = search.raw("record-view", "2024-03")
    search._ask("PUT", f"/{index}/_settings", {"index.blocks.write": True})
    assert search.read_only_indices() == [f"{index} (write)"]
    assert "take no writes" in run("status").output


def test_the_weekly_task_notes_what_it_found(
    counted: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stats.service import create_app  # noqa: PLC0415 - reads the environment

    wrong_total(counted)
    with create_app().app_context():
        audit_task()
    noted = counted.stores.bookmarks.last_audit()
    assert noted is not None
    assert noted[1] == 1
