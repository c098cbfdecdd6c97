"""Another list of robots, applied to events that are there already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stats.events.agents import AgentFlags
from stats.ext import StatsState
from stats.retention.reflag import Reflagged, Rules, judge, run_reflag
from tests.engine.forgetting import (
    HUMAN,
    ROBOT,
    Day,
    everything,
    job_of,
    raw,
    recount,
    retain,
    send,
)

WEEKS_AGO, THIRD, SECOND, YESTERDAY = Day(40), Day(3), Day(2), Day(1)
ADDRESS = {"ip_address": "8.8.8.8"}


def swapped(agent: str) -> AgentFlags:
    """A list on which browsers are robots and Googlebot is none."""
    return AgentFlags(is_robot=agent == HUMAN, is_machine=False)


def reflag(state: StatsState, *window: Day) -> Reflagged:
    days = tuple(day.date for day in window) or (None, None)
    return run_reflag(job_of(state), days, rules=Rules(swapped, "another"))


def views(state: StatsState) -> dict[str, tuple[int, int]]:
    return {
        one["timestamp"][:10]: (one["count"], one["excluded_count"])
        for one in everything(state)["record-view"]
        if one["resource"] == "site:all"
    }


def test_the_touched_days_are_counted_as_if_the_list_had_been_that(state: StatsState) -> None:
    send(
        state,
        [
            SECOND.at("10:00:00", **ADDRESS),
            SECOND.at("23:59:50", **ADDRESS, user_agent=ROBOT),
            YESTERDAY.at("00:00:10", **ADDRESS, user_agent=ROBOT),
            YESTERDAY.at("12:00:00", **ADDRESS, via="preview"),
            THIRD.at("12:00:00"),
        ],
    )
    day = {name: one.date.isoformat() for name, one in [("second", SECOND), ("last", YESTERDAY)]}
    assert (views(state)[day["second"]], views(state)[day["last"]]) == ((1, 1), (0, 2))
    done = reflag(state, SECOND, YESTERDAY)
    # the preview is a robot's now, too, and stays excluded as a preview
    assert (done.changed, done.unjudged, done.busy) == (4, 0, ())
    # the click before midnight is pushed out by the one after it
    assert views(state)[day["second"]] == (0, 1)
    assert views(state)[day["last"]] == (1, 1)
    assert views(state)[THIRD.date.isoformat()] == (1, 0)
    reasons = {one["id"]: one.get("excluded") for one in raw(state)}
    assert sorted(map(str, reasons.values())) == ["None", "None", "None", "preview", "robot"]
    after = everything(state)
    recount(state, SECOND, YESTERDAY)
    assert everything(state) == after
    assert reflag(state, SECOND, YESTERDAY).changed == 0


def test_only_touched_days_are_recounted(state: StatsState) -> None:
    """One of the first 30 seconds concerns the day before it."""
    send(
        state,
        [
            THIRD.at("12:00:00", user_agent="Opera/9.80 (Windows NT 6.1)"),
            YESTERDAY.at("00:00:20", **ADDRESS),
        ],
    )
    assert reflag(state).days == (SECOND.date, YESTERDAY.date)


def test_scrubbed_events_are_not_judged_and_stay(state: StatsState) -> None:
    send(state, [WEEKS_AGO.at("10:00:00", user_id="anna"), YESTERDAY.at("10:00:00", **ADDRESS)])
    retain(state)
    done = reflag(state)
    assert (done.changed, done.unjudged) == (1, 1)
    assert views(state)[WEEKS_AGO.date.isoformat()] == (1, 0)


@pytest.mark.parametrize(
    ("excluded", "flags", "then"),
    [
        (None, AgentFlags(True, False), "robot"),
        ("robot", AgentFlags(False, True), None),
        ("internal", AgentFlags(True, False), "internal"),
        ("internal", AgentFlags(False, False), "internal"),
    ],
)
def test_other_reasons_stay(excluded: str | None, flags: AgentFlags, then: str | None) -> None:
    source = {"id": "1", "private": {"user_agent": "x"}}
    source |= {"excluded": excluded} if excluded else {}
    assert judge(source, Rules(lambda agent: flags, "list")).get("excluded") == then


def test_owners_are_judged_as_configured_now(state: StatsState) -> None:
    """Also without an agent, and also when they are robots."""
    own = {"user_id": "anna", "owner_id": "anna"}
    send(
        state,
        [
            YESTERDAY.at("10:00:00", **own, user_agent=None),
            YESTERDAY.at("11:00:00", **own, user_agent=ROBOT),
            YESTERDAY.at("12:00:00", **own, via="preview"),
            YESTERDAY.at("13:00:00", user_id="bob", owner_id="anna"),
        ],
    )
    day = YESTERDAY.date.isoformat()
    assert views(state)[day] == (2, 2)
    lists = state.enrichment
    with_owners = Rules(lists.read_agent, lists.robots_list)
    without = replace(with_owners, exclude_owners=True)
    done = run_reflag(job_of(state), (None, None), rules=without)
    assert (done.before, done.after) == ({"counted": 1, "robot": 1}, {"owner": 2})
    assert views(state)[day] == (1, 3)
    done = run_reflag(job_of(state), (None, None), rules=with_owners)
    assert (done.before, done.after) == ({"owner": 2}, {"counted": 1, "robot": 1})
    assert views(state)[day] == (2, 2)
