"""``stats import-legacy``: what invenio-stats 5 to 7 stored."""

from __future__ import annotations

from datetime import datetime

import click

from stats.cli.context import with_stats
from stats.cli.days import DAY, read_days
from stats.cli.retention import listed, say
from stats.errors import InputError
from stats.legacy.comparison import Month, run_compare
from stats.legacy.run import LegacyJob, TakenOver, check_prefix, run_take_over
from stats.proxies import current_stats
from stats.times import parse_time, utc_now


@click.command("import-legacy")
@click.option("--source-prefix", required=True, help="What begins the names of its indices.")
@click.option("--from", "start", type=DAY, help="First day to take over.")
@click.option("--to", "end", type=DAY, help="Last day to take over.")
@click.option(
    "--cutover",
    metavar="TIME",
    help="From when on this system counts alone (ISO 8601); else each type's first event here.",
)
@click.option("--dry-run", is_flag=True, help="Only compare: by type and month, theirs and ours.")
@with_stats
def import_legacy(
    source_prefix: str,
    start: datetime | None,
    end: datetime | None,
    cutover: str | None,
    *,
    dry_run: bool,
) -> None:
    """Take over raw events of invenio-stats where there are any, else its daily numbers.

    Safe to repeat. `stats imports withdraw` takes it back.
    """
    job = LegacyJob(
        current_stats.aggregation_job,
        source_prefix,
        read_days(start, end),
        utc_now,
        current_stats.stores.imports,
        parse_cutover(cutover),
        say,
    )
    if dry_run:
        check_prefix(job)
        _compare(job)
        return
    done = run_take_over(job)
    _warn(done)
    click.echo(
        f"took over {done.events} events ({done.new_events} new) and the numbers of"
        f" {done.days} days ({done.documents} documents), unreadable {done.unread}"
    )


def parse_cutover(text: str | None) -> datetime | None:
    """Return the time; raise ``InputError`` where it is none."""
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        message = f"--cutover must be a time such as 2026-03-01T04:30:00Z, not {text!r}"
        raise InputError("bad_format", message, field="cutover") from error


def _compare(job: LegacyJob) -> None:
    """Print a table with tabs between: by type and month what they show, and what would be here."""
    click.echo("\t".join(["type", "month", *Month.names()]))
    for (name, month), numbers in run_compare(job).items():
        click.echo("\t".join([name, month, *map(str, numbers.numbers())]))


def _warn(done: TakenOver) -> None:
    if done.both:
        say(f"these days have numbers of events here too, which add up: {listed(done.both)}")
    if done.later:
        say(f"left out: {done.later} days of a type since this system counts it")
    for name, day in done.cut:
        say(
            f"left out: {name} of {day}: this system began to count in its middle, and there are"
            " no raw events to cut there; --cutover says otherwise"
        )
    if done.unknown:
        say(f"left out, there is no event type of that name: {', '.join(done.unknown)}")
