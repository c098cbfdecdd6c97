"""``stats query``: one named query, as REST answers it."""

from __future__ import annotations

import json

import click

from stats.cli.context import with_stats
from stats.errors import InputError
from stats.proxies import current_stats


@click.command()
@click.argument("name")
@click.argument("params", nargs=-1, metavar="[KEY=VALUE]...")
@with_stats
def query(name: str, params: tuple[str, ...]) -> None:
    """Print the JSON answer of the query NAME."""
    given = {}
    for param in params:
        key, equals, value = param.partition("=")
        if not equals:
            raise InputError("bad_format", f"write {param!r} as KEY=VALUE", field=key)
        given[key] = value
    click.echo(json.dumps(current_stats.query(name, given), indent=2, ensure_ascii=False))
