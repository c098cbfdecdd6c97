"""``stats query``: one named query, as REST answers it."""

from __future__ import annotations

import json

import click

from stats.cli.context import with_stats
from stats.cli.pairs import parse_pairs
from stats.proxies import current_stats


@click.command()
@click.argument("name")
@click.argument("params", nargs=-1, metavar="[KEY=VALUE]...")
@with_stats
def query(name: str, params: tuple[str, ...]) -> None:
    """Print the JSON answer of the query NAME."""
    answer = current_stats.query(name, parse_pairs(params))
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
