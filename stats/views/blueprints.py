"""Blueprints whose errors are answered in our shape, in a host's application too."""

from __future__ import annotations

from flask import Blueprint

from stats.views.errors import register_errors
from stats.views.limits import limit_requests


def api_blueprint(
    name: str, import_name: str, *, url_prefix: str | None = None, limited: bool = True
) -> Blueprint:
    """Return a blueprint with our error handlers, whose requests are limited unless told."""
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix)
    register_errors(blueprint)
    return limit_requests(blueprint) if limited else blueprint
