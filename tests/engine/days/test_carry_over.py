"""The ids that link two days go with the private fields, and every count stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from stats.cli import stats
from stats.counting_rules import CARRY_OVER_PARTITION, CARRY_OVER_VISITOR
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.times import utc_now
from tests.engine.forgetting import Day, everything, open_state, raw, recount, retain, send

BEFORE, AFTER = Day(41), Day(40)


@pytest.fixture
def state(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsState]:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)
    state = open_state(stats_namespace)
    yield state
    state.stores.search.close()


def over_midnight() -> list[dict[str, Any]]:
    """A double click of ``twice``, two records of ``other``, and one that comes anew."""
    return [
        BEFORE.at("12:00:00", session_id="other", id="noon"),
        BEFORE.at("23:59:50", session_id="twice", id="pushed-out"),
        BEFORE.at("23:59:50", session_id="other", id="last"),
        AFTER.at("00:00:10", session_id="twice", id="pushes"),
        AFTER.at("00:00:10", session_id="other", resource="record:r2", id="another"),
        AFTER.at("00:00:20", session_id="new", id="new"),
        AFTER.at("12:00:00", session_id="other", id="later"),
    ]


def by_id(state: StatsState) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in raw(state)}


def destroy_salts(state: StatsState) -> None:
    state.stores.salts.destroy(utc_now() + timedelta(days=3))


def test_ids_that_push_nothing_out_are_taken_away(state: StatsState) -> None:
    send(state, over_midnight())
    before, events = everything(state), by_id(state)
    assert events["another"][CARRY_OVER_VISITOR] == events["noon"]["visitor_id"]
    destroy_salts(state)
    retain(state)
    after = by_id(state)
    known = {one["visitor_id"] for one in after.values()}
    for name in ("another", "new"):
        assert after[name][CARRY_OVER_VISITOR] not in known
        assert after[name][CARRY_OVER_PARTITION] == after[name]["partition"]
    assert after["pushes"][CARRY_OVER_VISITOR] == after["pushed-out"]["visitor_id"]
    assert everything(state) == before
    recount(state, BEFORE, AFTER)
    assert everything(state) == before
    assert CliRunner().invoke(stats, ["audit"]).exit_code == 0
    retain(state)
    assert by_id(state) == after


def test_ids_stay_while_events_of_the_day_before_may_get_the_same(state: StatsState) -> None:
    send(state, over_midnight()[3:])
    retain(state)
    assert all("private" not in one for one in raw(state))
    send(state, over_midnight()[:3])  # late, and pushed out all the same
    counts = [
        one["count"]
        for one in everything(state)["record-view"]
        if (one["resource"], one["timestamp"][:10]) == ("record:r1", BEFORE.date.isoformat())
    ]
    assert counts == [2]  # noon and last; the other is a double click over midnight
