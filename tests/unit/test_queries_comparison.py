"""Which days are compared, what a change is, and when nothing is said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from stats.aggregations.types import daily
from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES
from stats.kinds.declared import build_kinds
from stats.queries.catalogue import build_catalogue, resolve_params
from stats.queries.comparison import Comparison, build_change, plan_comparison
from stats.queries.presets import parse_preset
from stats.queries.rising import rank_changes
from stats.queries.windows import Window
from stats.times import UTC

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
KINDS = build_kinds()
QUERIES = build_catalogue(daily(event_type) for event_type in EVENT_TYPES)


def day(text: str) -> date:
    return date.fromisoformat(text)


def plan(first: str, last: str, of: str, until: datetime | None = NOW) -> Comparison:
    return plan_comparison({"from": day(first), "to": day(last), "compare": of}, until)


@pytest.mark.parametrize(
    ("first", "last", "of", "days", "basis"),
    [
        # a window that is over, with as many days before
        ("2026-10-01", "2026-10-31", "previous", "2026-10-01 2026-10-31", "2026-08-31 2026-09-30"),
        ("2026-10-01", "2026-10-31", "year", "2026-10-01 2026-10-31", "2025-10-01 2025-10-31"),
        # today is not over
        ("2026-11-21", "2026-11-27", "previous", "2026-11-21 2026-11-26", "2026-11-14 2026-11-19"),
        ("2026-11-01", "2026-11-30", "year", "2026-11-01 2026-11-26", "2025-11-01 2025-11-26"),
        # leap years: the last of February is compared with the last of February
        ("2025-02-01", "2025-02-28", "year", "2025-02-01 2025-02-28", "2024-02-01 2024-02-29"),
        ("2024-02-01", "2024-02-29", "year", "2024-02-01 2024-02-29", "2023-02-01 2023-02-28"),
    ],
)
def test_whole_days_are_compared_with_as_many(
    first: str, last: str, of: str, days: str, basis: str
) -> None:
    planned = plan(first, last, of)
    found = [f"{window.first} {window.last}" for window in (planned.days, planned.basis)]
    assert found == [days, basis]


@pytest.mark.parametrize("of", ["previous", "year"])
def test_the_days_of_a_window_are_compared_with_days_that_make_up_the_basis(of: str) -> None:
    planned = plan("2023-12-30", "2024-03-02", of)
    found: list[date] = []
    for offset in range(planned.span):
        one = day("2023-12-30") + timedelta(days=offset)
        before = planned.before(Window(one, one))
        assert before.first and before.last
        length = (before.last - before.first).days + 1
        found += [before.first + timedelta(days=step) for step in range(length)]
    assert planned.basis.first and planned.basis.last
    length = (planned.basis.last - planned.basis.first).days + 1
    assert found == [planned.basis.first + timedelta(days=step) for step in range(length)]


@pytest.mark.parametrize("until", [None, datetime(2026, 11, 27, 12, tzinfo=UTC)])
def test_a_window_without_a_day_that_is_over_compares_nothing(until: datetime | None) -> None:
    planned = plan("2026-11-27", "2026-11-30", "previous", until)
    assert (planned.days, planned.reason) == (Window(), "no_whole_day")


@pytest.mark.parametrize(
    ("now", "then", "change", "percent", "reason"),
    [
        (150, 120, 30, 25.0, None),
        (80, 120, -40, -33.3, None),
        (0, 10, -10, -100.0, None),
        (500, 9, 491, None, "basis_too_small"),
        (3, 0, 3, None, "basis_too_small"),
    ],
)
def test_a_change_is_exact_and_a_per_cent_needs_a_basis(
    now: int, then: int, change: int, percent: float | None, reason: str | None
) -> None:
    assert build_change({"count": now}, {"count": then}, metrics=["count"]) == {
        "compared_count": now,
        "basis_count": then,
        "change_count": change,
        "percent_count": percent,
        "reason": reason,
    }


def test_a_basis_that_is_not_known_is_null_with_its_reason() -> None:
    assert build_change({"count": 5}, None, metrics=["count"], reason="before_first_data") == {
        "compared_count": 5,
        "basis_count": None,
        "change_count": None,
        "percent_count": None,
        "reason": "before_first_data",
    }


def test_rising_and_falling_by_difference_and_by_ratio_with_a_floor() -> None:
    now = {"a": 30, "b": 30, "new": 90, "gone": 0, "small": 9}
    then = {"a": 10, "b": 20, "gone": 40, "small": 1, "less": 5, "even": 3}
    assert rank_changes(now | {"even": 3}, then, "rising", 9) == ["new", "a", "b", "small"]
    assert rank_changes(now, then, "rising_ratio", 9) == ["a", "b"]
    assert rank_changes(now, then, "falling", 1) == ["gone"]
    assert rank_changes(now, then, "falling_ratio", 9) == ["gone"]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("last-month", "2026-10-01", "2026-10-31"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("this-year", "2026-01-01", "2026-11-27"),
        ("2025", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_query_takes_a_window_by_name(name: str, first: str, last: str) -> None:
    assert parse_preset(name, NOW.date()) == Window(day(first), day(last))
    given = {"resource": "record:r1", "window": name}
    params = resolve_params(QUERIES["record-view-total"], given, now=NOW, kinds=KINDS)
    assert (params["from"], params["to"], params["window"]) == (day(first), day(last), name)


@pytest.mark.parametrize(
    ("name", "given", "field", "said"),
    [
        ("record-view-total", {"window": "lastmonth"}, "window", "window is one of last-month, "),
        ("record-view-total", {"window": "2027"}, "window", "a year from 1990 to 2026"),
        ("record-view-histogram", {"window": "2025", "to": "2025-02-01"}, "window", "with to"),
        ("record-view-total", {"compare": "week"}, "compare", "one of previous, year"),
        ("record-view-total", {"compare": "year"}, "compare", "compare needs a window"),
        ("record-view-histogram", {"compare": "year", "window": "all"}, "compare", "first day"),
        ("record-view-top", {"sort": "rising"}, "compare", "sort=rising needs compare"),
        ("top", {"sort": "up"}, "sort", "sort must be one of value, rising, falling"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_line(
    name: str, given: dict[str, Any], field: str, said: str
) -> None:
    resource = {} if name.endswith("top") else {"resource": "record:r1"}
    with pytest.raises(InputError, match=said) as refused:
        resolve_params(QUERIES[name], {**resource, **given}, now=NOW, kinds=KINDS)
    assert refused.value.field == field
    assert "\n" not in str(refused.value)
