"""``stats aggregate``: count what is not counted yet, or some days again."""

from __future__ import annotations

from datetime import date, datetime

import click

from stats.cli.context import with_stats
from stats.errors import InputError
from stats.proxies import current_stats

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("types", nargs=-1)
@click.option("--from", "start", type=DAY, help="First day to count again.")
@click.option("--to", "end", type=DAY, help="Last day to count again.")
@with_stats
def aggregate(types: tuple[str, ...], start: datetime | None, end: datetime | None) -> None:
    """Count the days that have new events; with --from and --to, those days again.

    TYPES are checked; a day is always counted for all of them, since COUNTER's
    figures unite types.
    """
    for name in types:
        if name not in current_stats.event_types:
            raise InputError("unknown_type", f"there is no event type {name}", field="TYPE")
    result = current_stats.aggregate(_window(start, end), report=_report)
    click.echo(f"counted {result.days} days, wrote {result.documents} documents")


def _window(start: datetime | None, end: datetime | None) -> tuple[date, date] | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InputError("missing", "give both --from and --to", field="from")
    if end < start:
        raise InputError("bad_window", "--to is before --from", field="to")
    return start.date(), end.date()


def _report(day: date, documents: int) -> None:
    click.echo(f"{day} {documents} documents", err=True)
