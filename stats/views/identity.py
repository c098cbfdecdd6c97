"""Who sends this request.

In this order: what ``STATS_IDENTITY`` of the host says; whom Flask-Login has
signed in; a token of the service's own. Invariant: a token that is not
valid is refused, never taken for nobody; outside of a request (the command
line, scheduled tasks) it is who works on the machine.

A token comes as ``Authorization: Bearer``, on COUNTER's routes as ``api_key``
(or ``requestor_id``). An embed token may come as ``token`` in the address of a
widget or badge, which cannot send headers. The dashboard keeps its token in a
cookie, which counts for reading alone: another site cannot write through it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, has_request_context, request

from stats.errors import AccessError, ConfigError
from stats.origins import read_origin
from stats.permissions import ANONYMOUS, COMMAND_LINE, Identity
from stats.permissions.embed import looks_like_embed, read
from stats.permissions.host import read_host_identity
from stats.permissions.tokens import is_live, read_identity, token_id
from stats.proxies import current_stats
from stats.times import utc_now

try:
    from flask_login import current_user
except ImportError:  # the host does not use it
    current_user = None

COOKIE = "stats_token"
_KNOWN = "stats.identity"
_STALE = "stats.stale_cookie"
_COUNTER = "/api/counter/"
_EMBEDDED = ("/widgets/", "/badge/")
_READING = frozenset({"GET", "HEAD"})


def caller() -> Identity:
    """Return who sends the current request; it is found out once.

    Raises:
        AccessError: the request has a token that is not valid here.
    """
    if not has_request_context():
        return COMMAND_LINE
    if _KNOWN not in request.environ:
        found = _find(utc_now())
        curated = current_stats.kinds.normal_refs(found.communities)
        request.environ[_KNOWN] = replace(found, communities=frozenset(curated))
    return cast(Identity, request.environ[_KNOWN])


def _find(now: datetime) -> Identity:
    found = _of_setting() or _of_login()
    if found is not None and found.signed_in:
        return found
    token = read_token()
    if not token:
        return _of_cookie(now)
    return _of_embed_token(token, now) if looks_like_embed(token) else _of_token(token, now)


def _of_token(token: str, now: datetime) -> Identity:
    document = current_stats.stores.tokens.read(token_id(token))
    if document is None or document["kind"] != "access" or not is_live(document, now=now):
        raise _refused()
    return read_identity(document)


def _of_cookie(now: datetime) -> Identity:
    """Return whom the dashboard's cookie signs in; nobody where its token has ended.

    Nobody chose to send it with this request: a stale one is taken out of the browser
    (:func:`forget_stale_cookie`), and does not close what is open to everybody.
    """
    reads = request.method in _READING and _COUNTER not in request.path
    token = request.cookies.get(COOKIE) if reads else None
    if not token:
        return ANONYMOUS
    try:
        return _of_token(token, now)
    except AccessError:
        request.environ[_STALE] = True
        return ANONYMOUS


def forget_stale_cookie(response: Response) -> Response:
    """Take a cookie out of the browser whose token has ended."""
    if request.environ.get(_STALE):
        response.delete_cookie(COOKIE, path=request.script_root or "/")
    return response


def _of_setting() -> Identity | None:
    ask = current_stats.settings.identity
    found = ask() if ask else None
    if found is not None and not isinstance(found, Identity):
        raise ConfigError(f"STATS_IDENTITY returned {found!r}; it returns an Identity or None")
    return found


def _of_login() -> Identity | None:
    if current_user is None or not hasattr(current_app, "login_manager"):
        return None
    principal = getattr(g, "identity", None)
    return read_host_identity(current_user, getattr(principal, "provides", ()))


def read_token() -> str | None:
    """Return the token that the request names, in a header or its address."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip() or "-"
    if _COUNTER in request.path:
        return request.args.get("api_key") or request.args.get("requestor_id")
    if any(part in request.path for part in _EMBEDDED):
        token = request.args.get("token", "")
        if token and not looks_like_embed(token):  # others do not stand in addresses
            raise _refused()
        return token or None
    return None


def _of_embed_token(token: str, now: datetime) -> Identity:
    signed = read(token, current_stats.embed_key)
    if signed is None or signed.expires <= now:
        raise _refused()
    if not is_live(current_stats.stores.tokens.read(token_id(token)), now=now):
        raise _refused()
    origin = read_origin(dict(request.headers))
    if origin != signed.grant.origin and not _is_own(origin):
        message = f"this embed token is for pages of {signed.grant.origin}"
        raise AccessError(message, signed_in=True)
    return Identity(source="embed", grant=signed.grant)


def _is_own(origin: str | None) -> bool:
    """Return whether the request comes from a page of this service: a widget in its frame."""
    if origin is None:
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    parts = urlsplit(origin)
    downgraded = request.is_secure and parts.scheme != "https"  # a page that others may change
    return parts.netloc == request.host and not downgraded


def is_forged() -> bool:
    """Return whether a browser sent this request from another site's page.

    A cookie of the host signs such a request in as well. Browsers say where
    a request that may change something comes from; programs say nothing.
    """
    if "Origin" not in request.headers:
        return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    return not _is_own(read_origin(dict(request.headers)))


def _refused() -> AccessError:
    return AccessError("the token is unknown, expired or revoked", signed_in=False)
