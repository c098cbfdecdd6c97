"""The fields of an event (``docs/events.md#fields``), each with its check.

In comes a value of decoded JSON, out goes the value that :class:`Event` holds,
or ``InputError`` with the name of the field and what to do. Nothing is cut,
nothing is guessed here; :mod:`stats.events.accessories` says what is kept of a field
that the use does not depend on. The limits are the table :data:`LIMITS`; each keeps a
value within what an Elasticsearch keyword can hold (32,766 bytes).
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from stats import refs
from stats.errors import InputError
from stats.events.types import ACCESSES, VIAS
from stats.times import parse_time, to_ms

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "id": 256,
        "owner_id": 256,
        "user_id": 256,
        "user_cookie": 256,
        "session_id": 256,
        "feature": 256,
        "import_id": 64,
        "title": 4096,
        "url": 8190,
        "referrer": 8190,
        "user_agent": 8190,
        "request_url": 8190,
        "parents": 200,
        "extra": 8192,
    }
)
"""Characters of a string, refs in ``parents`` (each once), bytes of ``extra`` as JSON."""

LARGEST_NUMBER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WEB_ADDRESS = re.compile(r"(?:https?://|/(?![/\\]))[^\s\x00-\x1f\x7f]*", re.IGNORECASE)
"""Of the web, or a path: two slashes, or a slash and a backslash, would lead to another host."""

Check = Callable[[Any, str], Any]


def parse_text(value: object, field: str) -> str:
    """Return a string within its limit; raise ``InputError`` otherwise."""
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    if len(value) > LIMITS[field]:
        message = f"{field} has {len(value)} characters, send at most {LIMITS[field]}"
        raise InputError("too_long", message, field=field)
    if not value.isascii():
        refuse_halves(value, field)
    if "\0" in value:
        raise InputError("bad_format", f"{field} must not hold the character NUL", field=field)
    return value


def refuse_halves(value: str, field: str) -> None:
    """Raise ``InputError`` for text that no encoding of Unicode can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = f"{field} holds half of a surrogate pair, send valid Unicode"
        raise InputError("bad_format", message, field=field) from error


def parse_name(value: object, field: str) -> str:
    """Return a string that names something: not empty, no control characters."""
    text = parse_text(value, field)
    if not text:
        raise InputError("bad_format", f"{field} is empty, leave it out instead", field=field)
    if not text.isprintable() and _CONTROL.search(text):
        raise InputError("bad_format", f"{field} must not hold control characters", field=field)
    return text


def parse_url(value: object, field: str) -> str:
    """Return an address that a page may link to: ``http:``, ``https:`` or a path."""
    text = parse_text(value, field)
    if not _WEB_ADDRESS.fullmatch(text):
        message = f"{field} must begin with http://, https:// or one /, without blanks"
        raise InputError("bad_format", message, field=field)
    return text


def parse_moment(value: object, field: str) -> int:
    """Return epoch milliseconds of ISO 8601 text, UTC when it has no offset."""
    if not isinstance(value, str):
        message = f"{field} must be a string, ISO 8601 as in 2024-01-31T12:00:00Z"
        raise InputError("wrong_type", message, field=field)
    try:
        return to_ms(parse_time(value))
    except ValueError as error:
        message = f"{field} must be ISO 8601 as in 2024-01-31T12:00:00Z"
        raise InputError("bad_format", message, field=field) from error


@lru_cache(maxsize=65_536)
def _parse_ref(value: str, field: str) -> str:
    return refs.parse_ref(value, field=field)


def parse_ref(value: object, field: str) -> str:
    """Return a checked ref; :mod:`stats.refs` has the grammar."""
    if isinstance(value, str):
        return _parse_ref(value, field)
    return refs.parse_ref(value, field=field)


def parse_parents(value: object, field: str) -> tuple[str, ...]:
    """Return the refs of a list, each once, in their order."""
    if not isinstance(value, (list, tuple)):
        raise InputError("wrong_type", f"{field} must be a list of kind:id strings", field=field)
    parents = tuple(dict.fromkeys([parse_ref(ref, field) for ref in value]))
    if len(parents) > LIMITS[field]:
        message = f"{field} has {len(parents)} refs, send at most {LIMITS[field]}"
        raise InputError("too_large", message, field=field)
    return parents


