"""The entry point ``invenio_base.api_blueprints``.

Invenio mounts its API application at ``/api``, so there our routes are without
that prefix, and outside they are what ``docs/rest.md`` says. Dashboard and
widgets are entry points ``invenio_base.blueprints`` as they are.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from stats.dashboard.blueprint import blueprint as dashboard
from stats.dashboard.blueprint import gallery
from stats.views.health import blueprint as health
from stats.views.openapi import blueprint as openapi
from stats.views.register import BLUEPRINTS
from stats.widgets.blueprint import blueprint as widgets

_API = "/api"
_PAGES = (dashboard, gallery, widgets)
_NOT_IN_INVENIO = (health, openapi)
"""Invenio has health checks of its own; the document has paths of its own."""


def build_api(app: Flask) -> Blueprint:
    """Return the REST routes, for the application that is mounted at ``/api``."""
    api = Blueprint("stats", __name__)
    for blueprint in BLUEPRINTS:
        if blueprint not in (*_PAGES, *_NOT_IN_INVENIO):
            prefix = (blueprint.url_prefix or "").removeprefix(_API)
            api.register_blueprint(blueprint, url_prefix=prefix)
    return api
