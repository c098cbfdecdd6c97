"""``stats erase`` and ``stats reflag``: events of earlier days, changed for a reason."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click

from stats.cli.context import with_stats
from stats.cli.days import DAY, read_days
from stats.cli.retention import listed, say
from stats.errors import InputError
from stats.proxies import current_stats
from stats.retention.erase import run_erase
from stats.retention.reflag import Reflagged, Rules, run_reflag


@click.command()
@click.option("--user", required=True, help="Id of the person, as events have it.")
@with_stats
def erase(user: str) -> None:
    """Erase a person: private fields of their events, and their statistics. Counts stay."""
    if not user:
        raise InputError("missing", "--user is empty; name the person", field="user")
    job = current_stats.retention_job(report=say)
    erased = run_erase(job, user, tokens=current_stats.stores.tokens)
    click.echo(
        f"scrubbed {erased.events} events, recounted {erased.days} days,"
        f" deleted {erased.rows} rows of people and {erased.tokens} tokens"
    )
    _end(erased.busy)


@click.command()
@click.option("--from", "start", type=DAY, help="First day.")
@click.option("--to", "end", type=DAY, help="Last day.")
@with_stats
def reflag(start: datetime | None, end: datetime | None) -> None:
    """Apply today's lists of robots and machines to the raw events that are kept.

    So is STATS_EXCLUDE_OWNERS, and STATS_ROBOTS_IGNORE_CASE.
    """
    window = read_days(start, end)
    done = run_reflag(
        current_stats.retention_job(report=say),
        window,
        rules=_rules(),
    )
    for line in _changes(done):
        click.echo(line)
    click.echo(
        f"changed {done.changed} events, recounted {len(done.days)} days;"
        f" {done.unjudged} events could not be judged: their user agent is scrubbed"
    )
    _end(done.busy)


def _rules() -> Rules:
    enrichment = current_stats.enrichment
    return Rules(enrichment.read_agent, enrichment.robots_list, enrichment.exclude_owners)


def _changes(done: Reflagged) -> list[str]:
    """Return lines that say how many events were counted or excluded, and are now."""
    return [
        f"{reason}: {done.before.get(reason, 0)} of the changed events before,"
        f" {done.after.get(reason, 0)} now"
        for reason in sorted({*done.before, *done.after})
    ]


def _end(busy: tuple[date, ...]) -> None:
    if busy:
        say(f"stats: another worker counts {listed(busy)} just now; `stats aggregate` ends it")
        sys.exit(1)
