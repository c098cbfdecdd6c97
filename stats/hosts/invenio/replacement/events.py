"""From an event of invenio-stats to one of ours. Pure.

Comes in: the dictionary that a host's event builders and own preprocessors made.
Goes out: an event as ``docs/events.md`` has it. What they added and no field of
ours holds goes into ``extra``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.hosts.invenio.replacement.event_types import kind_of_type
from stats.legacy.mapping import refs_of
from stats.refs import is_ref

Event = dict[str, Any]

_READ = frozenset(
    {
        "timestamp",
        "updated_timestamp",
        "recid",
        "parent_recid",
        "record_id",
        "pid_value",
        "bucket_id",
        "file_key",
        "collection",
        "size",
        "referrer",
        "ip_address",
        "user_agent",
        "user_id",
        "session_id",
        "via_api",
        "unique_id",
        "visitor_id",
        "unique_session_id",
        "country",
        "is_robot",
        "is_machine",
    }
)
"""Fields with a place of their own, and those that are made anew here."""


def build_event(type_name: str, source: Mapping[str, Any], *, identified_by: str) -> Event | None:
    """Return the event; None when nothing says what was used.

    ``identified_by`` is the field by which the host tells resources apart, where
    none of the fields that invenio-stats itself knows is there.
    """
    refs = refs_of(source) or _by_field(type_name, source.get(identified_by))
    if refs is None:
        return None
    event = {
        "type": type_name,
        "timestamp": source.get("timestamp"),
        "resource": refs[0],
        "parents": list(refs[1:]),
        "size": source.get("size"),
        "ip_address": source.get("ip_address") or None,
        "user_agent": _string(source.get("user_agent")),
        "referrer": _string(source.get("referrer")) or None,
        "user_id": _text(source.get("user_id")),
        "session_id": _text(source.get("session_id")),
        "via": "api" if source.get("via_api") else None,
        "extra": _extra(source) or None,
    }
    return {name: value for name, value in event.items() if value is not None}


def _by_field(type_name: str, value: object) -> tuple[str, ...] | None:
    ref = f"{kind_of_type(type_name)}:{value}"
    return (ref,) if value not in (None, "") and is_ref(ref) else None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _extra(source: Mapping[str, Any]) -> dict[str, str | float]:
    kept = {name: value for name, value in source.items() if name not in _READ}
    flat = (str, int, float)
    return {n: v for n, v in kept.items() if isinstance(v, flat) and not isinstance(v, bool)}
