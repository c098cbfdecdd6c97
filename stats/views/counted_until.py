"""How far the counting is, remembered for a moment.

A totals request is one look-up; asking how far the counting is would be two
more. What was true a second ago still is: every event indexed before that time
is counted. Invariant: the time is older than the numbers read after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

LIFETIME = 1.0
"""Seconds."""


class CountedUntil:
    """The last answer of ``read``, and when it was given; "never" is not remembered."""

    def __init__(
        self, read: Callable[[], datetime | None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._known: tuple[float, datetime] | None = None

    def get(self) -> datetime | None:
        """Return the time before which every indexed event is counted."""
        known = self._known
        if known and self._clock() < known[0]:
            return known[1]
        found = self._read()
        self._known = (self._clock() + LIFETIME, found) if found else None
        return found
