"""Change: the whole days of a window beside as many earlier days.

Pure. ``previous`` compares each day with the one that is the window's length before it,
``year`` with the same date of the year before. Invariants: a day that is not over and counted
is not compared; the buckets of a history add up to the change of the total; where nothing can be
said, the numbers are null and ``reason`` says why (:data:`REASONS`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from stats.errors import InputError
from stats.queries.windows import Window

PREVIOUS, YEAR = "previous", "year"
BASES = (PREVIOUS, YEAR)

LEAST_BASIS = 10
"""Of fewer events no per cent is given: a handful more or less is chance, not change."""

NO_WHOLE_DAY = "no_whole_day"
BEFORE_FIRST_DATA = "before_first_data"
ROLLED_UP = "rolled_up"
BASIS_TOO_SMALL = "basis_too_small"
REASONS = (NO_WHOLE_DAY, BEFORE_FIRST_DATA, ROLLED_UP, BASIS_TOO_SMALL)
"""No day of the window is over and counted; the earlier days begin before anything was counted;
a month of them is known only as a whole; fewer than :data:`LEAST_BASIS` events."""

_PARTS = ("compared", "basis", "change", "percent")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Comparison:
    """What is compared: ``days``, the counted whole days of a window of ``span`` days."""

    of: str
    days: Window
    span: int
    first_data: date | None = None
    reason: str | None = None

    def earlier(self, day: date) -> date:
        """Return the day that ``day`` is compared with; 29 February has none of its own."""
        if self.of == PREVIOUS:
            return day - timedelta(days=self.span)
        leap = (day.month, day.day) == (2, 29)
        return date(day.year - 1, 3, 1) if leap else day.replace(year=day.year - 1)

    def before(self, days: Window) -> Window:
        """Return the days that some of the compared ``days`` are compared with."""
        if days.first is None or days.last is None:
            return Window()
        return Window(self.earlier(days.first), self.earlier(days.last + _DAY) - _DAY)

    @property
    def basis(self) -> Window:
        """Return the days that all are compared with."""
        return self.before(self.days)


def check_comparable(params: Mapping[str, Any], today: date) -> Mapping[str, Any]:
    """Return parameters whose window has an end where there is something to compare.

    Raises ``InputError`` naming ``compare`` for a window without a first day.
    """
    if not params.get("compare"):
        return params
    if params["from"] is None:
        message = "compare needs a window with a first day: give from, or a window but all"
        raise InputError("bad_window", message, field="compare")
    return {**params, "to": params["to"] or today}


def plan_comparison(params: Mapping[str, Any], counted_until: datetime | None) -> Comparison:
    """Return which days of the window are compared: those before the day that is not over."""
    first, last = params["from"], params["to"]
    span = (last - first).days + 1
    over = counted_until.date() - _DAY if counted_until else first - _DAY
    days = Window(first, min(last, over))
    if over < first:
        return Comparison(params["compare"], Window(), span, reason=NO_WHOLE_DAY)
    return Comparison(params["compare"], days, span)


def list_columns(metrics: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a comparison adds to a row: four of each metric, and ``reason``."""
    return (*(f"{part}_{name}" for name in metrics for part in _PARTS), "reason")


def build_change(
    row: Mapping[str, Any] | None,
    earlier: Mapping[str, Any] | None,
    *,
    metrics: Sequence[str],
    reason: str | None = None,
) -> dict[str, Any]:
    """Return the columns of :func:`list_columns`.

    ``row`` has the numbers of the compared days and ``earlier`` those of the basis, None where
    they are not known. ``percent_`` is of the basis, rounded to a tenth. The first of
    ``metrics`` says whether the basis is large enough.
    """
    known = row is not None and earlier is not None and reason is None
    small = earlier is not None and earlier[metrics[0]] < LEAST_BASIS
    built: dict[str, Any] = {}
    for name in metrics:
        now, then = (row or {}).get(name), earlier[name] if known and earlier else None
        change = now - then if known and now is not None and then is not None else None
        percent = _percent(change, then) if not small else None
        values = (now, then, change, percent)
        built |= {f"{part}_{name}": value for part, value in zip(_PARTS, values, strict=True)}
    return {**built, "reason": reason or (BASIS_TOO_SMALL if small else None)}


def _percent(change: int | None, basis: int | None) -> float | None:
    return round(100 * change / basis, 1) if change is not None and basis else None


def describe(comparison: Comparison) -> dict[str, Any]:
    """Return the days of a comparison for an answer, as JSON values."""
    days = {
        "from": comparison.days.first,
        "to": comparison.days.last,
        "basis_from": comparison.basis.first,
        "basis_to": comparison.basis.last,
        "first_data": comparison.first_data,
    }
    texts = {name: day.isoformat() if day else None for name, day in days.items()}
    return {**texts, "reason": comparison.reason}
