"""Which months a COUNTER report may hold, and what its header says of the others.

Pure. Invariant: a month is reported only when it is over and wholly
counted (3031 otherwise) and not older than the oldest usage that is kept
(3032); 3030 is said only of months that are covered by neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from stats.reports.counter import exceptions as ex
from stats.reports.months import first_of, last_of, last_whole_month, month_names
from stats.times import month_of

LISTED = 24
"""Months that are named one by one; more are given as a span."""


@dataclass(frozen=True)
class Availability:
    """The first month that there is usage of, and the last that is whole; None is "none"."""

    first: date | None
    last: date | None


@dataclass(frozen=True)
class Coverage:
    """``window`` is what may be read (None: nothing), ``empty`` whether it may be called empty."""

    window: tuple[date, date] | None
    remarks: tuple[ex.Remark, ...]
    may_be_empty: bool


def availability(
    oldest: datetime | None, counted_until: datetime | None, now: datetime
) -> Availability:
    """Return what is available, given the oldest usage and how far it is counted."""
    first = None if oldest is None else first_of(oldest.date())
    return Availability(first, last_whole_month(counted_until, now))


def cover(first: date, asked: date, available: Availability) -> Coverage:
    """Compare the months from ``first`` to ``asked`` (the last one's last day) to what there is."""
    wanted = month_names(first, asked)
    ready = "" if available.last is None else month_of(available.last)
    oldest = "" if available.first is None else month_of(available.first)
    late = [month for month in wanted if month > ready]
    early = [month for month in wanted if month < oldest and month <= ready]
    remarks = []
    if late:
        remarks.append(ex.Remark(ex.NOT_READY, _list(late)))
    if early:
        there = f"available from {oldest} to {ready}" if oldest <= ready else "none available"
        remarks.append(ex.Remark(ex.NO_LONGER_AVAILABLE, f"{_list(early)}; {there}"))
    left = [month for month in wanted if oldest <= month <= ready]
    return Coverage(_window(left), tuple(remarks), bool(left))


def _window(left: Sequence[str]) -> tuple[date, date] | None:
    if not left:
        return None
    first, last = (date.fromisoformat(f"{month}-01") for month in (left[0], left[-1]))
    return first, last_of(last)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= LISTED else f"{names[0]} to {names[-1]}"
