"""``stats audit``: raw events = daily documents = totals?"""

from __future__ import annotations

import sys
from datetime import datetime
from time import sleep

import click

from stats.audit.days import Window
from stats.audit.differences import Difference
from stats.audit.job import Audited, AuditJob
from stats.audit.mending import find_mend, run_repair
from stats.audit.run import run_audit
from stats.cli.context import with_stats
from stats.cli.days import DAY, read_days
from stats.cli.retention import listed, say
from stats.proxies import current_stats


@click.command()
@click.option("--from", "start", type=DAY, help="First day to count anew.")
@click.option("--to", "end", type=DAY, help="Last day to count anew.")
@click.option("--repair", is_flag=True, help="Count again what differs, then compare once more.")
@with_stats
def audit(start: datetime | None, end: datetime | None, repair: bool) -> None:
    """Count days anew from raw events, and compare them, their sums and the totals.

    Changes nothing without --repair. Each difference is a line on stdout, and what mends it one
    on stderr; with any that stays, the exit code is 1.
    """
    found: list[Difference] = []
    clock = current_stats.stores.clock
    job = AuditJob(current_stats.aggregation_job, clock, sleep, found.append, say)
    window = read_days(start, end)
    done = run_audit(job, window)
    _print(found)
    if repair and found:
        done = _repair(job, found, window)
    if window == (None, None):
        current_stats.stores.bookmarks.note_audit(clock(), done.differences)
    if done.waiting:
        say(f"not compared, since they wait to be counted: {listed(done.waiting)}")
    click.echo(
        f"compared {done.documents} documents of {done.days} days, {done.totals} totals,"
        f" {done.people} rows of people: {done.differences} differences"
    )
    if done.differences:
        sys.exit(1)


def _repair(job: AuditJob, found: list[Difference], window: Window) -> Audited:
    done = run_repair(job, found)
    say(
        f"counted {len(done.days)} days again, set {len(done.refs)} totals and"
        f" {len(done.pairs)} rows of people"
    )
    found.clear()
    again = run_audit(job, window)
    _print(found)
    return again


def _print(found: list[Difference]) -> None:
    for difference in found:
        click.echo(str(difference))
    for mend in dict.fromkeys(map(find_mend, found)):
        say(mend)
