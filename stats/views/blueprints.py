"""Blueprints whose errors are answered in our shape, in a host's application too."""

from __future__ import annotations

from flask import Blueprint, Response

from stats.views.errors import register_errors
from stats.views.identity import forget_stale_cookie
from stats.views.limits import limit_requests


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
