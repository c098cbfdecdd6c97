"""Calendar months, as COUNTER and Make Data Count count them: UTC, whole.

Pure. A month is written ``YYYY-MM``; in here it is the date of its first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from stats.times import month_of, next_month

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def first_of(day: date) -> date:
    """Return the first day of the month that ``day`` is in."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """Return the last day of the month that ``day`` is in."""
    return next_month(day) - timedelta(days=1)


def month_before(day: date) -> date:
    """Return the first day of the month before the one that ``day`` is in."""
    return first_of(first_of(day) - timedelta(days=1))


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first days of the months from that of ``first`` to that of ``last``."""
    month = first_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def month_names(first: date, last: date) -> list[str]:
    """Return ``YYYY-MM`` of the months from that of ``first`` to that of ``last``."""
    return [month_of(month) for month in months(first, last)]


def column_of(month: date) -> str:
    """Return ``Mmm-yyyy``, the head of a month's column; English, whatever the locale."""
    return f"{_NAMES[month.month - 1]}-{month.year:04d}"


def last_whole_month(counted_until: datetime | None, now: datetime) -> date | None:
    """Return the last month that is over and counted to its end; None before any is."""
    if counted_until is None:
        return None
    return month_before(min(counted_until, now).date())
