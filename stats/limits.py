"""What a request may ask for, and how often a caller may ask: every limit, in one place.

Each is a setting (``STATS_LIMIT_*``, ``STATS_RATE_*``). Invariants: what is above a limit is
refused before it costs anything, by a :class:`LimitError` that names the limit and, where
time mends it, says when to come back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from threading import Lock

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from stats.errors import LimitError

_LOG = logging.getLogger(__name__)

REQUESTS = "requests"
EVENTS = "events"
REFS = "refs"


@dataclass(frozen=True)
class Limits:
    """What one request may hold or ask for."""

    body_bytes: int = 16 * 1024 * 1024
    body_objects: int = 20_000
    address_bytes: int = 64 * 1024
    queries: int = 100
    points: int = 10_000
    refs: int = 1_000
    rows: int = 50_000

    def check_address(self, length: int) -> None:
        """Refuse an address (path and query string) that is too long."""
        if length > self.address_bytes:
            message = f"an address has at most {self.address_bytes:,} bytes, not {length:,}"
            raise LimitError("too_long", message, status=414)

    def check_objects(self, number: int) -> None:
        """Refuse more objects in one body than are taken."""
        if number > self.body_objects:
            message = f"send at most {self.body_objects:,} objects at a time, not {number:,}"
            raise LimitError("too_large", message, status=413)

    def check_queries(self, number: int) -> None:
        """Refuse more queries in one request than are run."""
        if number > self.queries:
            message = f"{number:,} queries; ask at most {self.queries:,} at a time"
            raise LimitError("too_large", message, status=422)

    def check_points(self, number: int) -> None:
        """Refuse queries whose answers have more buckets than are sent, all together."""
        if number > self.points:
            message = (
                f"the answer would have {number:,} buckets; ask for at most {self.points:,}:"
                " a shorter window, a longer interval or fewer queries"
            )
            raise LimitError("too_large", message, status=422)

    def check_rows(self, number: int) -> None:
        """Refuse a table, of a query that was not told a size, with more rows than are sent."""
        if number > self.rows:
            message = (
                f"the table would have more than {self.rows:,} rows: ask for a shorter window,"
                " for a part, or with size for the largest"
            )
            raise LimitError("too_large", message, status=422)

    def check_refs(self, number: int) -> None:
        """Refuse more resources in one request than are looked up."""
        if number > self.refs:
            message = f"{number:,} refs; ask at most {self.refs:,} at a time"
            raise LimitError("too_large", message, status=422, field="ref")


def parse_rate(text: str) -> RateLimitItem | None:
    """Return what ``600/minute`` or ``10 per 5 seconds`` says; None of the empty text.

    Raises ``ValueError`` where it is no rate.
    """
    return parse(text) if text.strip() else None


class Rates:
    """How often callers may ask; counted in memory, or in Redis for all processes together.

    A store of counters that is away refuses nobody: it is said in the log.
    """

    def __init__(
        self,
        *,
        by_address: RateLimitItem | None,
        by_token: RateLimitItem | None,
        events: RateLimitItem | None,
        refs: RateLimitItem | None,
        storage_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._by_address, self._by_token = by_address, by_token
        self._events, self._refs = events, refs
        storage = storage_from_string(storage_url, wrap_exceptions=True)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        # in memory, two threads at once would both start the timer that clears old counters
        self._turn: AbstractContextManager[object] = (
            Lock() if isinstance(storage, MemoryStorage) else nullcontext()
        )
        self._clock = clock

    def count_request(self, address: str, token: str | None) -> None:
        """Count one request of an address, and of a token where it carries one."""
        self._count(self._by_address, REQUESTS, address)
        if token:
            self._count(self._by_token, REQUESTS, _digest(token))

    def count_published(self, caller: str, *, events: int, refs: int) -> None:
        """Count what a caller publishes: events, and the distinct resources they name."""
        self._count(self._events, EVENTS, caller, cost=events)
        self._count(self._refs, REFS, caller, cost=refs)

    def _count(self, rate: RateLimitItem | None, what: str, caller: str, cost: int = 1) -> None:
        if rate is None or not cost or self._hit(rate, what, caller, cost):
            return
        reset = self._limiter.get_window_stats(rate, what, caller).reset_time
        raise LimitError(
            "too_many",
            f"more than {rate.amount:,} {what} in {rate.multiples} {rate.GRANULARITY.name}",
            status=429,
            retry_after=max(1, ceil(reset - self._clock())),
        )

    def _hit(self, rate: RateLimitItem, what: str, caller: str, cost: int) -> bool:
        """Return whether there is room for what a caller asks, and take it."""
        try:
            with self._turn:
                return self._limiter.hit(rate, what, caller, cost=cost)
        except StorageError as error:
            _LOG.warning("requests are not limited, STATS_RATE_STORAGE_URL is away: %s", error)
            return True


def _digest(token: str) -> str:
    """Return what stands for a token, which is not to be in a store of counters."""
    return blake2b(token.encode(), digest_size=16).hexdigest()
