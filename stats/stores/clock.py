"""The time that all workers share: that of the MongoDB server.

What is compared between processes (``indexed_at`` with the bookmark, leases of days)
is stamped by one clock, so that a worker whose own clock is wrong, or is set while it works,
stamps nothing that others look past. The server is asked now and then; in
between, a clock counts that nobody can set.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from stats.stores.mongo import Documents, translated

ASK_EVERY = 30.0
"""Seconds for which two clocks run alike."""


def boot_time() -> float:
    """Return the seconds since the machine was started, also while it slept."""
    which = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(which)


class SharedClock:
    """Call it for the time; threads share it. Raises ``StoreUnavailable``."""

    def __init__(
        self, database: Callable[[], Documents], *, counter: Callable[[], float] = boot_time
    ) -> None:
        self._database = database
        self._counter = counter
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._told = datetime.min

    def __call__(self) -> datetime:
        """Return the time, aware and in UTC."""
        with self._lock:
            now = self._counter()
            if self._asked_at is None or not 0 <= now - self._asked_at < ASK_EVERY:
                self._told = self._ask()
                now = self._asked_at = self._counter()
            return self._told + timedelta(seconds=now - self._asked_at)

    def _ask(self) -> datetime:
        database = self._database()
        with translated():
            answer = database.command("isMaster", codec_options=database.codec_options)
        told: datetime = answer["localTime"]
        return told
