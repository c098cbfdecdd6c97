"""Checks of names from outside against the known ones.

Comes in: a name, and those that are known. Goes out: nothing, or an ``InputError`` that repeats
at most :data:`SHOWN` characters of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from stats.errors import InputError

C = TypeVar("C", bound=str)

SHOWN = 64
"""Characters of a strange name that are repeated to whoever sent it."""


def find_near(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``, if one is."""
    return next(iter(get_close_matches(name[:SHOWN], list(known), n=1)), None)


def parse_choice(text: str, choices: Iterable[C], *, field: str) -> C:
    """Return the one of ``choices`` that ``text`` is; raise ``InputError`` naming ``field``."""
    known = tuple(choices)
    for choice in known:
        if text == choice:
            return choice
    message = f"{field} must be one of {', '.join(known)}, not {text[:SHOWN]!r}"
    raise InputError("out_of_range", message, field=field)


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """Raise ``InputError`` for the first parameter that is none of ``known``."""
    for name in given:
        if name not in known:
            shown = name[:SHOWN]
            others = f", but {', '.join(known)}" if known else ""
            message = f"there is no parameter {shown!r} here{others}"
            raise InputError("unknown_parameter", message, field=shown)


def refuse_empty(given: Mapping[str, object], filters: Iterable[str]) -> None:
    """Raise ``InputError`` for a filter that is given and empty.

    It comes of a variable that nobody set; what it would let pass is everything.
    """
    for name in filters:
        if given.get(name) == "":
            message = f"{name} is empty; leave it out to ask for everything"
            raise InputError("bad_format", message, field=name)
