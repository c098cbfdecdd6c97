"""Two refs of one thing made one: exactly where raw events are, summed and marked where not."""

from __future__ import annotations

from typing import Any

import pytest

from stats.errors import InputError
from stats.ext import StatsState
from stats.retention import merge
from stats.retention.merge import MergedRefs, run_merge
from stats.times import next_month
from tests.engine.days.test_audit import audit
from tests.engine.days.test_retention import WEEKS_AGO, YEARS_AGO, YESTERDAY
from tests.engine.forgetting import Day, Event, documents, everything, job_of, raw, retain, send

OLD, NEW, BOTH = "record:old", "record:r1", "community:a"
STEPS = (
    "run_rename_retained",
    "run_rename_raw",
    "run_claims",
    "run_rename_closed",
    "run_set_totals",
)


def two_records(day: Day) -> list[Event]:
    """Two hours of anna and a session of nobody, with a double click, once they are one."""
    inside = {"parents": [BOTH]}
    anna = {"user_id": "anna", "session_id": "s", **inside}
    file = {"type": "file-download", "resource": "file:f1", "parents": [OLD, BOTH], "size": 7}
    return [
        day.at("10:00:00", resource=OLD, **anna),
        day.at("10:00:20", resource=NEW, **anna),
        day.at("11:00:00", resource=OLD, **anna),
        day.at("12:00:00", resource=OLD, session_id="t", **inside),
        day.at("13:00:00", resource=OLD, session_id="t", **inside, user_agent="Googlebot"),
        day.at("14:00:00", resource=NEW, session_id="t", **inside),
        day.at("15:00:00", **{**file, "user_id": "anna", "session_id": "s"}),
    ]


def put_under(state: StatsState, old: str = OLD, new: str = NEW) -> MergedRefs:
    return run_merge(job_of(state), old, new, merges=state.stores.merges)


def views(state: StatsState, ref: str) -> list[int]:
    """Return views, unique views, excluded and downloads of all time."""
    given = {"resource": ref, "from": "2000-01-01"}
    total = state.query("record-view-total", given)["total"]
    downloads = state.query("file-download-total", given)["total"]["count"]
    return [total["count"], total["unique_count"], total["excluded_count"], downloads]


def expect_right(state: StatsState, ref: str, expected: list[int]) -> None:
    """The numbers of both refs, in queries, totals and rankings; and the audit is silent."""
    assert views(state, ref) == expected
    totals = state.totals([ref])[ref]
    assert (totals["_id"], totals["views"], totals["unique_views"]) == (NEW, *expected[:2])
    assert totals["downloads"] == expected[3]
    given = {"kind": "record", "within": BOTH, "from": "2000-01-01"}
    top = state.query("record-view-top", given)["buckets"]
    assert [(row["resource"], row["count"]) for row in top] == [(NEW, expected[0])]
    assert state.totals([BOTH])[BOTH]["views"] == expected[0]
    assert audit(state)[1] == []


def test_sessions_are_united_where_raw_events_are(state: StatsState) -> None:
    send(state, two_records(YESTERDAY))
    assert (views(state, OLD), views(state, NEW)) == ([3, 3, 1, 1], [2, 2, 0, 0])
    done = put_under(state)
    assert (done.events, done.summed, done.busy) == (5, 0, ())
    assert YESTERDAY.date in done.days
    for ref in (OLD, NEW):
        expect_right(state, ref, [4, 3, 1, 1])
    found = everything(state)
    assert found["statistic_totals"].pop(OLD)["events"] == {}
    assert OLD not in str([raw(state), found])
    rows = state.stores.database["statistic_users"].find({"resource": NEW})
    assert [(row["user_id"], row["views"], row["downloads"]) for row in rows] == [("anna", 2, 1)]
    assert state.query("record-view-total", {"resource": OLD})["merged"] == [
        {"resource": OLD, "into": NEW, "summed_before": None}
    ]
    before = everything(state)
    assert put_under(state).events == 0
    assert everything(state) == before


def test_a_late_event_of_the_old_ref_counts_under_the_new_one(state: StatsState) -> None:
    send(state, two_records(YESTERDAY))
    put_under(state)
    send(state, [YESTERDAY.at("10:00:40", resource=OLD, user_id="anna", session_id="s")])
    send(state, [YESTERDAY.at("16:00:00", resource=OLD, session_id="t", parents=[BOTH])])
    assert views(state, OLD) == [5, 3, 1, 1]
    assert audit(state)[1] == []


def test_where_raw_events_are_gone_it_is_summed_and_marked(state: StatsState) -> None:
    send(state, [one for day in (YEARS_AGO, WEEKS_AGO, YESTERDAY) for one in two_records(day)])
    retain(state)
    done = put_under(state)
    assert done.events == 2 * 5
    assert done.summed > 0
    for ref in (OLD, NEW):  # years ago 3 + 2 views of 3 + 2 sessions, else 4 of 3
        expect_right(state, ref, [5 + 4 + 4, 5 + 3 + 3, 3, 3])
    marked = [one for one in documents(state, "record-view") if one.get("merged")]
    assert [(one["resource"], one["merged"], one["interval"]) for one in marked] == [
        (NEW, [OLD], "month")
    ]
    [said] = state.query("record-view-total", {"resource": NEW})["merged"]
    end = next_month(YEARS_AGO.date.replace(day=1)).isoformat()
    assert said == {"resource": OLD, "into": NEW, "summed_before": end}
    rows = state.stores.database["statistic_users"].find({"user_id": "anna", "resource": NEW})
    assert [row["downloads"] for row in rows] == [3]
    retain(state)
    expect_right(state, NEW, [13, 11, 3, 3])


def test_a_chain_of_merges_ends_at_the_last(state: StatsState) -> None:
    send(state, two_records(YESTERDAY))
    put_under(state, OLD, "record:between")
    put_under(state, "record:between", NEW)
    expect_right(state, OLD, [4, 3, 1, 1])
    with pytest.raises(InputError, match="is record:r1 already"):
        put_under(state, NEW, OLD)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_merge_is_completed_by_the_next(
    state: StatsState, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    send(state, [one for day in (YEARS_AGO, YESTERDAY) for one in two_records(day)])
    retain(state)
    real = getattr(merge, step)

    def killed(*args: Any, **more: Any) -> None:
        if when == "after":
            real(*args, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(merge, step, killed)
        put_under(state)
    state.aggregate()
    put_under(state)
    expect_right(state, OLD, [5 + 4, 5 + 3, 2, 2])


@pytest.mark.parametrize("new", [OLD, "dataset:d1", "user:anna"])
def test_what_cannot_be_one_is_refused(state: StatsState, new: str) -> None:
    with pytest.raises(InputError, match=r"already|of one kind"):
        put_under(state, "user:bert" if new.startswith("user") else OLD, new)
    assert state.stores.merges.read() == {}
