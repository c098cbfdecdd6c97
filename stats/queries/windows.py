"""Windows of days and the intervals that divide them, in UTC.

Comes in: first and last day, both inclusive, and the name of an interval.
Goes out: the first days of the buckets. Invariant: weeks begin on
Monday, quarters in January, April, July and October, and the first bucket is
the one that the window's first day is in, whole or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from stats.counting_rules import FIRST_DAY
from stats.errors import InputError

Interval = Literal["day", "week", "month", "quarter", "year"]
INTERVALS: tuple[Interval, ...] = get_args(Interval)

MAX_BUCKETS = 10_000
"""Buckets that one histogram has at most: 27 years of days."""

USUAL_BUCKETS: dict[Interval, int] = {"day": 30, "week": 26, "month": 12, "quarter": 8, "year": 5}
"""Buckets of a histogram when the caller names no first day."""

_READABLE: tuple[tuple[Interval, int], ...] = (("day", 120), ("week", 800), ("month", 2_200))
"""Intervals, and the days up to which a history in them can be read."""

_MONTHS: dict[Interval, int] = {"month": 1, "quarter": 3, "year": 12}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Days from ``first`` to ``last``, both inclusive; None is no bound on that side."""

    first: date | None = None
    last: date | None = None


def list_days(window: Window) -> list[date]:
    """Return the days of a bounded window; none of one that ends before it begins."""
    if window.first is None or window.last is None:
        return []
    count = (window.last - window.first).days + 1
    return [window.first + timedelta(days=offset) for offset in range(count)]


def check_order(window: Window, *, field: str) -> None:
    """Raise ``InputError`` naming ``field`` if the window ends before it begins."""
    if window.first and window.last and window.last < window.first:
        message = f"{field} ({window.last}) is before the first day ({window.first})"
        raise InputError("bad_window", message, field=field)


def bucket_start(day: date, interval: Interval) -> date:
    """Return the first day of the bucket that ``day`` is in."""
    if interval == "day":
        return day
    if interval == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[interval]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def count_buckets(first: date, last: date, interval: Interval) -> int:
    """Return how many buckets the days from ``first`` to ``last`` are in."""
    begin, end = bucket_start(first, interval), bucket_start(last, interval)
    if interval in _MONTHS:
        return (_month_number(end) - _month_number(begin)) // _MONTHS[interval] + 1
    return (end - begin).days // _days(interval) + 1


def count_points(params: Mapping[str, Any]) -> int:
    """Return how many buckets an answer to resolved parameters has at most."""
    if params.get("interval"):
        first = params["from"] or FIRST_DAY
        return min(count_buckets(first, params["to"], params["interval"]), MAX_BUCKETS)
    return int(params.get("size") or 1)


def readable_interval(days: int | None) -> Interval:
    """Return the interval in which a history of so many days reads best; None: of all time."""
    if days is None:
        return "month"
    return next((name for name, longest in _READABLE if days <= longest), "quarter")


def list_buckets(first: date, last: date, interval: Interval) -> list[date]:
    """Return the first days of all buckets from ``first`` to ``last``, none left out.

    Raises ``InputError`` naming ``interval`` above :data:`MAX_BUCKETS`.
    """
    wanted = count_buckets(first, last, interval)
    if wanted > MAX_BUCKETS:
        message = f"{wanted} buckets; at most {MAX_BUCKETS}: take a longer interval"
        raise InputError("out_of_range", message, field="interval")
    begin = bucket_start(first, interval)
    return [shift(begin, interval, step) for step in range(wanted)]


def shift(start: date, interval: Interval, steps: int) -> date:
    """Return the first day of the bucket ``steps`` after the one beginning at ``start``."""
    if interval not in _MONTHS:
        return start + timedelta(days=_days(interval) * steps)
    number = _month_number(start) + _MONTHS[interval] * steps
    return date(number // 12, number % 12 + 1, 1)


def usual_first(last: date, interval: Interval) -> date:
    """Return the first day of a histogram that ends at ``last`` and has the usual length."""
    return shift(bucket_start(last, interval), interval, 1 - USUAL_BUCKETS[interval])


def first_whole_month(first: date) -> date:
    """Return the first day of the first month that begins at ``first`` or later."""
    start = bucket_start(first, "month")
    return start if start == first else shift(start, "month", 1)


def last_whole_month(last: date) -> date:
    """Return the first day of the last month that ends at ``last`` or earlier."""
    start = bucket_start(last, "month")
    return start if (last + _ONE_DAY).day == 1 else shift(start, "month", -1)


def _days(interval: Interval) -> int:
    return 7 if interval == "week" else 1


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
