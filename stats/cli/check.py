"""``stats check``: what a host's configuration for invenio-stats has no counterpart of here."""

from __future__ import annotations

import sys

import click
from flask import current_app

from stats.cli.context import with_service
from stats.hosts.invenio.replacement.install import is_replaced, list_unmapped


@click.command()
@with_service
def check() -> None:
    """List what of STATS_EVENTS, STATS_AGGREGATIONS and STATS_QUERIES cannot be mapped.

    Exit code 1 when there is something; what is listed is not counted or not answered here.
    """
    lines = list_unmapped(current_app)
    for line in lines:
        click.echo(line)
    if lines:
        sys.exit(1)
    replaced = is_replaced(current_app)
    click.echo(
        "everything that invenio-stats is configured for is mapped"
        if replaced
        else "invenio-stats is not replaced here: nothing to map"
    )
