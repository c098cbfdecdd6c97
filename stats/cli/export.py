"""``stats export``: events to OpenAIRE, dataset reports to DataCite."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click

from stats.cli.backup import add_exports
from stats.cli.context import with_stats
from stats.cli.days import DAY
from stats.exports.monthly import run_monthly
from stats.exports.openaire import Due, run_dry, run_openaire, run_waiting
from stats.proxies import current_stats
from stats.times import iso_ms, utc_now
from stats.wiring import build_datacite, build_openaire

MONTH = click.DateTime(["%Y-%m"])
FOUND_WRONG = 1


@click.group()
def export() -> None:
    """Usage sent to services elsewhere, and parts of this installation for a back-up."""


add_exports(export)


@export.command()
@click.option("--from", "first", type=DAY, help="First run only: leave out all before.")
@click.option("--to", "last", type=DAY, help="Send what happened up to this day.")
@click.option("--dry-run", is_flag=True, help="Count what would be sent; send nothing.")
@with_stats
def openaire(first: datetime | None, last: datetime | None, dry_run: bool) -> None:
    """Send the counted events that were not sent yet; exit 1 if some were refused."""
    stores = current_stats.stores
    job = build_openaire(current_stats.settings, stores, current_stats.definitions)
    until = stores.bookmarks.counted_until()
    due = Due(until, utc_now(), first=_day(first), last=_day(last))
    result = run_dry(job, due) if dry_run else run_openaire(job, due)
    if result.sent or result.refused or result.skipped:
        verb = "would send" if dry_run else "sent"
        click.echo(f"{verb} {result.sent}, refused {result.refused}, skipped {result.skipped}")
    else:
        click.echo(_nothing_due(until))
    if waiting := run_waiting(job, due):
        click.echo(_not_due(waiting, until, last))
    if result.refused:
        sys.exit(FOUND_WRONG)


@export.command()
@click.option("--month", type=MONTH, help="Submit this month again, or before it is over.")
@with_stats
def datacite(month: datetime | None) -> None:
    """Submit the dataset report of the last whole month, unless it is there."""
    service = build_datacite(current_stats.settings, current_stats.stores)
    done = run_monthly(service, current_stats.reporter, now=utc_now(), month=_day(month))
    if done is None:
        click.echo("nothing to submit")
    elif done.id is None:
        click.echo("no dataset was used in that month")
    else:
        click.echo(f"submitted {done.datasets} datasets in {done.parts} parts as {done.id}")


def _nothing_due(until: datetime | None) -> str:
    if until is None:
        return "nothing is due: nothing is counted yet"
    return f"nothing is due: what was counted until {iso_ms(until)} is sent"


def _not_due(waiting: int, until: datetime | None, last: datetime | None) -> str:
    """Say how many events wait, and what for."""
    events = f"not due yet: {waiting} event{'s' if waiting > 1 else ''}"
    if last is not None:
        return f"{events}, after {last:%Y-%m-%d} or not counted yet"
    when = f" (counted until {iso_ms(until)})" if until else ""
    return f"{events} not counted yet{when}; stats aggregate counts them"


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
