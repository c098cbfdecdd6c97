"""A record that moves within a day, on real engines: what is asked within a container adds up."""

from __future__ import annotations

from stats.ext import StatsState
from stats.reports.breakdown import parse_breakdown, run_breakdown
from tests.engine.days.test_audit import audit
from tests.engine.forgetting import Day, Event, recount, retain, send

YEARS_AGO, YESTERDAY = Day(6 * 366), Day(1)
A, B, C = "community:a", "community:b", "collection:c"


def moving_day(day: Day) -> list[Event]:
    """r1 is in A, then in B; r2 is in A all day; both are in C. One robot looks at r1 in B."""
    before, after = {"parents": [A, C]}, {"parents": [B, C]}
    file = {"type": "file-download", "resource": "file:f1"}
    return [
        day.at("10:00:00", session_id="s", **before),
        day.at("10:10:00", session_id="t", **before),
        day.at("10:20:00", session_id="s", resource="record:r2", **before),
        day.at("11:00:00", session_id="s", **after),
        day.at("11:00:00", session_id="u", **after, user_agent="Googlebot"),
        day.at("09:00:00", session_id="s", **file, parents=["record:r1", A, C], size=5),
        day.at("12:00:00", session_id="s", **file, parents=["record:r1", B, C], size=7),
    ]


def ranked(state: StatsState, event: str, within: str) -> dict[str, list[int]]:
    answer = state.query(f"{event}-top", {"within": within, "kind": "record", "from": "2000-01-01"})
    names = ("count", "unique_count", "volume")
    return {row["resource"]: [row[name] for name in names] for row in answer["buckets"]}


def expect_parts(state: StatsState, days: int) -> None:
    """The rows by hand; what a container ranks adds up to its own number."""
    views = {within: ranked(state, "record-view", within) for within in (A, B, C)}
    assert views == {
        A: {"record:r1": [2 * days, 2 * days, 0], "record:r2": [days, days, 0]},
        B: {"record:r1": [days, days, 0]},
        C: {"record:r1": [3 * days, 2 * days, 0], "record:r2": [days, days, 0]},
    }
    downloads = {within: ranked(state, "file-download", within) for within in (A, B, C)}
    assert downloads == {
        A: {"record:r1": [days, days, 5 * days]},
        B: {"record:r1": [days, days, 7 * days]},
        C: {"record:r1": [2 * days, days, 12 * days]},
    }
    for metric, parts in (("views", views), ("downloads", downloads)):
        for within, rows in parts.items():
            given = {"within": within, "kind": "record", "metric": metric, "from": "2000-01-01"}
            top = state.query("top", given)["buckets"]
            assert {row["resource"]: row["value"] for row in top} == {
                ref: numbers[0] for ref, numbers in rows.items()
            }
            own = state.totals([within])[within][metric]
            assert sum(numbers[0] for numbers in rows.values()) == own


def divided(state: StatsState, metric: str, within: str = "site:all") -> dict[str, int]:
    given = {"by": "community", "metric": metric, "within": within, "from": "2000-01-01"}
    sources = state.reporter.sources
    asked = parse_breakdown(given, kinds=state.kinds, dimensions=sources.dimensions)
    answer = run_breakdown(asked, sources)
    assert sum(bucket["value"] for bucket in answer["buckets"]) == answer["total"]
    return {bucket["key"]: bucket["value"] for bucket in answer["buckets"]}


def expect_buckets(state: StatsState, days: int) -> None:
    """A division by community credits each with what happened while things were in it."""
    for within in ("site:all", C):
        assert divided(state, "views", within) == {A: 3 * days, B: days}
        assert divided(state, "downloads", within) == {A: days, B: days}
        assert divided(state, "volume", within) == {B: 7 * days, A: 5 * days}


def test_what_is_asked_within_a_container_adds_up_to_its_own(state: StatsState) -> None:
    """Counted event by event, counted whole, and rolled up to a month."""
    events = moving_day(YEARS_AGO) + moving_day(YESTERDAY)
    for event in reversed(events):
        send(state, [event])
    expect_parts(state, 2)
    expect_buckets(state, 2)
    assert audit(state)[1] == []
    recount(state, YEARS_AGO, YESTERDAY)
    expect_parts(state, 2)
    retain(state)
    expect_parts(state, 2)
    expect_buckets(state, 2)
    assert audit(state)[1] == []
