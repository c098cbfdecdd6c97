"""Embed tokens: what a page of another site carries to show restricted statistics.

Such a token is no secret (it is in the page), so it is narrow instead: it
reads the statistics of one resource, on pages of one origin, for a time. It is
signed, and kept like other tokens, so that it can be listed and revoked.

    token = payload "." signature        (URL-safe, as of itsdangerous)
    payload = {"r": resource, "o": origin, "q": [queries], "x": expiry in epoch seconds, "n": nonce}

Invariant: only what this installation's key has signed is read at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from stats.permissions.identity import Grant
from stats.permissions.tokens import token_id
from stats.times import from_ms, to_ms

_SALT = "stats-embed"
_NONCE_BYTES = 9


@dataclass(frozen=True)
class Signed:
    """A grant and when it ends."""

    grant: Grant
    expires: datetime


def looks_like_embed(token: str) -> bool:
    """Return whether a token is an embed token by its form; others have no full stop."""
    return "." in token


def sign(signed: Signed, key: str) -> str:
    """Return an embed token; no two are the same, so that each is revoked by itself."""
    grant = signed.grant
    payload = {
        "r": grant.resource,
        "o": grant.origin,
        "q": list(grant.queries),
        "x": to_ms(signed.expires) // 1000,
        "n": token_urlsafe(_NONCE_BYTES),
    }
    return str(_serializer(key).dumps(payload))


def read(token: str, key: str) -> Signed | None:
    """Return what was signed with ``key``; None when it is anything else."""
    try:
        payload = _serializer(key).loads(token)
    except BadData:
        return None
    grant = Grant(payload["r"], payload["o"], tuple(payload["q"]))
    return Signed(grant, from_ms(payload["x"] * 1000))


def build_document(token: str, signed: Signed, *, now: datetime) -> dict[str, Any]:
    """Return what is kept of an embed token."""
    grant = signed.grant
    return {
        "_id": token_id(token),
        "kind": "embed",
        "resource": grant.resource,
        "origin": grant.origin,
        "queries": list(grant.queries),
        "created": now,
        "expires": signed.expires,
        "revoked": None,
    }


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        key, salt=_SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
    )
