"""``stats import-legacy``: what invenio-stats 5 to 7 stored."""

from __future__ import annotations

from datetime import datetime

import click

from stats.cli.context import with_stats
from stats.cli.days import DAY, read_days
from stats.cli.retention import listed, say
from stats.legacy.run import LegacyJob, TakenOver, run_take_over
from stats.proxies import current_stats
from stats.times import utc_now


@click.command("import-legacy")
@click.option("--source-prefix", required=True, help="What begins the names of its indices.")
@click.option("--from", "start", type=DAY, help="First day to take over.")
@click.option("--to", "end", type=DAY, help="Last day to take over.")
@with_stats
def import_legacy(source_prefix: str, start: datetime | None, end: datetime | None) -> None:
    """Take over raw events of invenio-stats where there are any, else its daily numbers.

    Safe to repeat.
    """
    window = read_days(start, end)
    job = LegacyJob(current_stats.aggregation_job, source_prefix, window, utc_now, say)
    done = run_take_over(job)
    _warn(done)
    click.echo(
        f"took over {done.events} events ({done.new_events} new) and the numbers of"
        f" {done.days} days ({done.documents} documents), unreadable {done.unread}"
    )


def _warn(done: TakenOver) -> None:
    if done.both:
        say(f"these days have numbers of events here too, which add up: {listed(done.both)}")
        say("if both systems counted at the same time, take over --to the day before")
    if done.unknown:
        say(f"left out, there is no event type of that name: {', '.join(done.unknown)}")
