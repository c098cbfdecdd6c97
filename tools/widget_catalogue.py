"""Writes ``widgets/src/catalogue.js``, what the elements know of kinds and dimensions.

Comes in: the package's kinds (``stats/kinds/catalogue.py``) and dimensions
(``stats/events/types.py``). Goes out: a JavaScript module in the form that Prettier
gives it. Invariant: elements are the same files for every installation, so nothing of
a host is in it; a host's own are at ``GET /api/stats``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stats.events.types import DIMENSIONS, Dimension
from stats.kinds.catalogue import KINDS, RECORD
from stats.kinds.types import Kind

MODULE = Path(__file__).parents[1] / "widgets" / "src" / "catalogue.js"

MOST_VIEWS = 1
MOST_TYPES = 3
"""A history has a strip a type, and no more than three are read at a glance."""

HEAD = """// Written by `python tools/widget_catalogue.py`, from stats/kinds/catalogue.py and
// stats/events/types.py; a test holds it to them. Labels are "one|several" by language.
"""


def build_module(kinds: Iterable[Kind], dimensions: Iterable[Dimension]) -> str:
    """Return the module."""
    parts = [
        f"export const KINDS = {_write_table({kind.name: _kind(kind) for kind in kinds})};",
        "/** The kind that stands for a page's, where nothing says which. */\n"
        f"export const USUAL = {json.dumps(RECORD.name)};",
        f"export const DIMENSIONS = {_write_table({d.name: dict(d.labels) for d in dimensions})};",
    ]
    return HEAD + "\n\n".join(parts) + "\n"


def choose_types(kind: Kind) -> list[str]:
    """Return the event types that a history shows: the first of its views, then downloads."""
    return [*kind.views[:MOST_VIEWS], *kind.downloads][:MOST_TYPES]


def _kind(kind: Kind) -> dict[str, Any]:
    return {
        "types": choose_types(kind),
        "container": kind.container,
        "ranks": kind.ranks,
        "labels": dict(kind.labels),
    }


def _write_table(table: Mapping[str, Any], indent: str = "  ") -> str:
    """Write a table of tables, one line a value."""
    lines = [
        f"{indent}{_write_key(name)}: {_write(value, indent)},\n" for name, value in table.items()
    ]
    return "{\n" + "".join(lines) + indent[2:] + "}"


def _write_key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _write(value: Any, indent: str) -> str:
    if isinstance(value, dict) and value:
        return _write_table(value, indent + "  ")
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    MODULE.write_text(build_module(KINDS, DIMENSIONS), "utf-8")
