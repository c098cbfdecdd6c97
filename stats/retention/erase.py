"""Erasing a person: what tells of them goes, what they did stays counted.

Comes in: a user's id. Invariant: afterwards no store has their id, nor gets it
by an event from before that is still on its way: the person is put on the list that
processing looks at (``events.erasure``) before anything is changed here. What they do
later are new events. The counts of resources do not change: where numbers divide
by user, theirs become nobody's. Repeating it changes nothing, and completes what was killed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date

from stats.aggregations.breakdown_rows import NOBODY
from stats.aggregations.find_days import read_find_days
from stats.aggregations.runner import run_claims
from stats.aggregations.totals import run_totals
from stats.aggregations.types import USERS_FAMILY
from stats.aggregations.users.retained_rows import forget_user
from stats.events.erasure import scrub
from stats.events.types import BY_USER
from stats.retention.dead_letters import run_forget_letters
from stats.retention.job import RetentionJob, alone, run_lock
from stats.retention.month import add_rows
from stats.retention.rewrite import Source, run_delete, run_rewrite
from stats.retention.search_requests import build_before, build_user_days
from stats.stores.tokens import TokenStore
from stats.times import EPOCH

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erased:
    """What was forgotten; ``busy`` are days that another worker counts just now."""

    events: int = 0
    days: int = 0
    rows: int = 0
    letters: int = 0
    tokens: int = 0
    busy: tuple[date, ...] = ()


def run_erase(job: RetentionJob, user: str, *, tokens: TokenStore) -> Erased:
    """Forget a person; raise ``StoreUnavailable`` while retention runs."""
    aggregation = job.aggregation
    with alone(job):
        job.erasures.add(user, at=job.clock())
        job.wait_until_visible()
        days = run_find_user_days(job, user)
        rows = aggregation.totals.read_users({"user_id": user})
        pairs = {(user, str(row["resource"])) for row in rows}
        aggregation.day_claims.mark_days(days, since=EPOCH)
        run_forget_retained(job, user)
        events = run_scrub_user(job, user)
        days = sorted({*days, *run_find_user_days(job, user)})  # some came while we scrubbed
        aggregation.day_claims.mark_days(days, since=EPOCH)
        job.step(f"scrubbed {events} events of {len(days)} days")
        run_claims(job.counting, job.clock, among=days)
        run_forget_closed(job, user)
        run_forget_rows(job, user, pairs)
        busy = tuple(day for day in aggregation.day_claims.marked_days() if day in days)
        erased = Erased(
            events=events,
            days=len(days),
            rows=len(pairs),
            letters=run_forget_letters(job, user),
            tokens=tokens.delete_user(user),
            busy=busy,
        )
    _log.info(
        "a person was erased: %d events of %d days, %d rows, %d dead letters",
        erased.events,
        erased.days,
        erased.rows,
        erased.letters,
    )
    return erased


def run_find_user_days(job: RetentionJob, user: str) -> list[date]:
    """Return the days that can be counted again and tell of the user."""
    aggregation = job.aggregation
    aggregation.search.refresh(aggregation.raw_names)
    answer = aggregation.search.search(aggregation.raw_names, build_user_days(user))
    days = set(read_find_days(answer))
    for day in aggregation.retained_rows.untils():
        run_lock(job)
        rows = aggregation.retained_rows.read(day).rows
        if len(forget_user(rows, user)) < len(rows):
            days.add(day)
    closed = aggregation.bookmarks.dropped_until()
    return sorted(day for day in days if closed is None or day >= closed)


def run_forget_retained(job: RetentionJob, user: str) -> None:
    """Take the user out of the kept rows."""
    kept = job.aggregation.retained_rows
    for day in kept.untils():
        run_lock(job)
        known = kept.read(day)
        rows = forget_user(known.rows, user)
        if len(rows) < len(known.rows):
            ticket = job.aggregation.bookmarks.ticket(job.clock())
            kept.write(day, replace(known, generation=ticket, rows=rows))


def run_scrub_user(job: RetentionJob, user: str) -> int:
    """Scrub the private fields of the user's events."""
    search = job.aggregation.search
    return sum(
        run_rewrite(
            job,
            search.raw(aggregation.event_type.name),
            query={"term": {"private.user_id": user}},
            change=scrub,
        )
        for aggregation in job.aggregation.aggregations
    )


def run_forget_closed(job: RetentionJob, user: str) -> None:
    """Give the user's part of the breakdowns to nobody, where days are not counted again."""
    closed = job.aggregation.bookmarks.dropped_until()
    if closed is None:
        return

    def change(source: Source) -> Source | None:
        return give_to_nobody(source, user)

    search = job.aggregation.search
    for aggregation in job.aggregation.aggregations:
        if BY_USER in aggregation.breakdowns:
            names = search.daily(aggregation.family)
            run_rewrite(job, names, query=build_before(closed), change=change)


def give_to_nobody(source: Source, user: str) -> Source | None:
    """Return a document whose breakdown by user names the user no more; None if it did not."""
    breakdown = source.get("breakdown", {})
    rows = breakdown.get(BY_USER.name, [])
    if not any(row[0] == user for row in rows):
        return None
    renamed = [[NOBODY if row[0] == user else row[0], *row[1:]] for row in rows]
    return {**source, "breakdown": {**breakdown, BY_USER.name: add_rows([renamed])}}


def run_forget_rows(job: RetentionJob, user: str, pairs: set[tuple[str, str]]) -> None:
    """Delete the user's documents of days and months, and their rows of totals."""
    aggregation = job.aggregation
    names = aggregation.search.daily(USERS_FAMILY)
    run_delete(job, names, {"term": {"user_id": user}})
    run_totals(job.counting, set(), pairs, now=job.clock())
