"""``stats engines``: the embedded engines from the command line.

In: a data folder. Out: on stdout only ``STATS_*_URL=...`` lines, for ``eval``; all
else is on stderr. Exit code 3 when an engine is down.
"""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path

import click

from stats import engines as embedded
from stats.engines import Addresses

report = partial(click.echo, err=True)

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".stats"),
    show_default=True,
    help="Folder of the engines' data and logs.",
)


@click.group()
def engines() -> None:
    """Elasticsearch, AMQP broker and MongoDB server for development, nothing installed."""


@engines.command()
@data_option
def start(data: Path) -> None:
    """Start the engines that do not run; they go on in the background."""
    _print(embedded.start(data, report=report))


@engines.command()
@data_option
def stop(data: Path) -> None:
    """Stop the engines; their data stays."""
    embedded.stop(data, report=report)


@engines.command()
@data_option
def status(data: Path) -> None:
    """Print the addresses of the running engines, for eval."""
    addresses = embedded.status(data)
    _print(addresses)
    for name in addresses.missing():
        report(f"{name} is down; `stats engines start --data {shlex.quote(str(data))}` starts it")
    if addresses.missing():
        raise SystemExit(3)


@engines.command()
@data_option
def run(data: Path) -> None:
    """Start the engines, stay, and stop them on Ctrl-C."""
    embedded.run(data, report=report)


def _print(addresses: Addresses) -> None:
    for key, url in addresses.as_env().items():
        click.echo(f"{key}={url}")
