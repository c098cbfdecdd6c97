"""A back-up leaves nothing out without saying so."""

from __future__ import annotations

import re
from pathlib import Path

from stats.backup.parts import MADE_ANEW, PARTS
from stats.stores import mongo, months, resources, tokens, totals

STORES = Path(mongo.__file__).parent
NAMED = {
    "MONTHS": months.MONTHS,
    "RESOURCES": resources.RESOURCES,
    "TOKENS": tokens.TOKENS,
    "TOTALS": totals.TOTALS,
    "USERS": totals.USERS,
}


def test_every_collection_is_in_one_part_or_is_made_anew() -> None:
    written = {
        one
        for path in STORES.glob("*.py")
        for one in re.findall(r"database\[(\"\w+\"|[A-Z]+)\]", path.read_text("utf-8"))
    }
    used = {NAMED[one] if one.isupper() else one.strip('"') for one in written}
    held = [name for part in PARTS.values() for name in part.collections]
    assert sorted([*held, *MADE_ANEW]) == sorted(used)
