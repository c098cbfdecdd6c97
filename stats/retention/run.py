"""Retention deletes raw events and private fields when their terms end; numbers stay.

Comes in: the job and its clock. Goes out: what was done, or with ``dry_run`` what would be.
The steps run in this order, and each may be killed and repeated:

1. Salts whose time is over are destroyed.
2. Raw events: refused from now on, settled, closed, dropped (``drop``).
3. Private fields of the other days are scrubbed (``scrub``), and those of dead letters
   (``dead_letters``).
4. Daily documents become months (``rollup``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from stats.aggregations.find_days import run_uncounted
from stats.retention.dead_letters import due, run_scrub_letters
from stats.retention.drop import (
    run_announce,
    run_close,
    run_count_before,
    run_count_late,
    run_drop,
)
from stats.retention.ensure_counted import run_settle
from stats.retention.job import Retained, RetentionJob, alone
from stats.retention.rollup import run_find_months, run_roll
from stats.retention.scrub import run_scrub_day
from stats.retention.search_requests import build_days_with_private, read_days_with_private
from stats.times import iso_ms

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    ``drop``: raw events before that day go, or could, since days before become
    months. ``events``: how many those are. ``scrub``: days with private fields
    that go, each with when its newest event was indexed. ``months``: families
    and months to roll up.
    """

    drop: date | None = None
    events: int = 0
    scrub: dict[date, str] = field(default_factory=dict)
    scrub_before: date | None = None
    months: tuple[tuple[str, date], ...] = ()


def run_retention(job: RetentionJob, *, dry_run: bool = False) -> Retained:
    """Do everything that is due; with ``dry_run`` say what is."""
    plan = run_plan(job)
    if dry_run:
        return run_preview(job, plan)
    with alone(job):
        done = Retained(salts=job.salts.destroy(job.clock()))
        refused = _before(run_uncounted(job.aggregation), plan.drop)
        if plan.drop and not refused:
            run_announce(job.aggregation, plan.drop)
        else:
            plan = replace(plan, drop=None)
        done = replace(done, refused=refused)
        until = run_wait(job, plan)
        unsettled = run_settle(job.counting, job.clock, job.clock().date())
        done = run_drop_step(job, plan, done, unsettled)
        done = run_scrub_step(job, plan, done, unsettled, until)
        done = replace(done, scrubbed_letters=run_scrub_letters(job))
        done = run_roll_step(job, done)
    _log.info(
        "dropped %d events, scrubbed %d, rolled up %d months, destroyed %d salts",
        done.dropped_events,
        done.scrubbed_events,
        done.months,
        done.salts,
    )
    return done


def run_plan(job: RetentionJob) -> Plan:
    """Find out what is due."""
    aggregation, today = job.aggregation, job.clock().date()
    drop = job.terms.events_before(today)
    events = run_count_before(aggregation, drop) if drop else 0
    days_before = job.terms.days_before(today)
    months = tuple(run_find_months(job, days_before)) if days_before else ()
    if not events:
        drop = _to_close(job, days_before) if months else None
    scrub_before = job.terms.private_before(today)
    body = build_days_with_private(drop, scrub_before)
    scrub = read_days_with_private(aggregation.search.search(aggregation.raw_names, body))
    _log.debug(
        "due: %d events before %s, private fields of %d days before %s, %d months",
        events,
        drop,
        len(scrub),
        scrub_before,
        len(months),
    )
    return Plan(drop, events, scrub, scrub_before, months)


def _to_close(job: RetentionJob, before: date | None) -> date | None:
    """Return ``before`` unless the days before it are closed already."""
    closed = job.aggregation.bookmarks.dropped_until()
    return None if before is None or (closed and closed >= before) else before


def run_preview(job: RetentionJob, plan: Plan) -> Retained:
    """Say what would be done."""
    aggregation = job.aggregation
    uncounted = run_uncounted(aggregation)
    body = build_days_with_private(plan.drop, plan.scrub_before) if plan.scrub_before else {}
    hits = aggregation.search.search(aggregation.raw_names, body | {"track_total_hits": True})
    return Retained(
        dropped_before=plan.drop,
        dropped_events=plan.events,
        scrubbed_events=int(hits["hits"]["total"]["value"]),
        scrubbed_letters=job.letters.count_private(due(job)),
        months=len(plan.months),
        refused=_before(uncounted, plan.drop),
        unsettled=tuple(sorted(uncounted & plan.scrub.keys())),
    )


def run_wait(job: RetentionJob, plan: Plan) -> str:
    """Return a time (ISO text) such that all events indexed before are visible.

    Waits when events may be on their way that matter.
    """
    now = job.clock()
    settled = now - job.aggregation.overlap
    newest = max(plan.scrub.values(), default="")
    if plan.drop is None and newest < iso_ms(settled):
        return iso_ms(settled)
    job.wait_until_visible()
    return iso_ms(now)


def run_drop_step(
    job: RetentionJob, plan: Plan, done: Retained, unsettled: Iterable[date]
) -> Retained:
    """Drop raw events, if every day that they are of is counted."""
    if plan.drop is None:
        return done
    refused = _before(unsettled, plan.drop)
    late = run_count_late(job.aggregation)
    if not refused:
        refused = tuple(sorted(run_close(job, plan.drop)))
    if refused:
        return replace(done, refused=refused)
    if late:
        job.step(f"{late} raw events came to days that were closed already: never counted")
    dropped = run_drop(job, plan.drop)
    return replace(done, dropped_before=plan.drop, dropped_events=dropped, late_events=late)


def run_scrub_step(
    job: RetentionJob, plan: Plan, done: Retained, unsettled: set[date], until: str
) -> Retained:
    """Scrub the private fields of the days that are counted."""
    scrubbed = 0
    for day in sorted(plan.scrub.keys() - unsettled):
        scrubbed += run_scrub_day(job, day, until)
    left = tuple(sorted(plan.scrub.keys() & unsettled))
    return replace(done, scrubbed_events=scrubbed, unsettled=left)


def run_roll_step(job: RetentionJob, done: Retained) -> Retained:
    """Roll up the months that are due and that no event can change any more."""
    due, closed = (
        job.terms.days_before(job.clock().date()),
        job.aggregation.bookmarks.dropped_until(),
    )
    if due is None or closed is None:
        return done
    months = run_find_months(job, min(due, closed.replace(day=1)))
    for family, month in months:
        run_roll(job, family, month)
    return replace(done, months=len(months))


def _before(days: Iterable[date], end: date | None) -> tuple[date, ...]:
    return tuple(sorted(day for day in days if end and day < end))
