"""The aggregation job: recount marked days, one after the other, and set the totals.

Comes in: stores and a clock. Invariant: a day's mark goes after its
documents and the totals of all that they touch are there, so that a kill at any
point is made good by the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from time import monotonic

from stats.aggregations.background import heartbeat
from stats.aggregations.find_days import run_find_days
from stats.aggregations.job import AggregationJob
from stats.aggregations.missing_events import run_check_missing, run_refuse
from stats.aggregations.read_day import run_count
from stats.aggregations.totals import run_totals
from stats.aggregations.vanished_documents import run_mark_vanished
from stats.aggregations.write_day import Written, run_documents
from stats.errors import StoreUnavailable
from stats.metrics import AGGREGATION_SECONDS, COUNTED_DAYS, WRITTEN_DOCUMENTS
from stats.stores.counted_days import MissingEvents
from stats.stores.locks import DayClaim, HeldDay

_log = logging.getLogger(__name__)

TOGETHER = 20_000
"""Totals that are enough to be set: a bound of memory, and of what a kill repeats."""

Report = Callable[[date, int], None]
"""Is told each day and how many documents were written."""


def silent(_day: date, _documents: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class AggregationResult:
    """What a run did; ``left`` are the days that other workers held when it ended.

    ``missing`` says of which days the recount was refused, and why.
    """

    days: int = 0
    documents: int = 0
    left: tuple[HeldDay, ...] = ()
    missing: tuple[MissingEvents, ...] = ()

    def plus(self, later: AggregationResult) -> AggregationResult:
        """Return what this and a later run did together."""
        days, documents = self.days + later.days, self.documents + later.documents
        return AggregationResult(days, documents, later.left, self.missing + later.missing)


def run_aggregation(
    job: AggregationJob,
    clock: Callable[[], datetime],
    *,
    report: Report = silent,
) -> AggregationResult:
    """Mark the days that have new events or whose documents vanished; recount marked days."""
    with timed(job, "find"):
        run_find_days(job, clock())
        run_mark_vanished(job)
    return run_claims(job, clock, report=report)


def run_claims(
    job: AggregationJob,
    clock: Callable[[], datetime],
    *,
    among: Sequence[date] | None = None,
    report: Report = silent,
) -> AggregationResult:
    """Recount marked days, all or those ``among`` some, until none is free.

    A day that cannot be counted does not keep the others from it: the first
    error is raised at the end. An engine that is down ends the run at once.
    """
    run = _Run(job, clock, report)
    failed: Exception | None = None
    try:
        with heartbeat(run.renew, seconds=job.lease.total_seconds() / 4):
            while claim := job.day_claims.claim_day(clock(), lease=job.lease, among=among):
                try:
                    run.count(claim)
                except StoreUnavailable:
                    raise
                except Exception as error:
                    _log.debug("day %s could not be counted: %s", claim.day, error)
                    failed = failed or error
            run.finish()
    except BaseException:
        run.release()
        raise
    if failed is not None:
        raise failed
    level = logging.INFO if run.days else logging.DEBUG
    _log.log(level, "counted %d days, wrote %d documents", run.days, run.documents)
    held = job.day_claims.held_days(clock())
    left = tuple(one for one in held if among is None or one.day in among)
    return AggregationResult(run.days, run.documents, left, run.missing)


def run_claim(job: AggregationJob, claim: DayClaim, now: datetime) -> Written:
    """Recount one claimed day and write its documents.

    A day whose raw events may be gone stays as it is, and so does one that has fewer than before.
    """
    dropped = job.bookmarks.dropped_until()
    if dropped is not None and claim.day < dropped:
        _log.debug("day %s stays: raw events before %s may be gone", claim.day, dropped)
        return Written()
    with timed(job, "count"):
        counted = run_count(job, claim, now)
    if missing := run_check_missing(job, counted):
        run_refuse(job, counted, missing)
        return Written(missing=tuple(missing))
    with timed(job, "write"):
        written = run_documents(job, counted)
    job.recorder.add(COUNTED_DAYS)
    job.recorder.add(WRITTEN_DOCUMENTS, written.documents)
    there = [family for family, is_there in written.families.items() if is_there]
    job.counted_days.note_documents(
        claim.day, there=there, gone=written.families.keys() - set(there)
    )
    return written


def run_finish(
    job: AggregationJob, claims: Sequence[DayClaim], written: Written, *, now: datetime
) -> None:
    """Set the totals of all that the days touched, then take their marks away."""
    with timed(job, "totals"):
        run_totals(job, written.months, written.pairs, now=now)
    job.on_changed(written.refs)
    for snapshot, known in written.known:
        job.counted_days.note_known(snapshot.day, known, ticket=snapshot.ticket)
    for claim in claims:
        job.day_claims.finish_day(claim)


@contextmanager
def timed(job: AggregationJob, stage: str) -> Iterator[None]:
    """Record how long a stage takes."""
    began = monotonic()
    try:
        yield
    finally:
        job.recorder.add(AGGREGATION_SECONDS, monotonic() - began, labels=(stage,))


class _Run:
    """Days of one run: counted one by one, finished when the totals of some are set together.

    A resource that was used on many days is summed once for all of them.
    """

    def __init__(self, job: AggregationJob, clock: Callable[[], datetime], report: Report) -> None:
        self.days = self.documents = 0
        self.missing: tuple[MissingEvents, ...] = ()
        self._job = replace(job, renew=self._renew)
        self._renew_outer = job.renew
        self._clock = clock
        self._report = report
        self._begun = self._renewed = clock()
        self._claims: list[DayClaim] = []
        self._written = Written()

    def count(self, claim: DayClaim) -> None:
        """Recount a day and write its documents; a day that fails waits for the lease's end."""
        self._claims.append(claim)
        try:
            written = run_claim(self._job, claim, self._clock())
        except StoreUnavailable:
            raise
        except Exception:
            self._claims.remove(claim)
            raise
        self.missing += written.missing
        if not written.missing:
            self._report(claim.day, written.documents)
            self.days, self.documents = self.days + 1, self.documents + written.documents
        self._written = self._written.plus(written)
        is_late = self._clock() - self._begun > self._job.lease / 4
        if is_late or self._written.totals > TOGETHER:
            self.finish()

    def finish(self) -> None:
        """Set the totals of all that the days touched, then take their marks away."""
        if not self._claims:
            return
        run_finish(self._job, self._claims, self._written, now=self._clock())
        self._begun, self._claims, self._written = self._clock(), [], Written()

    def renew(self) -> None:
        """Keep the days that are claimed; the heartbeat calls it from another thread."""
        now = self._clock()
        for claim in list(self._claims):
            self._job.day_claims.renew_day(claim, now, lease=self._job.lease)
        self._renewed = now

    def _renew(self) -> None:
        """Keep them between two steps, too: a thread may come too late on a busy machine."""
        self._renew_outer()
        if self._clock() - self._renewed > self._job.lease / 4:
            self.renew()

    def release(self) -> None:
        """Give the days back that are not finished."""
        for claim in self._claims:
            self._job.day_claims.release_day(claim)
