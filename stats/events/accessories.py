"""What becomes of a field that cannot be kept as it came.

A use counts whatever is wrong with what accompanies it. In comes the value of an
accessory that its check in :mod:`stats.events.fields` refused, out goes what can be
kept of it (a cut title, a hashed session id, nothing), and a :class:`FieldWarning`.
Fields that are not in :data:`ACCESSORIES` say what is counted, when and as what:
an event with a wrong one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from stats.errors import InputError
from stats.events.fields import FIELDS, LIMITS


class FieldWarning(NamedTuple):
    """What was wrong with a field of an event that counts, and what became of the field."""

    field: str
    code: str
    message: str


Warn = Callable[[FieldWarning], None]
"""Is told each warning."""

Mend = Callable[[Any, str], Any]
"""From a value that was refused, and its field, to one that is tried in its place, or None."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def no_warning(_warning: FieldWarning) -> None:
    """Tell nobody."""


def leave_out(_value: object, _field: str) -> None:
    """Keep nothing."""


def clean_text(value: object, field: str) -> str | None:
    """Return text that can be stored: cut to its limit, no NUL, no halves of characters."""
    if not isinstance(value, str):
        return None
    text = value[: LIMITS[field]].replace("\0", REPLACEMENT)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut_url(value: object, field: str) -> str | None:
    """Return the address that fits; half an address that is none was none before."""
    return value[: LIMITS[field]] if isinstance(value, str) else None


def hash_identity(value: object, _field: str) -> str | None:
    """Return what stands for a cookie or address that cannot be kept.

    Two that begin alike must not become one visitor, so it is hashed and not cut.
    """
    if not isinstance(value, str) or not value:
        return None
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def read_size(value: object, _field: str) -> int | None:
    """Return the whole number that ``23.0`` or the text ``23`` is."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
        return int(number) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None


ACCESSORIES: Mapping[str, Mend] = MappingProxyType(
    {
        "owner_id": leave_out,
        "title": clean_text,
        "url": cut_url,
        "size": read_size,
        "created": leave_out,
        "user_id": leave_out,
        "user_cookie": hash_identity,
        "session_id": hash_identity,
        "ip_address": leave_out,
        "user_agent": clean_text,
        "referrer": clean_text,
        "request_url": hash_identity,
        "extra": leave_out,
    }
)
"""What can be kept of each field whose value was refused; the result is checked again."""


def mend_field(value: object, field: str, error: InputError) -> tuple[Any, FieldWarning]:
    """Return what is kept of an accessory (None: nothing), and the warning.

    Raises ``error`` again for a field that is no accessory.
    """
    mend = ACCESSORIES.get(field)
    if mend is None:
        raise error
    kept = _checked(mend(value, field), field)
    return kept, FieldWarning(field, error.code, f"{error.message}: {_say(value, kept)}")


def _checked(value: object, field: str) -> Any:
    try:
        return None if value is None else FIELDS[field](value, field)
    except InputError:
        return None


def _say(value: object, kept: object) -> str:
    """Say what became of a value."""
    if kept is None:
        return "left out"
    if isinstance(kept, int):
        return f"read as {kept}"
    if isinstance(value, str) and value.startswith(str(kept)):
        return "cut"
    return "replaced"
