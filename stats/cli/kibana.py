"""``stats kibana``: data views and dashboards for Kibana and OpenSearch Dashboards."""

from __future__ import annotations

import json

import click

from stats.cli.context import with_stats
from stats.kibana.catalogue import build_saved_objects
from stats.kibana.targets import KIBANA_8, TARGETS
from stats.proxies import current_stats


@click.command()
@click.option(
    "--for",
    "target",
    type=click.Choice(list(TARGETS)),
    default=KIBANA_8.name,
    show_default=True,
    help="The program that opens them: kibana-8 is 8.8 to 8.19.",
)
@with_stats
def kibana(target: str) -> None:
    """Print saved objects as NDJSON, for the import of a program (docs/kibana.md)."""
    for saved_object in build_saved_objects(current_stats.settings.index_prefix, TARGETS[target]):
        click.echo(json.dumps(saved_object))
