"""Importing without engines: files or lines in, what would be published out."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import orjson

from stats.events.catalogue import EVENT_TYPES
from stats.events.importers.catalogue import AUTO
from stats.events.importers.event_lines import Lines, Part
from stats.events.importers.forwarded import trust
from stats.events.importers.importing import Importing, Summary, run_import
from stats.events.importers.mapping import Mapping, parse_mapping
from stats.events.importers.options import read_format
from stats.kinds.declared import build_kinds

TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=timezone.utc)
RECORDS = """
[[rule]]
path = '^/records/(?P<id>[0-9]+)/files/(?P<name>.+)$'
type = "file-download"
resource = "file:{id}/{name}"
parents = ["record:{id}"]
[[rule]]
path = '^/records/(?P<id>[0-9]+)/?$'
type = "record-view"
resource = "record:{id}"
"""
FILES = """
[[rule]]
path = '^/files/(?P<name>[^?]+)$'
type = "file-download"
resource = "file:{name}"
parents = ["collection:files", "record:{name}"]
owner_id = "o-{name}"
title = "The {name}"
access = "restricted"
via = "api"

[[rule]]
path = '^/(?P<kind>files|records)/'
type = "record-view"
resource = "record:{kind}"
"""
"""Files of a collection, and views of folders and records."""


def mapping(text: str = RECORDS, **more: Any) -> Mapping:
    return parse_mapping(text, type_names=TYPES, **more)


def import_files(
    *files: Path,
    rules: Mapping | None = None,
    file_format: str = AUTO,
    log_format: str | None = None,
    trusted: tuple[str, ...] = (),
    now: datetime = NOW,
    kept: list[Part] | None = None,
    **more: Any,
) -> tuple[Summary, list[dict[str, Any]]]:
    """Return the summary of an import, and its events as they would be published.

    ``kept`` gets them even when the import ends with an error.
    """
    published: list[Part] = [] if kept is None else kept
    importing = Importing(
        lines=Lines(TYPES, build_kinds(), rules, trust(trusted), lambda: now),
        publish=lambda events, _span: published.extend(events),
        log_format=read_format(file_format, log_format),
        **more,
    )
    summary = run_import(files, importing)
    events = [orjson.loads(part.body) for part in published]
    assert [event["type"] for event in events] == [part.type_name for part in published]
    return summary, events


def import_lines(
    folder: Path, *lines: str | bytes, ending: bytes = b"\n", **more: Any
) -> tuple[Summary, list[dict[str, Any]]]:
    """Import a file of these lines, by the mapping of records unless ``rules`` says another."""
    content = b"".join((x if isinstance(x, bytes) else x.encode()) + ending for x in lines)
    path = folder / "access.log"
    path.write_bytes(content)
    return import_files(path, **{"rules": mapping(), **more})
