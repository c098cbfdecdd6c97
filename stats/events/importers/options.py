"""What an import is told: the mapping, and the format of the files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from stats.errors import InputError
from stats.events.importers.catalogue import AUTO, LOG_FORMATS
from stats.events.importers.configured import build_configured
from stats.events.importers.log_format import LogFormat
from stats.events.importers.mapping import Mapping, parse_mapping
from stats.events.importers.opening import read_text
from stats.validation import find_near


def read_format(name: str, log_format: str | None) -> LogFormat | None:
    """Return the format that is named, or described by a server's configuration; None: any."""
    if log_format is not None:
        if name != AUTO:
            message = "give --format or --log-format, not both"
            raise InputError("bad_format", message, field="log-format")
        return build_configured(log_format)
    if name == AUTO:
        return None
    found = LOG_FORMATS.get(name)
    if found is None:
        near = find_near(name, LOG_FORMATS)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(LOG_FORMATS)}"
        raise InputError("bad_format", f"there is no format {name}, {hint}", field="format")
    return found


def read_mapping(
    path: Path | None, log_format: LogFormat | None, *, type_names: Collection[str]
) -> Mapping | None:
    """Return the mapping of a file, if there is one; raise ``InputError`` for its mistakes."""
    if path is None:
        return None
    formats = LOG_FORMATS.values() if log_format is None else (log_format,)
    columns = {column for one in formats for column in one.columns}
    return parse_mapping(read_text(path), type_names=type_names, columns=sorted(columns))
