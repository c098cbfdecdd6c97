"""``stats events search``: the audit log on the command line, one JSON object a line."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import click
import orjson

from stats.cli.context import with_stats
from stats.events.search import parse_audit, run_all
from stats.proxies import current_stats


@click.command()
@click.option("--user", help="Events that this user performed.")
@click.option("--resource", help="Events on this resource, or inside it, kind:id.")
@click.option("--type", "type_name", help="Events of this type.")
@click.option("--from", "start", help="First day or time (UTC).")
@click.option("--to", "end", help="Last day or time (UTC).")
@click.option("--limit", type=click.IntRange(1), help="So many at most; all if not given.")
@with_stats
def search(
    user: str | None,
    resource: str | None,
    type_name: str | None,
    start: str | None,
    end: str | None,
    limit: int | None,
) -> None:
    """Print raw events, newest first.

    Who it was is known for STATS_PRIVATE_DAYS; older events are not found by --user.
    """
    filters = {"user": user, "resource": resource, "type": type_name, "from": start, "to": end}
    given = {name: value for name, value in filters.items() if value is not None}
    asked = parse_audit(given, types=current_stats.event_types, kinds=current_stats.kinds)
    asked = replace(asked, resource=asked.resource and current_stats.follow(asked.resource))
    for event in islice(run_all(asked, current_stats.stores.search), limit):
        click.echo(orjson.dumps(event))
