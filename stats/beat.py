"""Celery's schedule when the broker is away: one line that says so, one when it is back.

The scheduler of Celery logs a traceback for every task that it cannot send.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import PersistentScheduler

_log = logging.getLogger(__name__)


class QuietScheduler(PersistentScheduler):  # type: ignore[misc]
    """``celery beat --scheduler stats.beat:QuietScheduler``; ``stats.worker`` has it already."""

    is_away = False

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a task that is due; what cannot be sent is due again the next time."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            if not self.is_away:
                _log.error("tasks are not sent while the broker is away: %s", error)
            self.is_away = True
        else:
            if self.is_away:
                _log.warning("tasks are sent again")
            self.is_away = False
