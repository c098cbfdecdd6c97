"""Who is the same visitor, without saying who.

In comes an event and the random salt of its UTC day; out go keyed hashes that
nobody can compute again once the salt is destroyed.
The identity is the best that there is: the user, else the user cookie, else the
session id, else IP address and user agent (COUNTER 5.1, 7.3 and 7.4). An event
with none of them is a visitor and a session of its own.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from stats.counting_rules import PARTITIONS
from stats.events.types import Event
from stats.times import DAY_MS, HOUR_MS

SESSION = "session|"
"""How the identity begins that is a session id."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

SaltOf = Callable[[int], bytes]
"""From the number of a UTC day since the epoch to that day's salt."""


class Visitor(NamedTuple):
    """``partition`` holds all clicks of a visitor of that day: 0..1023."""

    visitor_id: str
    partition: int


def identity_of(event: Event) -> str:
    """Return the best identity, with its kind before it so that kinds never meet."""
    if event.user_id is not None:
        return f"user|{event.user_id}"
    if event.user_cookie is not None:
        return f"cookie|{event.user_cookie}"
    if event.session_id is not None:
        return f"{SESSION}{event.session_id}"
    if event.ip_address is not None:
        return f"ip|{event.ip_address}|{event.user_agent or ''}"
    return f"event|{event.id}"


def session_identity_of(event: Event, identity: str) -> str:
    """Return what one COUNTER session is of: the identity and the hour of the event.

    A session id is a session by itself, without the hour (COUNTER 5.1, 7.4); a user
    cookie outlives sessions and keeps the hour.
    """
    if identity.startswith(SESSION):
        return identity
    return f"{identity}|{event.timestamp % DAY_MS // HOUR_MS:02d}"


def keyed(identity: str, salt: bytes) -> bytes:
    """Return 16 bytes that stand for an identity as long as the salt is kept."""
    return blake2b(identity.encode(), digest_size=16, key=salt).digest()


def text_of(digest: bytes) -> str:
    """Return 16 bytes as 22 characters that are safe in a URL."""
    return b2a_base64(digest, newline=False)[:22].translate(_URL_SAFE).decode()


def visitor_of(identity: str, salt: bytes) -> Visitor:
    """Return the visitor of one day and the partition that holds all of its events."""
    digest = keyed(identity, salt)
    return Visitor(text_of(digest), int.from_bytes(digest[:2], "big") % PARTITIONS)
