"""``stats demo``: the whole system on one machine, with data to look at."""

from __future__ import annotations

from pathlib import Path

import click

from stats.demo.run import Demo, run_demo
from stats.errors import InputError


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the service; 8000 if free.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".stats"),
    show_default=True,
    help="Folder of the engines' data; a second start goes on with it.",
)
@click.option(
    "--import",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Access log to import; without it, one is made.",
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the lines of the log become events (TOML).",
)
@click.option("--visits", default=350, show_default=True, help="Generated visits on a working day.")
def demo(port: int | None, data: Path, log: Path | None, mapping: Path | None, visits: int) -> None:
    """Run engines, an imported log, generated traffic, a worker and the service."""
    if (log is None) != (mapping is None):
        raise InputError("missing", "give --import and --mapping together", field="mapping")
    run_demo(Demo(data, port, log, mapping, visits), click.echo)
