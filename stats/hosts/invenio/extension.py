"""The entry points ``invenio_base.apps`` and ``invenio_base.api_apps``."""

from __future__ import annotations

from flask import Flask

from stats.hosts.extension import StatsHost
from stats.hosts.invenio.signals import connect_signals
from stats.proxies import current_stats
from stats.tasks import build_schedule


class InvenioStats(StatsHost):
    """Statistics in an Invenio application: signals are connected, jobs scheduled.

    The routes come from entry points of their own (``stats.hosts.invenio.routes``).
    """

    def __init__(self, app: Flask | None = None) -> None:
        super().__init__(app, views=False)

    def init_app(self, app: Flask) -> None:
        """Add statistics to ``app``; what its ``CELERY_BEAT_SCHEDULE`` says of a job stays."""
        super().init_app(app)
        with app.app_context():
            schedule = build_schedule(current_stats.settings)
        app.config["CELERY_BEAT_SCHEDULE"] = {
            **schedule,
            **(app.config.get("CELERY_BEAT_SCHEDULE") or {}),
        }
        connect_signals()
