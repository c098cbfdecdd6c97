"""The entry points ``invenio_base.apps`` and ``invenio_base.api_apps``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from flask import Flask

from stats.hosts.extension import StatsHost
from stats.hosts.invenio.replacement.configuration import RDM, build_config, is_replacing
from stats.hosts.invenio.replacement.install import HOST
from stats.hosts.invenio.signals import connect_signals
from stats.proxies import current_stats
from stats.tasks import build_schedule

REFRESH_EVERY = 30.0
"""Seconds between two looks whether records have new numbers."""


class InvenioStats(StatsHost):
    """Statistics in an Invenio application: signals are connected, jobs scheduled.

    The routes come from entry points of their own (``stats.hosts.invenio.routes``).
    """

    def __init__(self, app: Flask | None = None) -> None:
        super().__init__(app, views=False)

    def read_config(self, app: Flask) -> Mapping[str, Any]:
        """Return the settings; those of invenio-stats are read, or left to it, where it is there.

        Raises:
            ConfigError: a definition cannot be imported, or names would be used twice.
        """
        config, host = build_config(app.config)
        if is_replacing(app.config):
            app.extensions[HOST] = host
        return config

    def init_app(self, app: Flask) -> None:
        """Add statistics to ``app``; what its ``CELERY_BEAT_SCHEDULE`` says of a job stays."""
        super().init_app(app)
        with app.app_context():
            schedule = build_schedule(current_stats.settings)
        if find_spec(RDM) is not None and app.extensions.get(HOST) is not None:
            name = "stats.refresh_records"
            schedule[name] = {"task": name, "schedule": timedelta(seconds=REFRESH_EVERY)}
        app.config["CELERY_BEAT_SCHEDULE"] = {
            **schedule,
            **(app.config.get("CELERY_BEAT_SCHEDULE") or {}),
        }
        connect_signals()
