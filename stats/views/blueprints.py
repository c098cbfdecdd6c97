"""What every request to our addresses goes through, in a host's application too.

Before a view: limits of the address, and of how often its caller asks. Behind it: errors in our
shape, and headers that every answer has.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from stats.errors import AccessError
from stats.proxies import current_stats
from stats.views.errors import register_errors
from stats.views.identity import caller, forget_stale_cookie, read_token


def forbid_sniffing(response: Response) -> Response:
    """Let no browser take an answer for another type than it has."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def api_blueprint(
    name: str, import_name: str, *, url_prefix: str | None = None, limited: bool = True
) -> Blueprint:
    """Return a blueprint with our error handlers, whose requests are limited unless told."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    register_errors(blueprint)
    blueprint.after_request(forget_stale_cookie)
    blueprint.after_request(forbid_sniffing)
    return limit_requests(blueprint) if limited else blueprint


def limit_requests(blueprint: Blueprint) -> Blueprint:
    """Refuse requests to a blueprint that are too long or too many."""
    blueprint.before_request(_check_request)
    return blueprint


def _check_request() -> None:
    current_stats.limits.check_address(len(request.full_path.encode()))
    current_stats.rates.count_request(request.remote_addr or "", _token())


def _token() -> str | None:
    """Return the token of the request; one that no view will accept is none."""
    try:
        return read_token()
    except AccessError:
        return None


def count_published(events: int, refs: int) -> None:
    """Count what the caller publishes, before it is published."""
    who = caller()
    key = _token() or who.user_id or request.remote_addr or ""
    current_stats.rates.count_published(key, events=events, refs=refs)
