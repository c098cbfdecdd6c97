"""``stats events``: publish, import, process, and what could not be processed.

In: files and the queues. Out: one last line with the counts on stdout; what is
wrong with single events or lines is on stderr.
"""

from __future__ import annotations

import base64
import json
import signal
import sys
from collections.abc import Iterable
from typing import IO, Any

import click
import orjson

from stats.batches import batches
from stats.cli.context import with_stats
from stats.cli.import_logs import import_
from stats.cli.search import search
from stats.cli.termination import termination
from stats.errors import InputError
from stats.events.replay import run_replay
from stats.json_text import read_json_text
from stats.proxies import current_stats
from stats.stores.dead_letters import DeadLetter
from stats.times import iso_ms, utc_now

LINES_A_BATCH = 2_000
FOUND_WRONG = 1


@click.group()
def events() -> None:
    """Events: into the queue, and out of it into raw documents."""


@events.command()
@click.argument("file", type=click.File("rb"))
@with_stats
def publish(file: IO[bytes]) -> None:
    """Publish the events of FILE (- is stdin), one JSON object a line.

    Events that are refused do not keep the others out; they make the exit code 1. A part
    of an event that cannot be kept (a size of -1, too long a title) is a warning: it counts.
    """
    accepted = rejected = 0
    lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
    for batch in batches(lines, LINES_A_BATCH):
        good, bad = _publish_lines(batch)
        accepted, rejected = accepted + good, rejected + bad
    click.echo(f"accepted {accepted}, rejected {rejected}")
    if rejected:
        sys.exit(FOUND_WRONG)


def _publish_lines(lines: list[tuple[int, bytes]]) -> tuple[int, int]:
    """Publish a batch of numbered lines; return how many are accepted and rejected."""
    objects: list[tuple[int, Any]] = []
    for number, line in lines:
        try:
            objects.append((number, read_json_text(line)))
        except orjson.JSONDecodeError as error:
            click.echo(f"line {number}: not_json: {error}", err=True)
    batch = current_stats.receive(obj for _number, obj in objects)
    for rejection in batch.rejected:
        number = objects[rejection.index][0]
        click.echo(f"line {number}: {rejection.code}: {rejection.message}", err=True)
    for warning in batch.warnings:
        number = objects[warning.index][0]
        click.echo(f"line {number}: warning: {warning.code}: {warning.message}", err=True)
    return len(batch.events), len(lines) - len(batch.events)


events.add_command(import_)
events.add_command(search)


@events.command()
@click.argument("types", nargs=-1)
@with_stats
def process(types: tuple[str, ...]) -> None:
    """Drain the queues of TYPES (all, if none are named) into raw documents, once."""
    for name in types:
        _check_type(name)
    current_stats.stores.ping()
    with termination(signal.SIGTERM) as should_stop:
        done = current_stats.process(types or None, should_stop=should_stop)
    for name, result in done.items():
        click.echo(
            f"{name}: {result.created} new, {result.duplicates} known, "
            f"{result.dead_letters} dead letters"
        )


def _check_type(name: str) -> None:
    if name not in current_stats.event_types:
        known = ", ".join(current_stats.event_types)
        message = f"there is no event type {name}, known are {known}"
        raise InputError("unknown_type", message, field="TYPE")


@events.group("dead-letters")
def dead_letters() -> None:
    """Events that could not be processed, with their reasons."""


@dead_letters.command("list")
@click.option("--type", "types", multiple=True, help="Only those of this event type.")
@with_stats
def list_(types: tuple[str, ...]) -> None:
    """Print the dead letters, oldest first, one JSON object a line."""
    for letter in current_stats.stores.dead_letters.read(types or None):
        click.echo(json.dumps(_shown(letter), ensure_ascii=False))


def _shown(letter: DeadLetter) -> dict[str, str]:
    shown = {
        "id": letter.id,
        "type": letter.type_name,
        "time": iso_ms(letter.time),
        "code": letter.code,
        "message": letter.message,
    }
    try:
        return shown | {"payload": letter.payload.decode()}
    except UnicodeDecodeError:
        return shown | {"payload_base64": base64.b64encode(letter.payload).decode()}


@dead_letters.command()
@click.argument("ids", nargs=-1)
@with_stats
def replay(ids: tuple[str, ...]) -> None:
    """Publish the dead letters IDS again (all, if none are named); those still refused stay."""
    stores = current_stats.stores
    result = run_replay(
        _chosen(ids),
        dead_letters=stores.dead_letters,
        queues=stores.queues,
        types=current_stats.event_types,
        clock=utc_now,
    )
    click.echo(f"replayed {result.replayed}, refused {result.refused}")
    if result.refused:
        sys.exit(FOUND_WRONG)


@dead_letters.command()
@click.argument("ids", nargs=-1)
@with_stats
def drop(ids: tuple[str, ...]) -> None:
    """Delete the dead letters IDS (all, if none are named)."""
    stored = current_stats.stores.dead_letters
    dropped = stored.drop([letter.id for letter in _chosen(ids)])
    click.echo(f"dropped {dropped}")


def _chosen(ids: tuple[str, ...]) -> Iterable[DeadLetter]:
    """Return the letters that are named, or all; raise when one of those named is not there."""
    letters = current_stats.stores.dead_letters.read()
    if not ids:
        return letters
    chosen = [letter for letter in letters if letter.id in ids]
    missing = set(ids) - {letter.id for letter in chosen}
    if missing:
        message = f"there is no dead letter {min(missing)}"
        raise InputError("unknown_resource", message, field="ID")
    return chosen
