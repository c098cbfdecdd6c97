"""The time in which an engine does not answer: nobody asks it but one thread in the background.

Invariant: after the first failure no caller waits for the engine again until the thread has
had an answer. A thread that a fork or a crash has ended counts as an answer, so that
the next caller asks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from stats.errors import StatsError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
TICK = 1.0
"""Seconds between two calls of ``tick``."""

_log = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing."""


class Outage:
    """Whether there is one; threads share it.

    ``ask`` raises while there is no answer, ``tick`` is called every second
    meanwhile, ``over`` once at the end, when callers ask for themselves again.
    """

    def __init__(
        self,
        ask: Callable[[], None],
        *,
        tick: Callable[[], None] = _nothing,
        over: Callable[[], None] = _nothing,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ask = ask
        self._tick = tick
        self._over = over
        self._sleep = sleep
        self._lock = threading.Lock()
        self._on = False
        self._thread = threading.Thread()

    def is_on(self) -> bool:
        """Return whether the engine is being waited for in the background."""
        return self._on and self._thread.is_alive()

    def begin(self) -> None:
        """Note that there was no answer; a second time changes nothing."""
        with self._lock:
            if self.is_on():
                return
            self._on = True
            self._thread = threading.Thread(target=self._watch, name="stats-outage", daemon=True)
            self._thread.start()

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while not self._answers(pause):
            pause = min(2 * pause, LONGEST_PAUSE)
        self._on = False
        self._over()

    def _answers(self, pause: float) -> bool:
        while pause > 0:
            self._sleep(min(pause, TICK))
            pause -= TICK
            self._tick()
        try:
            self._ask()
        except StatsError as error:
            _log.debug("still no answer: %s", error)
            return False
        return True
