"""Imports that can be taken back: each has an id, and its events carry it.

Repeating an import (the same mapping and format, files that begin alike) goes on under the same
id, so that what a killed one had published belongs to it too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex

from stats.errors import InputError
from stats.events.importers.catalogue import AUTO
from stats.events.importers.event_lines import Part
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
    mapping = importing.lines.mapping
    about = {
        "files": [str(path) for path in files],
        "format": importing.log_format.name if importing.log_format else AUTO,
        "mapping": mapping.digest if mapping else "",
    }
    key = key_of(files, about["mapping"], about["format"])
    import_id = imports.begin(key, about, now=now())
    importing.say(f"import {import_id}")
    try:
        run_import(files, build_recorded(importing, import_id, imports), summary)
    finally:
        result = summary.result
        counts = {
            "imported": result.imported,
            "skipped": result.skipped,
            "malformed": result.malformed,
        }
        imports.finish(import_id, counts, now=now())
    return import_id


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


def key_of(files: Sequence[Path], *parts: object) -> str:
    """Return what tells an import from others: its options, and how each file begins."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{part}\n".encode())
    for path in files:
        digest.update(_beginning_of(path))
    return digest.hexdigest()


def _beginning_of(path: Path) -> bytes:
    """Return the first line that is of this file alone; standard input is never the same."""
    if path == STDIN:
        return token_hex().encode()
    try:
        with open_log(path) as stream:
            return next((a for a in read_lines(stream) if a.strip() and a[:1] != b"#"), b"")
    except InputError:
        return str(path).encode()
