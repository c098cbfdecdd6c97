"""The service of its own: a Flask application with everything registered.

For installations that are not part of a host application: ``stats serve``
and the worker use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from stats.ext import EXTENSION, StatsState
from stats.hosts.js_client import blueprint as script
from stats.standalone import create_standalone
from stats.trusted_proxies import TrustedProxies
from stats.views.register import register_views


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application; ``config`` are settings over those of the environment.

    Raises:
        ConfigError: a setting is unknown or of the wrong form.
    """
    app = create_standalone(config)
    register_views(app)
    app.register_blueprint(script)
    state: StatsState = app.extensions[EXTENSION]
    if networks := state.settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, networks)  # type: ignore[method-assign]
    return app
