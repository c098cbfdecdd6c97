"""Tokens of the service's own: how they are made, kept and checked.

Pure. Comes in: random secrets and what they are for. Goes out: documents for
``stores.tokens`` and identities. Invariant: only a hash of a token is
kept, so that a copy of the database signs nobody in. A plain SHA-256 is right
here: 32 random bytes leave nothing to guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from stats.errors import InputError
from stats.kinds.catalogue import COMMUNITY
from stats.permissions.identity import Identity, Role
from stats.refs import parse_ref
from stats.times import DAY, UTC, parse_day

SECRET_BYTES = 32
SHORT = 12
"""Characters of a token's id that are shown, and that name it to ``revoke``."""

_DAYS = re.compile(r"([0-9]{1,5})d")


@dataclass(frozen=True)
class TokenScope:
    """Who a token stands for."""

    role: Role
    user_id: str | None = None
    communities: tuple[str, ...] = ()


def make_secret() -> str:
    """Return a new token: 32 random bytes, URL-safe; no command takes it for an option."""
    while (secret := token_urlsafe(SECRET_BYTES)).startswith("-"):
        pass
    return secret


def token_id(secret: str) -> str:
    """Return what is kept of a token: its SHA-256, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def parse_scope(role: Role, *, user: str | None, communities: tuple[str, ...]) -> TokenScope:
    """Return a scope in which role, user and communities fit together."""
    if role == "user" and not user:
        raise InputError("missing", "a token of role user needs --user", field="user")
    if role == "curator" and not communities:
        raise InputError("missing", "a token of role curator needs --community", field="community")
    if communities and role != "curator":
        message = "only a token of role curator has communities"
        raise InputError("unknown_parameter", message, field="community")
    return TokenScope(role, user or None, tuple(map(parse_community, communities)))


def parse_community(text: str) -> str:
    """Return the ref of a community; ``zenodo`` is ``community:zenodo``, other kinds are named."""
    return parse_ref(text if ":" in text else f"{COMMUNITY.name}:{text}", field="community")


def parse_expires(text: str, *, now: datetime) -> datetime:
    """Return when a token ends: ``90d`` from now, or with the day ``YYYY-MM-DD`` (UTC)."""
    days = _DAYS.fullmatch(text)
    try:
        if days:
            moment = now + timedelta(days=int(days[1]))
        else:
            day = parse_day(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
    except OverflowError as error:
        raise InputError("out_of_range", "that is beyond the calendar", field="expires") from error
    except ValueError as error:
        message = f"write a date YYYY-MM-DD or days like 90d, not {text[:40]!r}"
        raise InputError("bad_format", message, field="expires") from error
    if moment <= now:
        raise InputError("out_of_range", f"{text} is over already", field="expires")
    return moment


def build_document(
    secret: str, scope: TokenScope, *, now: datetime, expires: datetime | None
) -> dict[str, Any]:
    """Return what is kept of a token."""
    return {
        "_id": token_id(secret),
        "kind": "access",
        "role": scope.role,
        "user_id": scope.user_id,
        "communities": list(scope.communities),
        "created": now,
        "expires": expires,
        "revoked": None,
    }


def is_live(document: Mapping[str, Any] | None, *, now: datetime) -> bool:
    """Return whether a token is known, not revoked and not expired."""
    if document is None or document["revoked"]:
        return False
    return document["expires"] is None or bool(now < document["expires"])


def read_identity(document: Mapping[str, Any]) -> Identity:
    """Return whom a live token stands for."""
    return Identity(
        user_id=document["user_id"],
        roles=frozenset({document["role"]}),
        communities=frozenset(document["communities"]),
        source="token",
    )
