"""A thread that keeps claimed days for as long as their worker lives.

A worker that is killed or stands still gives no sign, and its days are another's when
the lease ends; one that is merely slow, in a long search or a long count, keeps them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stats.errors import StatsError

SHORTEST = 0.1
_log = logging.getLogger(__name__)


@contextmanager
def heartbeat(renew: Callable[[], None], *, seconds: float) -> Iterator[None]:
    """Call ``renew`` every so many seconds, from another thread, until the block ends."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(max(seconds, SHORTEST)):
            try:
                renew()
            except StatsError as error:  # the work itself meets it too, and says so
                _log.debug("claimed days are not renewed: %s", error)

    thread = threading.Thread(target=beat, name="stats-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
