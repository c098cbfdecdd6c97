"""After late events only what they touch is written, and the numbers are those of all events."""

from __future__ import annotations

from typing import Any

from stats.ext import StatsState
from stats.stores.counted_days import NOTHING_KNOWN
from stats.stores.search import Action
from tests.engine.days.test_audit import audit

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def view(record: str, day: int, session: str) -> dict[str, Any]:
    return {
        "type": "record-view",
        "resource": f"record:{record}",
        "timestamp": f"2024-03-{day:02}T10:00:00Z",
        "session_id": session,
        "user_agent": AGENT,
    }


def count(state: StatsState, *events: dict[str, Any]) -> int:
    """Count events and return how many documents that wrote."""
    state.publish(events)
    state.process()
    return state.aggregate().documents


def views(state: StatsState, record: str) -> int:
    (total,) = state.totals([f"record:{record}"]).values()
    return int(total["views"])


def test_what_was_counted_just_before_is_not_written_again(state: StatsState) -> None:
    events = [view(f"r{n}", day, f"s{n}") for n in range(20) for day in (5, 6, 7)]
    # a record a day and the site: of views, and of COUNTER's usage
    assert count(state, *events) == 3 * 21 * 2
    assert count(state, view("r1", 6, "late")) == 4
    assert count(state, view("new", 6, "later"), view("r2", 7, "later")) == 2 * 4
    assert (views(state, "r1"), views(state, "r2"), views(state, "new")) == (4, 4, 1)
    assert audit(state)[1] == []


def test_a_late_click_that_pushes_another_out_writes_what_that_one_touched(
    state: StatsState,
) -> None:
    seen_twice = view("r1", 6, "s") | {"request_url": "/same"}
    count(state, seen_twice, view("r3", 6, "s"))
    later = seen_twice | {"resource": "record:r2", "timestamp": "2024-03-06T10:00:20Z"}
    assert count(state, later) == 6
    assert (views(state, "r1"), views(state, "r2"), views(state, "r3")) == (0, 1, 1)
    assert audit(state)[1] == []


def test_an_event_that_becomes_visible_late_counts(state: StatsState) -> None:
    count(state, view("r1", 6, "s"), view("r2", 6, "s"))
    search = state.stores.search
    search.refresh(search.raw("record-view"))
    (first, *_) = (h for hits in search.pages(search.raw("record-view"), {}) for h in hits)
    slow = first["_source"] | {"id": "slow", "session": "slow", "visitor_id": "slow"}
    (result,) = search.bulk([Action("create", first["_index"], "slow", slow)])
    assert result.ok
    assert state.aggregate().documents == 6  # of all that may have changed
    record = first["_source"]["resource"].removeprefix("record:")
    assert views(state, record) == 2
    assert audit(state)[1] == []


def test_what_an_older_snapshot_has_is_not_known(state: StatsState) -> None:
    count(state, view("r1", 6, "s"))
    state.publish([view("r1", 6, "late")])
    state.process()
    job = state.aggregation_job
    known = job.counted_days.known
    day = next(iter(job.counted_days.read_all()))
    before = known(day)
    job.counted_days.note_known(day, NOTHING_KNOWN, ticket=1)
    assert known(day) == before
    assert state.aggregate().documents == 4
    assert known(day) != before
    assert views(state, "r1") == 2
