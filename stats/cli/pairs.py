"""``KEY=VALUE`` on the command line, each key once."""

from __future__ import annotations

from collections.abc import Iterable

from stats.errors import InputError


def parse_pairs(texts: Iterable[str], *, field: str = "") -> dict[str, str]:
    """Return values by key; ``InputError`` names ``field``, or else the key at fault."""
    given: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise InputError("bad_format", f"write {text!r} as KEY=VALUE", field=field or key)
        if key in given:
            raise InputError("bad_format", f"{key} is given more than once", field=field or key)
        given[key] = value
    return given
