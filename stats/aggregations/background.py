"""Threads beside the counting: one that reads ahead, one that keeps claimed days.

A worker that is killed or stands still gives no sign, and its days are another's when
the lease ends; one that is merely slow, in a long search or a long count, keeps them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TypeVar

from stats.errors import StatsError

T = TypeVar("T")

SHORTEST = 0.1
_log = logging.getLogger(__name__)


def ahead(items: Generator[T, None, None]) -> Iterator[T]:
    """Yield ``items``, none of them None; a thread takes the next one meanwhile."""
    with closing(items), ThreadPoolExecutor(1, thread_name_prefix="stats-ahead") as executor:
        following = executor.submit(next, items, None)
        while (item := following.result()) is not None:
            following = executor.submit(next, items, None)
            yield item


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
