"""A rolled-up month that a window cuts is named, in reports and divisions too."""

from __future__ import annotations

from typing import Any

from stats.ext import StatsState
from stats.reports.breakdown import parse_breakdown, run_breakdown
from stats.reports.metrics import build_head, parse_metrics, run_metrics
from tests.engine.forgetting import Day, retain, send

YEARS_AGO = Day(6 * 366)
MONTH = f"{YEARS_AGO.date:%Y-%m}"


def divided(state: StatsState, by: str, **given: str) -> dict[str, Any]:
    sources = state.reporter.sources
    asked = parse_breakdown(
        {"by": by, "metric": "views", **given}, kinds=state.kinds, dimensions=sources.dimensions
    )
    return run_breakdown(asked, sources)


def reported(state: StatsState, name: str, **given: str) -> tuple[dict[str, Any], int]:
    answer = run_metrics(parse_metrics(name, given, kinds=state.kinds), state.reporter.sources)
    return build_head(answer), len(list(answer.rows))


def test_a_month_that_is_cut_is_named_and_a_whole_one_is_there(state: StatsState) -> None:
    send(state, [YEARS_AGO.at("10:00:00", session_id="s"), Day(1).at("10:00:00", session_id="s")])
    retain(state)
    cut, whole = {"from": f"{MONTH}-02"}, {"from": f"{MONTH}-01"}
    for by in ("country", "record"):
        found = divided(state, by, **cut)
        assert (found["coarse"], found["total"]) == ([MONTH], 1)
        found = divided(state, by, **whole)
        assert ("coarse" in found, found["total"]) == (False, 2)
    assert divided(state, "country", within="record:other", **cut).get("coarse") is None
    for name in ("metrics", "records", "records_by_user"):
        assert reported(state, name, **cut)[0]["coarse"] == [MONTH]
        assert "coarse" not in reported(state, name, **whole)[0]
        assert "coarse" not in reported(state, name)[0]
    assert "coarse" not in reported(state, "files", **cut)[0]
    assert reported(state, "records", **cut)[1] == 1
