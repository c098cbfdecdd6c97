"""The extension of a host application: statistics, their views, and template globals."""

from __future__ import annotations

from flask import Flask

from stats.ext import Stats
from stats.hosts.js_client import blueprint as script
from stats.hosts.lookups import record_stats
from stats.views.health import blueprint as health
from stats.views.register import BLUEPRINTS


class StatsHost(Stats):
    """``StatsHost(app)`` in an application of the host's own.

    It makes ``current_stats``, the template global ``record_stats`` and, unless
    ``views`` is False, the routes of ``docs/rest.md`` and the widgets. The host's
    error pages stay its own, and so do its health checks unless ``health`` adds ours.
    """

    def __init__(
        self, app: Flask | None = None, *, views: bool = True, health: bool = False
    ) -> None:
        self._views = views
        self._health = health
        super().__init__(app)

    def init_app(self, app: Flask) -> None:
        """Add statistics to ``app``.

        Raises:
            ConfigError: a setting is unknown or of the wrong form.
        """
        super().init_app(app)
        app.add_template_global(record_stats)
        if self._views:
            for blueprint in (*BLUEPRINTS, script):
                if self._health or blueprint is not health:
                    app.register_blueprint(blueprint)
