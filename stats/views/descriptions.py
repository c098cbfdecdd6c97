"""Descriptions of resources, as they come in: checked field by field.

Comes in: a JSON object. Goes out: the ref and the fields to set; a field that
is null is removed. A field that events have too is checked as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stats.errors import InputError
from stats.events.fields import FIELDS, Check, parse_url
from stats.events.item_fields import ITEM_FIELDS, check_text
from stats.kinds.types import Kinds
from stats.times import from_ms
from stats.validation import SHOWN, find_near


def _list(value: object, field: str) -> list[str]:
    """Return the parents as MongoDB keeps them."""
    return list(FIELDS[field](value, field))


def _moment(value: object, field: str) -> datetime:
    """Return a time as MongoDB keeps it."""
    return from_ms(FIELDS[field](value, field))


_OF_EVENTS = ("title", "owner_id", "url", "size", "access")
_OWN: Mapping[str, Check] = {
    "owner": check_text,
    "parents": _list,
    "created": _moment,
    "status": check_text,
    "location": check_text,
}

DESCRIPTION: Mapping[str, Check] = MappingProxyType(
    {**{name: FIELDS[name] for name in _OF_EVENTS}, **_OWN, **ITEM_FIELDS}
)
"""Every field of a description and its check (docs/rest.md)."""


def parse_description(obj: object, *, kinds: Kinds) -> tuple[str, dict[str, Any]]:
    """Return the ref that ``resource`` names, and the fields of a description."""
    if not isinstance(obj, dict):
        raise InputError("wrong_type", "a description is a JSON object")
    if obj.get("resource") is None:
        raise InputError("missing", "resource is missing, send kind:id", field="resource")
    ref = kinds.parse_ref(obj["resource"])
    given = {name: value for name, value in obj.items() if name != "resource"}
    return ref, parse_fields(given, kinds=kinds)


def parse_fields(obj: Mapping[str, object], *, kinds: Kinds) -> dict[str, Any]:
    """Return the checked fields of a description; null stays, to be forgotten."""
    fields: dict[str, Any] = {}
    for name, value in obj.items():
        if name not in DESCRIPTION:
            raise _unknown_field(name)
        fields[name] = None if value is None else DESCRIPTION[name](value, name)
    if fields.get("parents"):
        fields["parents"] = list(kinds.normal_refs(fields["parents"]))
    return fields


def _unknown_field(name: str) -> InputError:
    near = find_near(name, DESCRIPTION)
    hint = f"did you mean {near}?" if near else "GET /api/openapi.json lists them (Description)"
    shown = name[:SHOWN]
    message = f"{shown} is not a field of a description, {hint}"
    return InputError("unknown_field", message, field=shown)


def read_address(description: Mapping[str, Any]) -> str | None:
    """Return the address that a page may link to; what was stored may be older than the rule."""
    url = description.get("url")
    try:
        return parse_url(url, "url") if url else None
    except InputError:
        return None
