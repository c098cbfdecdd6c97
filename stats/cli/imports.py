"""``stats imports``: what was imported, and an import taken back."""

from __future__ import annotations

import sys

import click

from stats.cli.context import with_stats
from stats.cli.retention import listed, say
from stats.proxies import current_stats
from stats.retention.withdraw import run_withdraw
from stats.stores.imports import ImportRecord
from stats.times import iso_ms

FOUND_WRONG = 1


@click.group()
def imports() -> None:
    """Imports of logs: what they brought, and how to take one back."""


@imports.command("list")
@with_stats
def list_() -> None:
    """Print the imports, oldest first: id, time, state, counts, days, mapping's hash, files."""
    for record in current_stats.stores.imports.all():
        click.echo(line_of(record))


def line_of(record: ImportRecord) -> str:
    """Return an import as one line with tabs between."""
    counts = ", ".join(f"{name} {number}" for name, number in record.counts.items()) or "-"
    days = f"{record.first}..{record.last}" if record.first else "-"
    mapping, files = record.mapping or "-", " ".join(record.files)
    started = iso_ms(record.started)
    fields = (record.id, started, record.state, counts, days, record.format, mapping, files)
    return "\t".join(fields)


@imports.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_stats
def withdraw(ids: tuple[str, ...]) -> None:
    """Take the events of the imports ID out of raw documents, days and totals.

    What is imported again afterwards counts, with another mapping too.
    """
    busy: set[str] = set()
    for import_id in ids:
        job = current_stats.retention_job(report=say)
        done = run_withdraw(job, import_id, imports=current_stats.stores.imports)
        taken = f" and {done.numbers} daily documents" if done.numbers else ""
        click.echo(f"withdrew {done.events} events{taken}, recounted {len(done.days)} days")
        if done.scrubbed:
            say(
                f"{done.scrubbed} of the events no longer said who did them: rows of people of"
                " those days stay as they were kept"
            )
        if done.busy:
            busy.add(listed(done.busy))
    if busy:
        say(f"stats: another worker counts {', '.join(sorted(busy))} just now; `stats aggregate`")
        sys.exit(FOUND_WRONG)
