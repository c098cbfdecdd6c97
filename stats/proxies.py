"""``current_stats``: the statistics of the current Flask application.

For views, widgets, tasks and the command line only; everything else gets what
it needs as arguments.
"""

from __future__ import annotations

from typing import cast

from flask import current_app
from werkzeug.local import LocalProxy

from stats.ext import EXTENSION, StatsState


def _find() -> StatsState:
    return cast(StatsState, current_app.extensions[EXTENSION])


current_stats = cast(StatsState, LocalProxy(_find))
