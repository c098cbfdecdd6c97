"""The formats of files that can be imported, by the name the command line uses."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from stats.errors import InputError
from stats.events.importers.combined import read_combined
from stats.events.importers.counter import TEMPLATE_COLUMNS, read_counter
from stats.events.importers.importing import ReadLine
from stats.events.importers.mapping import parse_mapping

COMBINED = "combined"
COUNTER = "counter"
FORMATS = (COMBINED, COUNTER)


def line_reader(name: str, *, mapping: str | None, type_names: Collection[str]) -> ReadLine:
    """Return what reads a line of the format ``name``; ``mapping`` is the text of its TOML.

    Raises ``InputError`` for a mapping with mistakes, and for an access log without one.
    """
    if name == COUNTER:
        columns = TEMPLATE_COLUMNS
        rules = mapping and parse_mapping(mapping, type_names=type_names, columns=columns)
        return partial(read_counter, mapping=rules or None)
    if mapping is None:
        message = "an access log needs a mapping of its paths, a TOML file"
        raise InputError("missing", message, field="mapping")
    return partial(read_combined, mapping=parse_mapping(mapping, type_names=type_names))
