"""Descriptions of resources, as they come in: checked field by field.

Comes in: a JSON object. Goes out: the ref and the fields to set; a field that
is null is to be forgotten. What always holds: a field that events have too is
checked as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stats.errors import InputError
from stats.events.fields import FIELDS, Check, refuse_halves
from stats.refs import parse_ref
from stats.times import from_ms
from stats.validation import SHOWN, find_near

MAX_TEXT = 1_024


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    if len(value) > MAX_TEXT:
        message = f"{field} has {len(value)} characters, send at most {MAX_TEXT}"
        raise InputError("too_long", message, field=field)
    refuse_halves(value, field)
    return value


def _list(value: object, field: str) -> list[str]:
    """Return the parents as MongoDB keeps them."""
    return list(FIELDS[field](value, field))


def _moment(value: object, field: str) -> datetime:
    """Return a time as MongoDB keeps it."""
    return from_ms(FIELDS[field](value, field))


def _authors(value: object, field: str) -> list[dict[str, str]]:
    """Return authors as objects; a name alone is one too."""
    if not isinstance(value, list):
        raise InputError("wrong_type", f"{field} must be a list", field=field)
    return [_author({"name": one} if isinstance(one, str) else one, field) for one in value]


def _author(value: object, field: str) -> dict[str, str]:
    if not isinstance(value, dict) or not {"name"} <= value.keys() <= {"name", "orcid", "isni"}:
        message = f"an entry of {field} is a name, or an object of name, orcid and isni"
        raise InputError("bad_format", message, field=field)
    return {key: _text(part, field) for key, part in value.items()}


_OF_EVENTS = ("title", "owner_id", "url", "size", "access")
_OWN: Mapping[str, Check] = {
    "owner": _text,
    "parents": _list,
    "created": _moment,
    "status": _text,
    "location": _text,
}
_FOR_STANDARDS: Mapping[str, Check] = {
    **dict.fromkeys(("doi", "publisher", "publication_date", "version", "data_type"), _text),
    "authors": _authors,
}
"""What COUNTER and dataset reports say of an item, beyond DESIGN 3.4."""


DESCRIPTION: Mapping[str, Check] = MappingProxyType(
    {**{name: FIELDS[name] for name in _OF_EVENTS}, **_OWN, **_FOR_STANDARDS}
)
"""Every field of a description (DESIGN 3.4) and its check."""


def parse_description(obj: object) -> tuple[str, dict[str, Any]]:
    """Return the ref that ``resource`` names, and the fields of a description."""
    if not isinstance(obj, dict):
        raise InputError("wrong_type", "a description is a JSON object")
    if obj.get("resource") is None:
        raise InputError("missing", "resource is missing, send kind:id", field="resource")
    ref = parse_ref(obj["resource"])
    return ref, parse_fields({name: value for name, value in obj.items() if name != "resource"})


def parse_fields(obj: Mapping[str, object]) -> dict[str, Any]:
    """Return the checked fields of a description; null stays, to be forgotten."""
    fields: dict[str, Any] = {}
    for name, value in obj.items():
        if name not in DESCRIPTION:
            raise _unknown_field(name)
        fields[name] = None if value is None else DESCRIPTION[name](value, name)
    return fields


def _unknown_field(name: str) -> InputError:
    near = find_near(name, DESCRIPTION)
    hint = f"did you mean {near}?" if near else "GET /api/openapi.json lists them (Description)"
    shown = name[:SHOWN]
    message = f"{shown} is not a field of a description, {hint}"
    return InputError("unknown_field", message, field=shown)
