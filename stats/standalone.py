"""The Flask application of an installation that is not part of a host: settings, and no views.

What a command works on; the service adds its views (:mod:`stats.service`). They are not imported
here, so that a command starts without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from stats.ext import Stats


def create_standalone(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application; ``config`` are settings over those of the environment.

    Raises:
        ConfigError: a setting is unknown or of the wrong form.
    """
    app = Flask("stats")
    app.config.update(config or {})
    Stats(app)
    return app
