"""Refs: ``kind:id``, the names of everything that is counted (``docs/contracts.md#refs``).

:func:`parse_ref` checks the form of text from outside; what passed it can be split without a
further check. Which ids have several forms depends on their kind: what comes in from outside goes
through :meth:`stats.kinds.types.Kinds.parse_ref`, and two refs are the same resource when they
are equal behind it.
"""

from __future__ import annotations

import re
import string
import unicodedata

from stats.errors import InputError

MAX_ID = 256
"""Characters that an id has at most (``docs/contracts.md#refs``)."""

MAX_KIND = 64
"""Characters that a kind has at most: a limit, so that no ref is unbounded."""

_KIND = re.compile(r"[a-z][a-z0-9-]*")
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)(?=10\.[0-9])", re.IGNORECASE)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_FORBIDDEN = frozenset({"Cc", "Cs"})
"""Unicode categories that no id has: control characters, and halves of characters."""


def parse_ref(value: object, *, field: str = "resource") -> str:
    """Return ``value`` when it is a ref; raise ``InputError`` naming ``field`` otherwise."""
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string kind:id", field=field)
    kind, colon, name = value.partition(":")
    if not colon or not name:
        raise InputError("bad_format", f"{field} must have the form kind:id", field=field)
    parse_kind(kind, field=field)
    _parse_id(name, field=field)
    return value


def keep_id(name: str) -> str:
    """Return an id as it is."""
    return name


def normal_doi(name: str) -> str:
    """Return a DOI in lower case behind ``doi:``, any other id as it is.

    DOIs have no case in ASCII (DOI Handbook, 3.4).
    """
    prefix = _DOI.match(name)
    return f"doi:{name[prefix.end() :].translate(_LOWER)}" if prefix else name


def is_ref(value: object) -> bool:
    """Return whether ``value`` is a ref."""
    try:
        parse_ref(value)
    except InputError:
        return False
    return True


def parse_kind(value: object, *, field: str = "kind") -> str:
    """Return ``value`` when it is the kind of a ref; raise ``InputError`` otherwise."""
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    if len(value) > MAX_KIND:
        raise InputError("too_long", f"the kind has at most {MAX_KIND} characters", field=field)
    if not _KIND.fullmatch(value):
        message = "the kind is lower-case letters, digits and hyphens, a letter first"
        raise InputError("bad_format", message, field=field)
    return value


def is_kind(text: str) -> bool:
    """Return whether ``text`` is the kind of a ref."""
    return len(text) <= MAX_KIND and _KIND.fullmatch(text) is not None


def split_ref(ref: str) -> tuple[str, str]:
    """Return kind and id of a checked ref: ``("record", "r1")`` of ``record:r1``."""
    kind, _, name = ref.partition(":")
    return kind, name


def kind_of(ref: str) -> str:
    """Return the kind of a checked ref: ``record`` of ``record:r1``."""
    return ref.partition(":")[0]


def _parse_id(name: str, *, field: str) -> None:
    if len(name) > MAX_ID:
        raise InputError("too_long", f"the id has at most {MAX_ID} characters", field=field)
    if any(unicodedata.category(character) in _FORBIDDEN for character in name):
        raise InputError("bad_format", "the id has no control characters", field=field)
