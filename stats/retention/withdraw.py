"""An import taken back: its events go, and every number is what it would be without them.

Comes in: the id of an import. Invariant: afterwards no raw document has that id, nor gets it by
an event that is still on its way: workers drop those from before anything is deleted here. The
days that change are noted before, so that this may be killed anywhere and repeated. The ids of
the events are free: what is imported again counts.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date

from stats.aggregations.find_days import read_find_days
from stats.aggregations.runner import run_claims
from stats.aggregations.totals import run_totals
from stats.aggregations.types import LEGACY
from stats.errors import InputError, UnknownError
from stats.retention.job import RetentionJob, alone
from stats.retention.rewrite import Source, run_delete, run_rewrite
from stats.retention.search_requests import (
    build_import,
    build_import_days,
    build_import_scrubbed,
    build_rolled_up,
)
from stats.stores.imports import WITHDRAWN, ImportRecord, ImportStore
from stats.times import EPOCH

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Withdrawn:
    """What was taken back.

    ``busy`` are days that another worker counts just now. ``scrubbed`` events no longer said
    who did them: what was kept of people of their days stays. ``numbers`` are daily documents
    that were taken over from another system.
    """

    events: int = 0
    days: tuple[date, ...] = ()
    busy: tuple[date, ...] = ()
    scrubbed: int = 0
    numbers: int = 0


def run_withdraw(job: RetentionJob, import_id: str, *, imports: ImportStore) -> Withdrawn:
    """Take an import back; raise ``StoreUnavailable`` while retention runs.

    Raises ``UnknownError`` when there is no such import, and ``InputError`` when raw events
    of its days are gone.
    """
    aggregation = job.aggregation
    with alone(job):
        record = imports.read(import_id)
        if record is None:
            message = f"there is no import {import_id}; `stats imports list` has them"
            raise UnknownError("unknown_resource", message, field="ID")
        if record.state == WITHDRAWN:
            return Withdrawn()
        _check_open(job, record)
        _check_days(job, record)
        imports.withdraw(import_id)
        job.wait_until_visible()
        days = sorted({*record.days, *run_find_import_days(job, import_id)})
        imports.note_withdrawn_days(import_id, days)
        aggregation.day_claims.mark_days(days, since=EPOCH)
        query = build_import_scrubbed(import_id)
        scrubbed = aggregation.search.count(aggregation.raw_names, query)
        numbers = run_delete_numbers(job, import_id)
        deleted = run_delete_import(job, import_id)
        job.step(f"deleted {deleted} events of {len(days)} days")
        aggregation.counted_days.accept(days)
        aggregation.day_claims.mark_days(days, since=EPOCH)
        run_claims(job.counting, job.clock, among=days)
        busy = tuple(day for day in aggregation.day_claims.marked_days() if day in days)
        imports.finish_withdrawal(import_id, now=job.clock())
    _log.info("import %s was withdrawn: %d events of %d days", import_id, deleted, len(days))
    return Withdrawn(deleted, tuple(days), busy, scrubbed, numbers)


def _check_open(job: RetentionJob, record: ImportRecord) -> None:
    """Raise ``InputError`` when days of an import cannot be counted again."""
    closed = job.aggregation.bookmarks.dropped_until()
    if closed is not None and record.first is not None and record.first < closed:
        message = (
            f"import {record.id} has events from {record.first} on, and raw events before {closed}"
            " are gone: it cannot be withdrawn"
        )
        raise InputError("too_late", message, field="ID")


def _check_days(job: RetentionJob, record: ImportRecord) -> None:
    """Raise ``InputError`` when daily numbers of an import were rolled up into months."""
    aggregation, query = job.aggregation, build_rolled_up(LEGACY)
    taken = record.counts.get("documents", 0)
    if taken and aggregation.search.count(aggregation.daily_names, query):
        message = f"numbers of import {record.id} are months by now: it cannot be withdrawn"
        raise InputError("too_late", message, field="ID")


def run_delete_numbers(job: RetentionJob, import_id: str) -> int:
    """Delete the daily documents that an import took over, and set totals; return how many.

    They come to nothing before they go, so that the totals are right wherever this ends.
    """
    aggregation, query = job.aggregation, build_import(import_id)
    search, names = aggregation.search, aggregation.daily_names
    run_rewrite(job, names, query=query, change=_empty)
    touched = {
        (hit["_source"]["resource"], hit["_source"]["timestamp"][:7])
        for hits in search.pages(names, {"query": query, "_source": ["resource", "timestamp"]})
        for hit in hits
    }
    if touched:
        run_totals(aggregation, touched, set(), now=job.clock())
        aggregation.on_changed({ref for ref, _ in touched})
    return run_delete(job, names, query)


def _empty(source: Source) -> Source | None:
    """Return a daily document that counts nothing; None where it does already."""
    nothing = {"count": 0, "unique_count": 0, "volume": 0}
    return {**source, **nothing} if any(source[name] for name in nothing) else None


def run_find_import_days(job: RetentionJob, import_id: str) -> set[date]:
    """Return the days whose numbers the events of an import are in."""
    search, names = job.aggregation.search, job.aggregation.raw_names
    search.refresh(names)
    return set(read_find_days(search.search(names, build_import_days(import_id))))


def run_delete_import(job: RetentionJob, import_id: str) -> int:
    """Delete the raw events of an import; return how many."""
    search = job.aggregation.search
    return sum(
        run_delete(job, search.raw(one.event_type.name), build_import(import_id))
        for one in job.aggregation.aggregations
    )
