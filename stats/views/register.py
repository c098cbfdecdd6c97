"""All views of the package, registered with an application."""

from __future__ import annotations

from flask import Flask, Response, request

from stats.dashboard import blueprint as dashboard
from stats.views import (
    changed,
    counter,
    event_log,
    events,
    health,
    openapi,
    queries,
    reports,
    resources,
    totals,
)
from stats.views.errors import register_errors
from stats.widgets import blueprint as widgets

BLUEPRINTS = (
    totals.blueprint,
    reports.blueprint,
    counter.blueprint,
    queries.blueprint,
    events.blueprint,
    event_log.blueprint,
    changed.blueprint,
    resources.blueprint,
    health.blueprint,
    openapi.blueprint,
    dashboard.blueprint,
    dashboard.gallery,
    widgets.blueprint,
)


def register_views(app: Flask) -> None:
    """Register every view with the service's own application, errors of routing included."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_errors(app)
    app.after_request(_redirect_within)


def _redirect_within(response: Response) -> Response:
    """Make the router's redirects lead to a path: the ``Host`` header is the caller's word."""
    if response.location and response.location.startswith(request.host_url):
        response.location = f"/{response.location.removeprefix(request.host_url).lstrip('/')}"
    return response
