"""``stats kibana``: data views and dashboards for Kibana."""

from __future__ import annotations

import json

import click

from stats.cli.context import with_stats
from stats.kibana.catalogue import build_saved_objects
from stats.proxies import current_stats


@click.command()
@with_stats
def kibana() -> None:
    """Print saved objects as NDJSON, for Kibana's import (docs/kibana.md)."""
    for saved_object in build_saved_objects(current_stats.settings.index_prefix):
        click.echo(json.dumps(saved_object))
