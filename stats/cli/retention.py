"""``stats retention``: what is older than is kept goes, and every number stays."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from functools import partial

import click

from stats.cli.context import with_stats
from stats.proxies import current_stats
from stats.retention.job import Retained
from stats.retention.run import run_retention

SHOWN = 10
say = partial(click.echo, err=True)


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@with_stats
def retention(dry_run: bool) -> None:
    """Drop raw events, scrub private fields, roll days up to months, as STATS_RETENTION says.

    Ends with exit code 1 when raw events that should go are not counted yet; they stay.
    """
    done = run_retention(current_stats.retention_job(report=say), dry_run=dry_run)
    click.echo(summary(done, dry_run=dry_run))
    if done.unsettled:
        say(f"private fields stay for now, not counted yet: {listed(done.unsettled)}")
    if done.refused:
        say(f"stats: raw events stay, not counted yet: {listed(done.refused)}; `stats aggregate`")
        sys.exit(1)


def summary(done: Retained, *, dry_run: bool) -> str:
    """Return the one line that says what was done."""
    line = (
        f"dropped {done.dropped_events} raw events, scrubbed {done.scrubbed_events},"
        f" rolled up {done.months} months, destroyed {done.salts} salts"
    )
    if done.scrubbed_letters:
        line += f", scrubbed {done.scrubbed_letters} dead letters"
    return f"would have {line}".replace(", destroyed 0 salts", "") if dry_run else line


def listed(days: Iterable[date]) -> str:
    """Return some days as text, not more than a line holds."""
    names = [day.isoformat() for day in days]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
