"""From decoded JSON to a checked :class:`Event`, and back to the form of the queue.

What :func:`parse_event` returns holds for every step behind it; everything
else raises ``InputError`` with a field, a code and what to do. Parsing what
:func:`dump_event` gave returns an equal event, so that the worker behind the
queue checks with the same function as the publisher before it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stats.counting_rules import FIRST_DAY
from stats.errors import InputError
from stats.events.accessories import Warn, mend_field, no_warning
from stats.events.fields import FIELDS, QUEUED_FIELDS, Check
from stats.events.types import Event, EventType
from stats.times import DAY_MS, day_start_ms, iso_of_ms, to_ms
from stats.validation import SHOWN, find_near

EARLIEST = day_start_ms(FIRST_DAY)
"""Nothing was used over the web before: an older time is a broken clock."""

_CHECKS = dict(FIELDS)
_QUEUED_CHECKS = dict(QUEUED_FIELDS)

LATEST_AHEAD = DAY_MS
"""How far ahead of us a sender's clock may be, in milliseconds."""


def parse_event(
    obj: object,
    *,
    types: Mapping[str, EventType],
    now: datetime,
    warn: Warn = no_warning,
    queued: bool = False,
) -> Event:
    """Return the event that a JSON object describes; raise ``InputError`` otherwise.

    ``types`` are the known event types by name. A field that is ``null`` is
    absent. An absent ``id`` is made, an absent ``timestamp`` is ``now``. ``warn`` is told
    of each accessory that cannot be kept as it came. ``queued``: it comes out of the queue.
    """
    if not isinstance(obj, dict):
        raise InputError("wrong_type", "an event is a JSON object")
    fields = _parse_fields(obj, warn, _QUEUED_CHECKS if queued else _CHECKS)
    fields["type"] = _type_of(fields, types)
    if "resource" not in fields:
        raise InputError("missing", "resource is missing, send kind:id", field="resource")
    if "id" not in fields:
        fields["id"] = secrets.token_hex(16)
    now_ms = to_ms(now)
    check_time(fields.setdefault("timestamp", now_ms), now_ms)
    return Event(**fields)


def _parse_fields(obj: dict[Any, Any], warn: Warn, checks: dict[str, Check]) -> dict[str, Any]:
    fields = {}
    for name, value in obj.items():
        check = checks.get(name)
        if check is None:
            raise _unknown_field(str(name))
        if value is not None:
            try:
                fields[name] = check(value, name)
            except InputError as error:
                kept, warning = mend_field(value, name, error)
                warn(warning)
                if kept is not None:
                    fields[name] = kept
    return fields


def _unknown_field(name: str) -> InputError:
    shown = name[:SHOWN]
    near = find_near(name, FIELDS)
    hint = f", did you mean {near}?" if near else ", put it into extra"
    return InputError("unknown_field", f"{shown} is not a field of an event{hint}", field=shown)


def _type_of(fields: dict[str, Any], types: Mapping[str, EventType]) -> EventType:
    name = fields.get("type")
    if name is None:
        raise InputError("missing", "type is missing, send the type of event", field="type")
    found = types.get(name)
    if found is None:
        near = find_near(name, types)
        hint = f"did you mean {near}?" if near else f"GET /api/stats lists all {len(types)}"
        message = f"type {name[:SHOWN]} is not an event type, {hint}"
        raise InputError("unknown_type", message, field="type")
    return found


def check_time(timestamp: int, now_ms: int) -> None:
    """Raise ``InputError`` for a time at which nothing can have happened."""
    if timestamp < EARLIEST:
        message = f"timestamp is before {iso_of_ms(EARLIEST)}, check the sender's clock"
        raise InputError("out_of_range", message, field="timestamp")
    if timestamp > now_ms + LATEST_AHEAD:
        message = "timestamp is more than 24 hours in the future, check the sender's clock"
        raise InputError("in_the_future", message, field="timestamp")


def dump_event(event: Event) -> dict[str, Any]:
    """Return the JSON object of an event, absent fields left out."""
    dumped = {
        "type": event.type.name,
        "id": event.id,
        "timestamp": iso_of_ms(event.timestamp),
        "resource": event.resource,
        "parents": event.parents or None,
        "owner_id": event.owner_id,
        "title": event.title,
        "url": event.url,
        "access": event.access if event.access != "open" else None,
        "size": event.size,
        "created": None if event.created is None else iso_of_ms(event.created),
        "user_id": event.user_id,
        "user_cookie": event.user_cookie,
        "session_id": event.session_id,
        "ip_address": event.ip_address,
        "user_agent": event.user_agent,
        "referrer": event.referrer,
        "request_url": event.request_url,
        "via": event.via if event.via != "ui" else None,
        "feature": event.feature,
        "value": event.value,
        "extra": event.extra or None,
        "import_id": event.import_id,
    }
    return {name: value for name, value in dumped.items() if value is not None}
