"""The form of events in the queue: one message holds one event or an array of them.

Pure. What :func:`build_messages` makes, :func:`read_message` reads; it reads
what others put into the queue too, and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from stats.errors import InputError
from stats.events.parse import dump_event
from stats.events.types import Event
from stats.json_text import read_json_text

EVENTS_A_MESSAGE = 100
BYTES_A_MESSAGE = 65_536
"""So that what a worker has in hand stays within some tens of megabytes."""


def build_messages(events: Iterable[Event]) -> list[bytes]:
    """Return the messages of ``events`` in their order, many events in each."""
    return pack_messages(orjson.dumps(dump_event(event)) for event in events)


def pack_messages(bodies: Iterable[bytes]) -> list[bytes]:
    """Return the messages of events that are JSON already, in their order."""
    messages: list[bytes] = []
    parts: list[bytes] = []
    size = 0
    for part in bodies:
        if parts and (len(parts) == EVENTS_A_MESSAGE or size + len(part) > BYTES_A_MESSAGE):
            messages.append(_array(parts))
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        messages.append(_array(parts))
    return messages


def _array(parts: list[bytes]) -> bytes:
    return parts[0] if len(parts) == 1 else b"[" + b",".join(parts) + b"]"


def read_message(body: bytes) -> list[Any]:
    """Return what should be events; raise ``InputError`` when the message is not JSON."""
    try:
        read = read_json_text(body)
    except orjson.JSONDecodeError as error:
        raise InputError("not_json", f"the message is not JSON: {error}") from error
    return read if isinstance(read, list) else [read]