def parse_size(value: object, field: str) -> int:
    """Return a number of bytes: whole, not negative."""
    if type(value) is not int:
        raise InputError("wrong_type", f"{field} must be a whole number of bytes", field=field)
    if not 0 <= value <= LARGEST_NUMBER:
        message = f"{field} must be from 0 to {LARGEST_NUMBER} bytes"
        raise InputError("out_of_range", message, field=field)
    return value


def parse_number(value: object, field: str) -> float:
    """Return a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("wrong_type", f"{field} must be a number", field=field)
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:  # also of infinity and NaN
        message = f"{field} must be a number between -(2^53-1) and 2^53-1"
        raise InputError("out_of_range", message, field=field)
    return value


@lru_cache(maxsize=65_536)
def _parse_address(value: str, field: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError as error:
        message = f"{field} must be an IPv4 or IPv6 address, without port or zone"
        raise InputError("bad_format", message, field=field) from error
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            message = f"{field} must be an address without a zone"
            raise InputError("bad_format", message, field=field)
        address = address.ipv4_mapped or address
    return str(address)


def parse_address(value: object, field: str) -> str:
    """Return an IP address in its shortest form, an IPv4 in IPv6 as IPv4.

    One visitor is one address, however a proxy writes it.
    """
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    return _parse_address(value, field)


def parse_extra(value: object, field: str) -> dict[str, str | float]:
    """Return a flat object of strings and finite numbers."""
    if not isinstance(value, Mapping):
        message = f"{field} must be a flat object of strings and numbers"
        raise InputError("wrong_type", message, field=field)
    for key, item in value.items():
        _check_extra_item(key, item, field)
    extra = dict(value)
    try:
        size = len(orjson.dumps(extra))
    except TypeError as error:
        raise InputError(
            "bad_format", f"{field} is not valid JSON: {error}", field=field
        ) from error
    if size > LIMITS[field]:
        message = f"{field} has {size} bytes as JSON, send at most {LIMITS[field]}"
        raise InputError("too_large", message, field=field)
    return extra


def _check_extra_item(key: object, item: object, field: str) -> None:
    if not isinstance(key, str) or not key:
        raise InputError("bad_format", f"{field} must have names that are not empty", field=field)
    if isinstance(item, bool) or not isinstance(item, (str, int, float)):
        message = f"{field}.{key[:64]} must be a string or a number"
        raise InputError("wrong_type", message, field=field)
    if not isinstance(item, str) and not -sys.float_info.max <= item <= sys.float_info.max:
        raise InputError("out_of_range", f"{field}.{key[:64]} must be a finite number", field=field)


def one_of(values: tuple[str, ...]) -> Check:
    """Return the check of a field that has one of ``values``."""

    def check(value: object, field: str) -> str:
        if not isinstance(value, str):
            raise InputError("wrong_type", f"{field} must be a string", field=field)
        if value not in values:
            message = f"{field} must be one of {', '.join(values)}"
            raise InputError("bad_format", message, field=field)
        return value

    return check


def parse_type_name(value: object, field: str) -> str:
    """Return the name of a type, which the caller looks up."""
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    return value


FIELDS: Mapping[str, Check] = MappingProxyType(
    {
        "type": parse_type_name,
        "id": parse_name,
        "timestamp": parse_moment,
        "resource": parse_ref,
        "parents": parse_parents,
        "owner_id": parse_name,
        "title": parse_text,
        "url": parse_url,
        "access": one_of(ACCESSES),
        "size": parse_size,
        "created": parse_moment,
        "user_id": parse_name,
        "user_cookie": parse_name,
        "session_id": parse_name,
        "ip_address": parse_address,
        "user_agent": parse_text,
        "referrer": parse_text,
        "request_url": parse_name,
        "via": one_of(VIAS),
        "feature": parse_name,
        "value": parse_number,
        "extra": parse_extra,
    }
)
"""Every field of an event, in the order of ``docs/events.md``."""

QUEUED_FIELDS: Mapping[str, Check] = MappingProxyType({**FIELDS, "import_id": parse_name})
"""Those of an event in the queue: it knows the import that brought it, which nobody can send."""
