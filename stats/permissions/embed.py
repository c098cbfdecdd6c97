"""Embed tokens: what a page of another site carries to show restricted statistics.

Such a token is no secret (it is in the page), so it is narrow instead: it
reads the statistics of one resource, on pages of one origin, for a time. It is
signed, and kept like other tokens, so that it can be listed and revoked.

    token = payload "." signature        (URL-safe, as of itsdangerous)
    payload = {"r": resource, "o": origin, "q": [queries], "x": expiry in epoch seconds, "n": nonce}

What always holds: only what this installation's key has signed is read at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

from stats.errors import InputError
from stats.permissions.identity import Grant
from stats.permissions.tokens import token_id
from stats.times import from_ms, to_ms

_SALT = "stats-embed"
_NONCE_BYTES = 9
_SCHEMES = ("http", "https")


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


def parse_origin(text: str, *, field: str = "origin") -> str:
    """Return ``scheme://host[:port]`` in lower case, without the scheme's own port."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
    except ValueError as error:
        raise _bad_origin(text, field) from error
    beside = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in _SCHEMES or not parts.hostname or beside:
        raise _bad_origin(text, field)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def read_origin(headers: Mapping[str, str]) -> str | None:
    """Return the origin of the page that a request comes from, as the browser says it.

    ``Origin`` where there is one (``null`` is nobody's), else that of ``Referer``.
    """
    text = headers.get("Origin")
    if text is None:
        parts = urlsplit(headers.get("Referer") or "")
        text = f"{parts.scheme}://{parts.netloc}"
    try:
        return parse_origin(text)
    except InputError:
        return None


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        key, salt=_SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
    )


def _bad_origin(text: str, field: str) -> InputError:
    message = f"write an origin like https://www.example.org, not {text[:80]!r}"
    return InputError("bad_format", message, field=field)
