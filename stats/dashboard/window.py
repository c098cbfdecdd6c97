"""The days that a page shows.

Comes in: ``from``, ``to`` and ``days`` of the address. What always holds: there
is a window; without parameters it is the last thirty days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from stats.errors import InputError
from stats.queries.parameters import parse_date

PARAMETERS = ("from", "to", "days")
PRESETS = (7, 30, 90, 365)
DEFAULT_DAYS = 30
MOST_DAYS = 3_660
_LONG = 120
_NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class Window:
    """From ``first`` to ``last``, both inclusive, in UTC."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1

    @property
    def interval(self) -> str:
        """Return the interval that a history of the window is read best in."""
        return "week" if self.days > _LONG else "day"

    @property
    def params(self) -> dict[str, str]:
        """Return the window as parameters of a named query."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def parse_window(args: Mapping[str, str], today: date) -> Window:
    """Return the window of an address; raise ``InputError`` when it is none."""
    if args.get("from") or args.get("to"):
        if args.get("days"):
            raise InputError("bad_window", "days cannot be given with from or to", field="days")
        last = parse_date(args["to"], "to") if args.get("to") else today
        default = last - timedelta(days=DEFAULT_DAYS - 1)
        first = parse_date(args["from"], "from") if args.get("from") else default
        if last < first:
            raise InputError("bad_window", "to is before from", field="to")
        return Window(first, last)
    days = _parse_days(args.get("days") or str(DEFAULT_DAYS))
    return Window(today - timedelta(days=days - 1), today)


def _parse_days(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST_DAYS:
        raise InputError("out_of_range", f"days must be from 1 to {MOST_DAYS}", field="days")
    return int(text)
