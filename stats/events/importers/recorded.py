"""Imports that can be taken back: each has an id, and its events carry it.

Repeating an import (the same mapping and format, files that begin alike) goes on under the same
id, so that what a killed one had published belongs to it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex

from stats.errors import InputError
from stats.events.importers.catalogue import AUTO
from stats.events.importers.event_lines import Part
from stats.events.importers.following import FollowedLog, run_follow
from stats.events.importers.importing import Importing, Span, Summary, read_lines, run_import
from stats.events.importers.opening import STDIN, open_log
from stats.stores.imports import ImportStore
from stats.times import day_of


def run_recorded(
    files: Sequence[Path],
    importing: Importing,
    summary: Summary,
    *,
    imports: ImportStore,
    now: Callable[[], datetime],
) -> str:
    """Import files under an id, and return it; raises what :func:`run_import` raises."""
    beginnings = b"".join(map(_beginning_of, files))
    with recording(files, importing, summary, beginnings, imports=imports, now=now) as recorded:
        run_import(files, recorded, summary)
        return str(recorded.lines.import_id)


@contextmanager
def recording(
    files: Sequence[Path],
    importing: Importing,
    summary: Summary,
    beginnings: bytes,
    *,
    imports: ImportStore,
    now: Callable[[], datetime],
) -> Iterator[Importing]:
    """Give the import under its id; at the end note what became of the lines."""
    mapping = importing.lines.mapping
    log_format = importing.log_format.name if importing.log_format else AUTO
    digest = mapping.digest if mapping else ""
    about = {"files": [str(path) for path in files], "format": log_format, "mapping": digest}
    options = f"{log_format}\n{digest}\n".encode()
    key = blake2b(options + beginnings, digest_size=16).hexdigest()
    import_id = imports.begin(key, about, now=now())
    importing.say(f"import {import_id}")
    try:
        yield build_recorded(importing, import_id, imports)
    finally:
        result = summary.result
        counts = {
            "imported": result.imported,
            "skipped": result.skipped,
            "malformed": result.malformed,
        }
        imports.finish(import_id, counts, now=now())


def build_recorded(importing: Importing, import_id: str, imports: ImportStore) -> Importing:
    """Return the same import, whose events carry the id and whose days are noted."""
    noted: set[tuple[date, date]] = set()

    def publish(events: list[Part], span: Span) -> None:
        if span.first is not None and span.last is not None:
            days = day_of(span.first), day_of(span.last)
            if days not in noted:
                imports.note_days(import_id, *days)
                noted.add(days)
        importing.publish(events, span)

    lines = replace(importing.lines, import_id=import_id)
    return replace(importing, lines=lines, publish=publish)


def run_recorded_follow(
    files: Sequence[Path],
    importing: Importing,
    summary: Summary,
    *,
    imports: ImportStore,
    now: Callable[[], datetime],
    host: str,
    should_stop: Callable[[], bool],
    pause: Callable[[], None],
) -> None:
    """Follow files under an id and bookmarks that are those of the paths of a host."""
    names = [f"{host}:{path.absolute()}" for path in files]
    beginnings = "\n".join(["follow", *names]).encode()
    with recording(files, importing, summary, beginnings, imports=imports, now=now) as recorded:
        logs = [
            FollowedLog(path, recorded, summary, bookmarks=imports, name=name)
            for path, name in zip(files, names, strict=True)
        ]
        run_follow(logs, should_stop=should_stop, pause=pause)


def _beginning_of(path: Path) -> bytes:
    """Return the first line that is of this file alone; standard input is never the same."""
    if path == STDIN:
        return token_hex().encode()
    try:
        with open_log(path) as stream:
            return next((a for a in read_lines(stream) if a.strip() and a[:1] != b"#"), b"")
    except InputError:
        return str(path).encode()
