"""A circuit breaker: who did not answer a moment ago is not asked again at once.

What always holds: after a failure nothing is asked for a pause that doubles
with each further failure, then one call is let through; a success ends it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 60.0


class Breaker:
    """Whether an engine may be asked; threads share it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = FIRST_PAUSE
        self._closed_until = 0.0

    def may_ask(self) -> bool:
        """Return whether to ask now; of several callers after a pause, one may."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return False
            if self._pause > FIRST_PAUSE:
                self._closed_until = now + self._pause
            return True

    def failed(self) -> None:
        """Note that there was no answer."""
        with self._lock:
            self._closed_until = self._clock() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def answered(self) -> None:
        """Note that there was an answer."""
        with self._lock:
            self._pause = FIRST_PAUSE
            self._closed_until = 0.0
