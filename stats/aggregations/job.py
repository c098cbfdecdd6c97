"""What the aggregation works on, and a day between being read and being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stats.aggregations.count_day import DayNumbers
from stats.aggregations.daily_documents import Snapshot
from stats.aggregations.types import Aggregation
from stats.kinds.types import Kinds
from stats.metrics import Recorder
from stats.stores.bookmarks import Bookmarks
from stats.stores.counted_days import CountedDays
from stats.stores.dead_letters import DeadLetterStore
from stats.stores.locks import DayClaim, DayClaims, JobLocks
from stats.stores.months import MonthsStore
from stats.stores.retained_user_rows import RetainedRowsStore
from stats.stores.search import SearchStore
from stats.stores.totals import TotalsStore

NAMES = 25
"""Indices named in one request: the line of an HTTP request has at most 4,096 bytes."""


@dataclass(frozen=True)
class AggregationJob:
    """What the aggregation works on.

    ``slice_events`` bounds memory: about so many events are held at a time.
    ``overlap`` is how long a bulk may take to become visible: longer than the
    request time-out and the skew of the workers' clocks together. ``lease`` is
    how long a day is left to a worker that may have died. ``renew`` is called
    between pages and batches, for those who hold something while this works.
    """

    search: SearchStore
    bookmarks: Bookmarks
    day_claims: DayClaims
    job_locks: JobLocks
    months: MonthsStore
    totals: TotalsStore
    retained_rows: RetainedRowsStore
    counted_days: CountedDays
    dead_letters: DeadLetterStore
    now: Callable[[], datetime]
    recorder: Recorder
    aggregations: tuple[Aggregation, ...]
    kinds: Kinds
    slice_events: int
    overlap: timedelta
    lease: timedelta
    per_user: bool = True
    on_changed: Callable[[set[str]], None] = field(default=lambda refs: None)
    renew: Callable[[], None] = field(default=lambda: None)

    @property
    def raw_names(self) -> str:
        """Return the aliases of all raw documents, as a search takes them."""
        return ",".join(self.search.raw(a.event_type.name) for a in self.aggregations)

    @property
    def daily_names(self) -> str:
        """Return the aliases of all types' daily documents, as a search takes them."""
        return ",".join(self.search.daily(a.family) for a in self.aggregations)


@dataclass(frozen=True)
class CountedDay:
    """A day that was read and counted, and not written yet."""

    claim: DayClaim
    snapshot: Snapshot
    numbers: DayNumbers

    @property
    def whole(self) -> bool:
        """Return whether all documents of the day are replaced, not only the changed ones."""
        return self.claim.replaces
