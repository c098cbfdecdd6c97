"""Raw events or daily documents that are gone: no number shrinks without a word."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.stores.search import Action

REF = "record:r"
DAY, OTHER = date(2024, 3, 5), date(2024, 4, 6)
EVENTS = 20


@pytest.fixture(autouse=True)
def _settings(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)


def event(number: int, day: date = DAY) -> dict[str, Any]:
    time = f"{day}T10:{number:02d}:00Z"
    return {
        "type": "record-view",
        "id": f"{day}-{number}",
        "resource": REF,
        "timestamp": time,
        "request_url": f"/{number}",
        "session_id": f"s{number}",
    }


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stats, [*arguments])


def count(state: StatsState, *events: dict[str, Any]) -> Result:
    state.publish(events)
    state.process()
    return run("aggregate")


def views(state: StatsState) -> int:
    return int(state.totals([REF])[REF]["views"])


@pytest.fixture
def counted(state: StatsState) -> StatsState:
    """Two days that are counted."""
    events = [event(n) for n in range(EVENTS)] + [event(n, OTHER) for n in range(3)]
    assert count(state, *events).exit_code == 0
    assert views(state) == EVENTS + 3
    return state


def codes(state: StatsState) -> list[str]:
    return [letter.code for letter in state.stores.dead_letters.read()]


def test_a_day_whose_raw_index_is_gone_keeps_its_numbers_and_says_so(counted: StatsState) -> None:
    search = counted.stores.search
    search.delete_index(search.raw("record-view", "2024-03"))
    refused = count(counted, event(30), event(31, OTHER))
    assert refused.exit_code == 1
    assert f"refused {DAY} record-view: counted from {EVENTS} raw events, 1 are" in refused.output
    assert "--accept-missing" in refused.output
    assert views(counted) == EVENTS + 4, "the other day is counted"
    assert codes(counted) == ["raw_events_missing"]
    again = count(counted, event(32))
    assert again.exit_code == 0
    assert codes(counted) == ["raw_events_missing"] * 2, "processing knows the day by now"
    assert views(counted) == EVENTS + 4
    redo = run("aggregate", "--from", str(DAY), "--to", str(DAY))
    assert (redo.exit_code, views(counted)) == (1, EVENTS + 4)


def test_when_the_raw_events_are_back_all_are_counted(counted: StatsState) -> None:
    search = counted.stores.search
    search.delete_index(search.raw("record-view", "2024-03"))
    count(counted, event(30))
    counted.stores.counted_days.accept([])  # nothing accepted
    counted.stores.database["counted_days"].delete_many({"kind": "refused"})  # as if restored
    again = count(counted, *[event(n) for n in range(EVENTS)])
    assert again.exit_code == 0
    replay = run("events", "dead-letters", "replay")
    assert replay.exit_code == 0, replay.output
    counted.process()
    run("aggregate")
    assert views(counted) == EVENTS + 4
    assert codes(counted) == []
    assert run("audit").exit_code == 0


def test_a_loss_can_be_accepted(counted: StatsState) -> None:
    search = counted.stores.search
    search.delete_index(search.raw("record-view", "2024-03"))
    count(counted, event(30))
    done = run("aggregate", "--from", str(DAY), "--to", str(DAY), "--accept-missing")
    assert done.exit_code == 0
    assert views(counted) == 3
    run("events", "dead-letters", "replay")
    counted.process()
    assert run("aggregate").exit_code == 0
    assert views(counted) == 4


def test_a_withdrawal_may_make_a_day_smaller(counted: StatsState) -> None:
    search, days = counted.stores.search, counted.stores.counted_days
    days.withdraw(DAY, {"record-view": 1})
    names = search.raw("record-view", "2024-03")
    hit = next(hit for page in search.pages(names, {}) for hit in page)
    assert search.bulk([Action("delete", hit["_index"], hit["_id"])])[0].ok
    done = run("aggregate", "--from", str(DAY), "--to", str(DAY))
    assert (done.exit_code, views(counted)) == (0, EVENTS + 2)


@pytest.mark.parametrize("family", ["record-view", "usage"])
def test_daily_documents_that_vanish_are_built_again(counted: StatsState, family: str) -> None:
    search = counted.stores.search
    search.delete_index(search.daily(family, "2024-03"))
    again = run("aggregate")
    assert again.exit_code == 0
    assert f"{DAY} " in again.output
    assert "counted 1 days" in again.output
    assert run("audit").exit_code == 0
    assert "counted 0 days" in run("aggregate").output
