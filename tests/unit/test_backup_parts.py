"""A back-up leaves nothing out without saying so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from stats import stores
from stats.backup.parts import MADE_ANEW, PARTS

STORES = Path(stores.__file__).parent


def used() -> Iterator[str]:
    """Yield the collections that the stores open, written out or by a constant of theirs."""
    for path in STORES.glob("*.py"):
        for quote, name in re.findall(r"database\[(\"?)(\w+)\"?\]", path.read_text("utf-8")):
            if quote:
                yield name
            elif name.isupper():
                yield str(getattr(import_module(f"stats.stores.{path.stem}"), name))


def test_every_collection_is_in_one_part_or_is_made_anew() -> None:
    held = [name for part in PARTS.values() for name in part.collections]
    assert sorted([*held, *MADE_ANEW]) == sorted(set(used()))
