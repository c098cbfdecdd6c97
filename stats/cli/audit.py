"""``stats audit``: raw events = daily documents = totals?"""

from __future__ import annotations

import sys
from datetime import datetime
from time import sleep

import click

from stats.audit.differences import Difference
from stats.audit.job import AuditJob
from stats.audit.run import run_audit
from stats.cli.aggregate import DAY
from stats.cli.context import with_stats
from stats.cli.retention import listed, say
from stats.errors import InputError
from stats.proxies import current_stats
from stats.times import utc_now


@click.command()
@click.option("--from", "start", type=DAY, help="First day to count anew.")
@click.option("--to", "end", type=DAY, help="Last day to count anew.")
@with_stats
def audit(start: datetime | None, end: datetime | None) -> None:
    """Count days anew from raw events, and compare them, their sums and the totals.

    Changes nothing. Each difference is a line on stdout; with any, the exit code is 1.
    """
    if start and end and end < start:
        raise InputError("bad_window", "--to is before --from", field="to")
    job = AuditJob(current_stats.aggregation_job, utc_now, sleep, _print, say)
    window = (start.date() if start else None, end.date() if end else None)
    done = run_audit(job, window)
    if done.waiting:
        say(f"not compared, since they wait to be counted: {listed(done.waiting)}")
    click.echo(
        f"compared {done.documents} documents of {done.days} days, {done.totals} totals,"
        f" {done.people} rows of people: {done.differences} differences"
    )
    if done.differences:
        sys.exit(1)


def _print(difference: Difference) -> None:
    click.echo(str(difference))
