"""Do the engines answer? Asked side by side, within a short time.

Comes in: named functions that raise when an engine does not answer. Goes out:
a reason for each that did not, in :data:`SECONDS` at most. Invariant:
an engine that hangs has one thread waiting for it, however often one asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock

from stats.errors import StoreBlocked

SECONDS = 2.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Probed:
    """What became of one probe; ``reason`` is empty when the engine answered."""

    ok: bool
    reason: str = ""
    is_blocked: bool = False


class Probes:
    """The probes of one application."""

    def __init__(
        self, pings: Mapping[str, Callable[[], None]], *, seconds: float = SECONDS
    ) -> None:
        self._pings = dict(pings)
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(len(self._pings), thread_name_prefix="stats-probe")
        self._running: dict[str, Future[None]] = {}
        self._lock = Lock()

    def run(self) -> dict[str, Probed]:
        """Ask every engine; return what was known when the time was up."""
        with self._lock:
            for name, ping in self._pings.items():
                if name not in self._running or self._running[name].done():
                    self._running[name] = self._pool.submit(ping)
            asked = dict(self._running)
        wait(asked.values(), timeout=self._seconds)
        return {name: self._read(future) for name, future in asked.items()}

    def _read(self, future: Future[None]) -> Probed:
        if not future.done():
            return Probed(False, f"no answer within {self._seconds:g} s")
        error = future.exception()
        if error is None:
            return Probed(True)
        if isinstance(error, StoreBlocked):
            return Probed(False, f"blocked: {error.reason}", is_blocked=True)
        _LOG.warning("a probe failed: %s", error)  # the addresses in it are for us alone
        return Probed(False, "not reachable")
