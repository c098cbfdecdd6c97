"""Two refs of one thing: the history of the first goes under the second.

Comes in: OLD and NEW, of one kind. Invariant: afterwards no document has OLD, nor gets it by
an event that is on its way: workers look at the list of merges before anything is changed here.
Days that have their raw events are counted again from these, so that sessions and double clicks
of both are united; of others, the documents of both stand beside each other under NEW and
are summed, each with ``merged`` in it. Repeating it changes nothing, and completes what was killed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date

from stats.aggregations.find_days import read_find_days
from stats.aggregations.runner import run_claims
from stats.aggregations.totals import run_totals_anew
from stats.aggregations.types import USERS_FAMILY
from stats.aggregations.users.retained_rows import rename_rows
from stats.errors import InputError
from stats.events.merging import rename
from stats.events.types import SITE
from stats.refs import kind_of
from stats.retention.job import RetentionJob, alone, run_lock
from stats.retention.month import MONTH
from stats.retention.rewrite import Source, run_rewrite
from stats.retention.rollup import families
from stats.retention.search_requests import build_closed, build_naming, build_ref_days
from stats.stores.merges import MergeStore
from stats.times import DAY, EPOCH, next_month

_log = logging.getLogger(__name__)
_NOT_MERGED = (kind_of(SITE), "user")
"""Kinds of which no two are one."""


@dataclass(frozen=True)
class MergedRefs:
    """What was put under the other ref: events, the days counted again, documents summed.

    ``busy`` are days that another worker counts just now.
    """

    events: int = 0
    days: tuple[date, ...] = ()
    summed: int = 0
    busy: tuple[date, ...] = ()


def run_merge(job: RetentionJob, old: str, new: str, *, merges: MergeStore) -> MergedRefs:
    """Put the history of ``old`` under ``new``; raise ``StoreUnavailable`` while retention runs.

    Raises ``InputError`` when the two cannot be one.
    """
    aggregation = job.aggregation
    with alone(job):
        known = merges.read()
        new = known[new].into if new in known else new
        check_pair(old, new)
        merges.add(old, new)
        job.wait_until_visible()
        days = run_find_ref_days(job, old)
        aggregation.day_claims.mark_days(days, since=EPOCH)
        run_rename_retained(job, old, new)
        events = run_rename_raw(job, old, new)
        job.step(f"rewrote {events} events of {len(days)} days")
        aggregation.day_claims.mark_days(days, since=EPOCH)
        run_claims(job.counting, job.clock, among=days)
        summed = run_rename_closed(job, old, new, merges)
        run_set_totals(job, old, new)
        busy = tuple(day for day in aggregation.day_claims.marked_days() if day in days)
    _log.info("%s was merged into %s: %d events, %d documents summed", old, new, events, summed)
    return MergedRefs(events, tuple(days), summed, busy)


def check_pair(old: str, new: str) -> None:
    """Raise ``InputError`` unless two refs may be of one thing."""
    if old == new:
        raise InputError("bad_format", f"{old} is {new} already", field="NEW")
    if kind_of(old) != kind_of(new) or kind_of(old) in _NOT_MERGED:
        message = f"{old} and {new}: only two of one kind are merged, and neither people nor sites"
        raise InputError("bad_format", message, field="NEW")


def run_find_ref_days(job: RetentionJob, ref: str) -> list[date]:
    """Return the days that can be counted again and whose events or documents name ``ref``."""
    search, aggregation = job.aggregation.search, job.aggregation
    daily = [search.daily(family) for family in families(job)]
    found: set[date] = set()
    for names in (aggregation.raw_names, *daily):
        search.refresh(names)
        found |= set(read_find_days(search.search(names, build_ref_days(ref))))
    closed = aggregation.bookmarks.dropped_until()
    return sorted(day for day in found if closed is None or day >= closed)


def run_rename_retained(job: RetentionJob, old: str, new: str) -> None:
    """Rename in what is kept of people whose events no longer say who they are."""
    kept = job.aggregation.retained_rows
    for day in kept.untils():
        run_lock(job)
        known = kept.read(day)
        rows = rename_rows(known.rows, old, new)
        if rows != known.rows:
            ticket = job.aggregation.bookmarks.ticket(job.clock())
            kept.write(day, replace(known, generation=ticket, rows=rows))


def run_rename_raw(job: RetentionJob, old: str, new: str) -> int:
    """Rename in raw documents; their days are marked before they are written."""

    def mark(sources: list[Source]) -> None:
        days = {date.fromisoformat(source["timestamp"][:10]) for source in sources}
        closed = job.aggregation.bookmarks.dropped_until()
        both = sorted(days | {day - DAY for day in days})
        marked = [day for day in both if closed is None or day >= closed]
        job.aggregation.day_claims.mark_days(marked, since=EPOCH)

    return sum(
        run_rewrite(
            job,
            job.aggregation.search.raw(one.event_type.name),
            query={"term": {"resources": old}},
            change=lambda source: rename(source, old, new),
            before_write=mark,
        )
        for one in job.aggregation.aggregations
    )


def run_rename_closed(job: RetentionJob, old: str, new: str, merges: MergeStore) -> int:
    """Rename in documents that cannot be counted again; return how many were of ``old``."""
    search, closed = job.aggregation.search, job.aggregation.bookmarks.dropped_until()
    summed = 0

    def change(source: Source) -> Source:
        renamed = rename(source, old, new)
        if source["resource"] == old:
            renamed["merged"] = sorted({*source.get("merged", ()), old})
        return renamed

    def note(sources: list[Source]) -> None:
        nonlocal summed
        ends = [_end_of(source) for source in sources if old in source.get("merged", ())]
        summed += len(ends)
        if ends:
            merges.note_summed(old, max(ends))

    query = build_closed(build_naming(old), closed)
    for family in families(job):
        run_rewrite(job, search.daily(family), query=query, change=change, before_write=note)
    return summed


def _end_of(source: Source) -> date:
    """Return the day after those that a document is of."""
    first = date.fromisoformat(source["timestamp"][:10])
    return next_month(first) if source["interval"] == MONTH else first + DAY


def run_set_totals(job: RetentionJob, old: str, new: str) -> None:
    """Set the totals of both, and the rows of their people."""
    rows = job.aggregation.totals.read_users({"resource": {"$in": [old, new]}})
    users = {str(row["user_id"]) for row in rows} | run_find_users(job, new)
    pairs = {(user, ref) for user in users for ref in (old, new)}
    run_totals_anew(job.counting, {old, new}, pairs, now=job.clock())


def run_find_users(job: RetentionJob, ref: str) -> set[str]:
    """Return the people that documents of ``ref`` name."""
    search = job.aggregation.search
    names = search.daily(USERS_FAMILY)
    search.refresh(names)
    body = {"query": {"term": {"resource": ref}}, "_source": ["user_id"]}
    return {hit["_source"]["user_id"] for hits in search.pages(names, body) for hit in hits}
