"""``stats aggregate``: count what is not counted yet, or some days again."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from time import monotonic, sleep

import click

from stats.cli.context import wait_seconds, with_stats
from stats.cli.days import DAY, read_days
from stats.errors import InputError
from stats.proxies import current_stats
from stats.times import iso_ms

MEND = (
    "Bring the raw events back (a snapshot, or stats import events) and count the day again"
    " (stats aggregate --from --to), or accept the loss (the same with --accept-missing)"
)
_PAUSE = 1.0
"""Seconds between two looks whether a day is free."""


@click.command()
@click.argument("types", nargs=-1)
@click.option("--from", "start", type=DAY, help="First day to count again.")
@click.option("--to", "end", type=DAY, help="Last day to count again.")
@click.option(
    "--accept-missing",
    is_flag=True,
    help="Count the days from the raw events that are there, though some are missing.",
)
@with_stats
def aggregate(
    types: tuple[str, ...], start: datetime | None, end: datetime | None, accept_missing: bool
) -> None:
    """Count the days that have new events; with --from and --to, those days again.

    TYPES are checked; a day is always counted for all of them, since COUNTER's
    figures unite types. Days that other workers hold are left to them and named, and
    the exit code is 1; with --wait they are waited for, and counted should their worker die.
    """
    for name in types:
        if name not in current_stats.event_types:
            raise InputError("unknown_type", f"there is no event type {name}", field="TYPE")
    window = _window(start, end)
    if accept_missing:
        _accept(window)
    result = current_stats.aggregate(window, report=_report)
    end_of_wait = monotonic() + wait_seconds()
    while result.left and monotonic() < end_of_wait:
        sleep(_PAUSE)
        result = result.plus(current_stats.aggregate(report=_report))
    click.echo(f"counted {result.days} days, wrote {result.documents} documents")
    for held in result.left:
        click.echo(f"left {held.day} to {held.holder}, free at {iso_ms(held.until)}", err=True)
    for missing in result.missing:
        click.echo(f"refused {missing}. {MEND}", err=True)
    if result.left or result.missing:
        sys.exit(1)


def _window(start: datetime | None, end: datetime | None) -> tuple[date, date] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InputError("missing", "give both --from and --to", field="from")
    read_days(start, end)
    return start.date(), end.date()


def _accept(window: tuple[date, date] | None) -> None:
    if window is None:
        raise InputError("missing", "--accept-missing needs --from and --to", field="from")
    first, last = window
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    current_stats.stores.counted_days.accept(days)


def _report(day: date, documents: int) -> None:
    click.echo(f"{day} {documents} documents", err=True)
