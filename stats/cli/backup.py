"""``stats export events|daily|totals|resources|state`` and ``stats import``: back-up and move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import click

from stats.aggregations.types import OWN_FAMILIES
from stats.backup.lines import build_lines, parse_head, read_documents
from stats.backup.parts import PARTS
from stats.backup.run import BackupJob, run_read, run_write
from stats.cli.context import with_stats
from stats.proxies import current_stats
from stats.stores.collections import Collections
from stats.times import iso_ms


def _job() -> BackupJob:
    stores = current_stats.stores
    families = (*(a.family for a in current_stats.aggregations), *OWN_FAMILIES)
    types = tuple(current_stats.event_types)
    collections = Collections(stores.database)
    return BackupJob(stores.search, collections, stores.months, types, families)


def add_exports(group: click.Group) -> None:
    """Add a command for each part to ``stats export``."""
    for name in PARTS:
        group.add_command(_export_command(name))


def _export_command(name: str) -> click.Command:
    @click.command(name=name, help=f"Write the {name} of this installation as NDJSON.")
    @click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-")
    @with_stats
    def export_part(output: IO[str]) -> None:
        made = iso_ms(current_stats.stores.clock())
        count = -2
        for line in build_lines(PARTS[name], run_read(_job(), PARTS[name]), made=made):
            output.write(line)
            count += 1
        click.echo(f"exported {count} documents of {name}", err=True)

    return export_part


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.File("r", encoding="utf-8"))
@with_stats
def import_files(files: tuple[IO[str], ...]) -> None:
    """Write what ``stats export`` wrote; the same file again changes nothing.

    A file that is cut off or changed is found out at its end (exit code 2): what came before
    is there, and importing the whole file completes it.
    """
    current_stats.init()
    for file in files:
        head = file.readline()
        part = parse_head(head)
        count = run_write(_job(), part, read_documents(_again(head, file)))
        click.echo(f"imported {count} documents of {part.name}")


def _again(head: str, file: IO[str]) -> Iterator[str]:
    yield head
    yield from file
