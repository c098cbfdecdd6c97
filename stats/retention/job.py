"""What retention works on, and what it says it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from stats.aggregations.background import heartbeat
from stats.aggregations.job import AggregationJob
from stats.errors import StoreUnavailable
from stats.retention.periods import Terms
from stats.stores.dead_letters import DeadLetterStore
from stats.stores.erasures import ErasureStore
from stats.stores.salts import SaltStore

LOCK = "retention"
LEASE = timedelta(minutes=1)


@dataclass(frozen=True)
class RetentionJob:
    """What retention works on.

    ``wait`` sleeps for some seconds; ``report`` takes a line for a person;
    ``owner`` tells this run from others for the lock.
    """

    aggregation: AggregationJob
    salts: SaltStore
    erasures: ErasureStore
    letters: DeadLetterStore
    terms: Terms
    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    report: Callable[[str], None] = field(default=lambda line: None)
    owner: str = field(default_factory=lambda: uuid4().hex)

    @property
    def counting(self) -> AggregationJob:
        """Return what counts while this job has the lock, which is renewed on the way."""
        return replace(self.aggregation, renew=lambda: run_lock(self))

    def step(self, line: str) -> None:
        """Say what was done, and keep the lock for what follows."""
        run_lock(self)
        self.report(line)

    def wait_until_visible(self) -> None:
        """Wait until what is on its way into Elasticsearch now is visible there."""
        seconds = self.aggregation.overlap.total_seconds()
        self.step(f"waiting {seconds:.0f} s for events that are on their way")
        self.wait(seconds)


@dataclass(frozen=True)
class Retained:
    """What a run did, or with ``--dry-run`` would do.

    ``refused``: the days whose raw events should go and are not counted yet.
    ``late_events``: how many of the dropped were never counted, since their day
    was closed when they came. ``unsettled``: the days whose private fields should
    go, and are not counted yet.
    """

    dropped_before: date | None = None
    dropped_events: int = 0
    late_events: int = 0
    scrubbed_events: int = 0
    scrubbed_letters: int = 0
    months: int = 0
    salts: int = 0
    refused: tuple[date, ...] = ()
    unsettled: tuple[date, ...] = ()


def run_lock(job: RetentionJob) -> None:
    """Take or renew the lock that all jobs have that change what is stored.

    Raises ``StoreUnavailable`` while another one runs.
    """
    if not job.aggregation.job_locks.lock(LOCK, job.owner, now=job.clock(), lease=LEASE):
        other = job.aggregation.job_locks.held(LOCK)
        raise StoreUnavailable(
            "The lock of retention",
            f"another retention, erase or reflag runs ({other}); try again later",
        )


@contextmanager
def alone(job: RetentionJob) -> Iterator[None]:
    """Let no other retention, erasure or re-flagging run at the same time."""
    run_lock(job)
    try:
        with heartbeat(lambda: run_lock(job), seconds=LEASE.total_seconds() / 4):
            yield
    finally:
        job.aggregation.job_locks.unlock(LOCK, job.owner)
