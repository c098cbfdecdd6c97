"""Which pages of other sites may read statistics and frame widgets.

Comes in: ``STATS_WIDGET_ORIGINS``, and the origins of live embed tokens. Goes
out: CORS headers on what only reads, and ``frame-ancestors`` on every page.
Invariant: no other site gets a reader's cookies used for it (there is
no ``Access-Control-Allow-Credentials``), nothing that writes has CORS headers,
and a shared cache keeps the answers to different origins apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Blueprint, Response, current_app, request

from stats.errors import InputError, StatsError
from stats.origins import parse_origin
from stats.permissions import ANONYMOUS
from stats.proxies import current_stats
from stats.refs import is_ref
from stats.times import utc_now

EVERY = "*"
HTML = "text/html"
LIFETIME = 60.0
"""Seconds that the origins of embed tokens are remembered."""

PREFLIGHT_SECONDS = 600
_EXTENSION = "stats-embedding"


class TokenOrigins:
    """The origins of live embed tokens, looked up once a minute."""

    def __init__(
        self, read: Callable[[], set[str]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._known: set[str] = set()
        self._until = float("-inf")

    def get(self) -> set[str]:
        """Return the origins; those known before when the database does not answer."""
        if self._clock() >= self._until:
            self._until = self._clock() + LIFETIME
            try:
                self._known = self._read()
            except StatsError:
                return self._known
        return self._known


def readable_elsewhere(blueprint: Blueprint) -> Blueprint:
    """Let pages of other sites, as far as allowed, read what a blueprint answers."""
    blueprint.after_request(put_cors)
    return blueprint


def framed_elsewhere(blueprint: Blueprint) -> Blueprint:
    """Let pages of other sites, as far as allowed, frame a blueprint's pages."""
    blueprint.after_request(_put_framers)
    return blueprint


def framed_here(blueprint: Blueprint) -> Blueprint:
    """Let nobody but the service itself frame a blueprint's pages."""
    blueprint.after_request(lambda response: _put_ancestors(response, set()))
    return blueprint


def put_cors(response: Response) -> Response:
    """Say that the page that asks may read this answer, if it may."""
    response.vary.add("Origin")
    allowed = allowed_origin(request.headers.get("Origin"))
    if allowed is None:
        return response
    response.headers["Access-Control-Allow-Origin"] = allowed
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, Retry-After"
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def allowed_origin(text: str | None) -> str | None:
    """Return what ``Access-Control-Allow-Origin`` is for a page of the origin ``text``."""
    if text is None:
        return None
    configured = current_stats.settings.widget_origins
    if EVERY in configured:
        return EVERY
    try:
        origin = parse_origin(text)
    except InputError:
        return None
    return text if origin in configured or origin in _token_origins() else None


def _put_framers(response: Response) -> Response:
    return _put_ancestors(response, _framers()) if response.mimetype == HTML else response


def _framers() -> set[str]:
    """Return who may frame the page of a resource: of a hidden one, whom embed tokens name.

    So a token that was copied shows nothing in the frames of another site.
    While the database does not answer, no token is accepted, and the page is open.
    """
    ref = (request.view_args or {}).get("ref")
    public = set(current_stats.settings.widget_origins)
    try:
        if ref is None:
            return public | _token_origins()
        if not is_ref(ref):  # nobody's page; what a script would make of it is not known here
            return set()
        ref = current_stats.kinds.normal_ref(ref)
        if _is_public(ref):
            return public | _token_origins()
        return current_stats.stores.tokens.origins(utc_now(), resource=ref)
    except StatsError:
        return public


def _is_public(ref: str) -> bool:
    return ref in current_stats.policy.visible(ANONYMOUS, [ref])


def _token_origins() -> set[str]:
    extensions = current_app.extensions
    if _EXTENSION not in extensions:
        read = current_stats.stores.tokens.origins
        extensions[_EXTENSION] = TokenOrigins(lambda: read(utc_now()))
    known: TokenOrigins = extensions[_EXTENSION]
    return known.get()


def _put_ancestors(response: Response, origins: set[str]) -> Response:
    """Say who may frame a page: the service itself, and ``origins``."""
    if response.mimetype != HTML:
        return response
    ancestors = EVERY if EVERY in origins else " ".join(["'self'", *sorted(origins)])
    policy = response.headers.get("Content-Security-Policy", "")
    parts = [part.strip() for part in policy.split(";") if part.strip()]
    others = [part for part in parts if not part.startswith("frame-ancestors")]
    policy = "; ".join([*others, f"frame-ancestors {ancestors}"])
    response.headers["Content-Security-Policy"] = policy
    return response
