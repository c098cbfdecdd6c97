"""Intervals: their first days, their number, and the whole months of a window."""

from __future__ import annotations

from datetime import date

import pytest

from stats.errors import InputError
from stats.queries.windows import (
    INTERVALS,
    Window,
    bucket_start,
    check_order,
    count_buckets,
    first_whole_month,
    last_whole_month,
    list_buckets,
    usual_first,
)


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("day", date(2024, 2, 29)),
        ("week", date(2024, 2, 26)),  # a Monday
        ("month", date(2024, 2, 1)),
        ("quarter", date(2024, 1, 1)),
        ("year", date(2024, 1, 1)),
    ],
)
def test_a_bucket_begins_at_its_first_day(interval: str, start: date) -> None:
    assert bucket_start(date(2024, 2, 29), interval) == start


def test_a_week_may_begin_in_the_year_before() -> None:
    assert bucket_start(date(2025, 1, 1), "week") == date(2024, 12, 30)


def test_buckets_go_over_the_end_of_years() -> None:
    assert list_buckets(date(2023, 11, 15), date(2024, 2, 1), "month") == [
        date(2023, 11, 1),
        date(2023, 12, 1),
        date(2024, 1, 1),
        date(2024, 2, 1),
    ]
    assert list_buckets(date(2023, 11, 15), date(2024, 4, 1), "quarter") == [
        date(2023, 10, 1),
        date(2024, 1, 1),
        date(2024, 4, 1),
    ]


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_day_of_three_years_is_in_the_last_bucket_listed(interval: str) -> None:
    first = date(2023, 1, 1)
    for offset in range(3 * 365):
        last = date.fromordinal(first.toordinal() + offset)
        buckets = list_buckets(first, last, interval)
        assert buckets[-1] == bucket_start(last, interval)
        assert buckets == sorted(set(buckets))


def test_too_many_buckets_name_the_interval() -> None:
    assert count_buckets(date(1990, 1, 1), date(2017, 5, 18), "day") == 10_000
    with pytest.raises(InputError) as caught:
        list_buckets(date(1990, 1, 1), date(2017, 5, 19), "day")
    assert (caught.value.code, caught.value.field) == ("out_of_range", "interval")


@pytest.mark.parametrize(
    ("interval", "first"),
    [
        ("day", date(2025, 2, 13)),
        ("week", date(2024, 9, 16)),
        ("month", date(2024, 4, 1)),
        ("quarter", date(2023, 4, 1)),
        ("year", date(2021, 1, 1)),
    ],
)
def test_the_usual_length(interval: str, first: date) -> None:
    last = date(2025, 3, 14)
    assert usual_first(last, interval) == first
    expected = {"day": 30, "week": 26, "month": 12, "quarter": 8, "year": 5}
    assert count_buckets(first, last, interval) == expected[interval]


def test_whole_months() -> None:
    assert first_whole_month(date(2024, 3, 1)) == date(2024, 3, 1)
    assert first_whole_month(date(2024, 12, 2)) == date(2025, 1, 1)
    assert last_whole_month(date(2024, 2, 29)) == date(2024, 2, 1)
    assert last_whole_month(date(2024, 2, 28)) == date(2024, 1, 1)
    assert last_whole_month(date(2024, 1, 30)) == date(2023, 12, 1)


def test_a_window_does_not_end_before_it_begins() -> None:
    day = date(2025, 1, 2)
    check_order(Window(day, day), field="to")
    check_order(Window(day, None), field="to")
    with pytest.raises(InputError) as caught:
        check_order(Window(day, date(2025, 1, 1)), field="end_date")
    assert (caught.value.code, caught.value.field) == ("bad_window", "end_date")
