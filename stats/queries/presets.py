"""Windows that have a name: ``last-month``, ``this-year``, a year by its number, ``all``.

Comes in: the name and today's date. Goes out: the window, or ``InputError``. Invariant: a name
means the same days in a query and on a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from stats.counting_rules import FIRST_DAY
from stats.errors import InputError
from stats.queries.windows import Interval, Window, bucket_start, shift

ALL = "all"
_YEAR = re.compile(r"[0-9]{4}")
_DAY = timedelta(days=1)


def _whole(interval: Interval, steps: int) -> Callable[[date], Window]:
    """Return the window of the whole month, quarter or year so many before today's."""

    def build(today: date) -> Window:
        start = shift(bucket_start(today, interval), interval, -steps)
        return Window(start, shift(start, interval, 1) - _DAY)

    return build


def _this_year(today: date) -> Window:
    return Window(bucket_start(today, "year"), today)


PRESETS: Mapping[str, Callable[[date], Window]] = {
    "last-month": _whole("month", 1),
    "last-quarter": _whole("quarter", 1),
    "this-year": _this_year,
    "last-year": _whole("year", 1),
}
"""Windows that have a name; beside them ``all`` and any year by its number."""


def parse_preset(name: str, today: date) -> Window:
    """Return the window of a name; that of ``all`` has no first day and ends today.

    Raises ``InputError`` naming ``window`` for any other.
    """
    if name == ALL:
        return Window(None, today)
    if name in PRESETS:
        return PRESETS[name](today)
    if _YEAR.fullmatch(name) and FIRST_DAY.year <= int(name) <= today.year:
        return Window(date(int(name), 1, 1), min(date(int(name), 12, 31), today))
    known = ", ".join(PRESETS)
    message = f"window is one of {known}, {ALL}, or a year from {FIRST_DAY.year} to {today.year}"
    raise InputError("bad_window", message, field="window")
