"""The entry point ``flask.commands``: one ``stats`` group, with the commands of invenio-stats too.

Both packages declare a command of that name, and the one that is loaded last is
found. Invariant: whichever it is, it has the commands of both: ours, and
``aggregations`` of invenio-stats, which asks its ``current_stats`` and so works on
our counting. ``events process`` takes its ``--eager`` as well.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click
from flask import current_app

from stats.cli import StatsGroup, stats
from stats.cli.context import with_stats
from stats.cli.events import events, process
from stats.errors import ConfigError
from stats.hosts.invenio.replacement.configuration import RDM
from stats.hosts.invenio.replacement.install import is_replaced, list_unmapped
from stats.proxies import current_stats

__all__ = ["stats"]


@click.command("process")
@click.argument("types", nargs=-1, metavar="[TYPE]...")
@click.option("--eager", "-e", is_flag=True, help="Of invenio-stats: run here, as it does anyway.")
@click.pass_context
@with_stats
def process_both(ctx: click.Context, types: tuple[str, ...], eager: bool) -> None:
    """Drain the queues of TYPES (all, if none are named) into raw documents, once."""
    ctx.invoke(process, types=types)
    if not is_replaced(current_app) and "invenio-stats" in current_app.extensions:
        _process_theirs(types, eager=eager)


@click.command()
@with_stats
def check() -> None:
    """List what of STATS_EVENTS, STATS_AGGREGATIONS and STATS_QUERIES cannot be mapped.

    Exit code 1 when there is something; what is listed is not counted or not answered here.
    """
    lines = list_unmapped(current_app)
    for line in lines:
        click.echo(line)
    if lines:
        sys.exit(1)
    if is_replaced(current_app):
        click.echo("everything that invenio-stats is configured for is mapped")
    else:
        click.echo("invenio-stats is not replaced here: nothing to map")


@click.group()
def content() -> None:
    """What is in the repository."""


@content.command()
@with_stats
def backfill() -> None:
    """Count all that InvenioRDM's database knows of its records: created, removed, in communities.

    Safe to repeat: what was counted before, then or when it happened, is known.
    """
    if find_spec(RDM) is None:
        raise ConfigError("content is counted from InvenioRDM's database, which is not here")
    from stats.hosts.invenio.rdm.content import run_backfill  # noqa: PLC0415 - optional

    sent = run_backfill(current_stats.publish, lambda done: click.echo(f"{done} records", err=True))
    click.echo(f"published the history of {sent} records")


def _process_theirs(types: tuple[str, ...], *, eager: bool) -> None:
    from invenio_stats.tasks import process_events  # noqa: PLC0415 - optional

    task = process_events.si(list(types or current_app.extensions["invenio-stats"].events))
    task.apply(throw=True) if eager else task.delay()


def _find_theirs() -> click.Group | None:
    try:
        from invenio_stats.cli import stats as theirs  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return theirs  # type: ignore[no-any-return]


def _unite() -> None:
    """Give both groups the same commands."""
    stats.add_command(check)
    stats.add_command(content)
    theirs = _find_theirs()
    if theirs is None or theirs.commands is stats.commands:
        return
    events.add_command(process_both)
    stats.add_command(theirs.commands["aggregations"])
    theirs.commands = stats.commands
    theirs.__class__ = StatsGroup


_unite()
