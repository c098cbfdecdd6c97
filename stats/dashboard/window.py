"""The days that a page shows.

Comes in: ``window``, ``from``, ``to``, ``days`` and ``interval`` of the address. Invariants:
there is one window, which every number, chart and export of the page follows; without
parameters it is the last thirty days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stats.errors import InputError
from stats.queries.parameters import INTERVAL, parse_date
from stats.queries.presets import parse_preset
from stats.queries.windows import Interval, readable_interval

PARAMETERS = ("window", "from", "to", "days", "interval")
DAYS = (7, 30, 90, 365)
"""Windows offered by their length, up to today."""

DEFAULT_DAYS = 30
MOST_DAYS = 3_660

_NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class Window:
    """From ``first`` to ``last``, both inclusive, in UTC.

    ``chosen`` is the interval that the address names, ``preset`` the name it has for the days.
    """

    first: date
    last: date
    chosen: Interval | None = None
    preset: str | None = None

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1

    @property
    def interval(self) -> Interval:
        """Return the interval of histories: the one chosen, or the one that reads best."""
        return self.chosen or readable_interval(self.days)

    @property
    def params(self) -> dict[str, str]:
        """Return the window as parameters of a named query."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def parse_window(args: Mapping[str, str], today: date, *, since: Callable[[], date]) -> Window:
    """Return the window of an address; raise ``InputError`` when it is none.

    ``since`` returns the first day that has numbers, and is asked for ``window=all`` alone.
    """
    given = [name for name in ("window", "days", "from", "to") if args.get(name)]
    if len(given) > 1 and given != ["from", "to"]:
        message = f"{given[0]} cannot be given with {' or '.join(given[1:])}"
        raise InputError("bad_window", message, field=given[0])
    chosen = INTERVAL.parse(args["interval"], "interval") if args.get("interval") else None
    if args.get("window"):
        window = _parse_preset(args["window"], today, since)
    elif given == ["days"] or not given:
        window = _last_days(_parse_days(args.get("days") or str(DEFAULT_DAYS)), today)
    else:
        window = _parse_bounds(args, today)
    return replace(window, chosen=chosen, preset=args.get("window"))


def _parse_preset(name: str, today: date, since: Callable[[], date]) -> Window:
    named = parse_preset(name, today)
    last = named.last or today
    return Window(named.first or min(since(), last), last)


def _parse_bounds(args: Mapping[str, str], today: date) -> Window:
    last = parse_date(args["to"], "to") if args.get("to") else today
    default = last - timedelta(days=DEFAULT_DAYS - 1)
    first = parse_date(args["from"], "from") if args.get("from") else default
    if last < first:
        raise InputError("bad_window", "to is before from", field="to")
    return Window(first, last)


def _parse_days(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST_DAYS:
        raise InputError("out_of_range", f"days must be from 1 to {MOST_DAYS}", field="days")
    return int(text)


def _last_days(days: int, today: date) -> Window:
    return Window(today - timedelta(days=days - 1), today)
