"""The options ``--from`` and ``--to`` of commands: days, both inclusive."""

from __future__ import annotations

from datetime import date, datetime

import click

from stats.errors import InputError

DAY = click.DateTime(["%Y-%m-%d"])


def read_days(start: datetime | None, end: datetime | None) -> tuple[date | None, date | None]:
    """Return the first and the last day; raise ``InputError`` where the last is before it."""
    if start and end and end < start:
        raise InputError("bad_window", "--to is before --from", field="to")
    return (start.date() if start else None, end.date() if end else None)
