"""Taking over what invenio-stats 5 to 7 stored.

Comes in: the prefix of its indices, in the same search engine. Of a type and day, its raw
events are taken where there are any, and its daily numbers otherwise, never both. Nothing is
taken from the cut-over of a type on, from when this system counts it alone. Taking over again
changes nothing; as an import it can be withdrawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from stats.aggregations.job import AggregationJob
from stats.aggregations.runner import run_aggregation
from stats.aggregations.totals import RefMonth, run_totals
from stats.batches import batches
from stats.errors import InputError, StoreRejected, StoreUnavailable
from stats.events.raw_document import RawDocument
from stats.legacy import search_requests
from stats.legacy.daily import LegacyDay
from stats.legacy.mapping import NAME, ORIGIN, build_legacy_raw
from stats.stores.imports import ImportStore
from stats.stores.search import CONFLICT, Action
from stats.stores.search_source import Body
from stats.times import DAY, iso_ms, midnight, month_of, parse_time

_BULK = 2_000
_SUFFIX = re.compile(r"-(\d{4}(-\d{2}){0,2})$")


@dataclass(frozen=True)
class LegacyJob:
    """What is taken over, and where to: ``window`` is first and last day, None no bound.

    ``cutover``: from when on this system counts alone, in the place of what is found.
    """

    aggregation: AggregationJob
    source_prefix: str
    window: search_requests.Window
    clock: Callable[[], datetime]
    imports: ImportStore
    cutover: datetime | None = None
    report: Callable[[str], None] = field(default=lambda line: None)

    def raw(self, type_name: str) -> str:
        """Return the pattern of its raw events."""
        return f"{self.source_prefix}events-stats-{type_name}-*"

    def daily(self, type_name: str) -> str:
        """Return the pattern of its daily numbers."""
        return f"{self.source_prefix}stats-{type_name}-*"

    def members(self, pattern: str) -> str:
        """Return the indices of a pattern that end in a date: not of a type that begins alike."""
        stem = pattern.removesuffix("-*")
        names = self.aggregation.search.indices(pattern)
        return ",".join(name for name in names if _SUFFIX.sub("", name) == stem)


@dataclass(frozen=True)
class Part:
    """Its raw events of a window, before a cut-over."""

    indices: str
    window: search_requests.Window
    before: datetime | None

    def days(self) -> Body:
        """Ask for the days of these events."""
        return search_requests.build_days(self.window, self.before)

    def query(self) -> Body:
        """Select these events."""
        return search_requests.build_within(self.window, self.before)


@dataclass(frozen=True)
class TakenOver:
    """What was taken over.

    ``both`` are days that have numbers of events here and of theirs;
    ``unknown`` are its types that there is no event type of. ``later`` are days with daily
    numbers since the cut-over, which are left out; ``cut`` those days, by type, in whose middle
    the cut-over is and that have no raw events to cut there: they are left out too.
    """

    import_id: str
    events: int = 0
    new_events: int = 0
    days: int = 0
    documents: int = 0
    unread: int = 0
    both: tuple[date, ...] = ()
    unknown: tuple[str, ...] = ()
    later: int = 0
    cut: tuple[tuple[str, date], ...] = ()


def run_take_over(job: LegacyJob) -> TakenOver:
    """Take everything over, count it and set the totals."""
    check_prefix(job)
    about = {"files": [job.source_prefix], "format": ORIGIN, "mapping": ""}
    import_id = job.imports.begin(f"{ORIGIN} {job.source_prefix}", about, now=job.clock())
    job.report(f"import {import_id}")
    done = TakenOver(import_id, unknown=run_find_unknown(job))
    cutovers = run_note_cutovers(job, import_id)
    refs: set[RefMonth] = set()
    try:
        for aggregation in job.aggregation.aggregations:
            name = aggregation.event_type.name
            done = run_type(job, name, done, refs, cutover=cutovers.get(name))
    finally:
        counts = {"events": done.events, "documents": done.documents, "unreadable": done.unread}
        job.imports.finish(import_id, counts, now=job.clock())
    run_aggregation(job.aggregation, job.clock)
    run_totals(job.aggregation, refs, set(), now=job.clock())
    job.aggregation.on_changed({ref for ref, _ in refs})
    return done


def check_prefix(job: LegacyJob) -> None:
    """Raise ``InputError`` where its indices would be our own."""
    if job.source_prefix == job.aggregation.search.prefix:
        message = "the indices of invenio-stats have our own prefix; set another STATS_INDEX_PREFIX"
        raise InputError("bad_format", message, field="--source-prefix")


def run_find_cutovers(job: LegacyJob) -> dict[str, datetime]:
    """Return when this system took its first event of each type; types without are left out."""
    search, found = job.aggregation.search, {}
    for aggregation in job.aggregation.aggregations:
        name = aggregation.event_type.name
        search.refresh(search.raw(name))
        answer = search.search(search.raw(name), search_requests.build_first_live(NAME))
        found[name] = job.cutover or search_requests.read_first_live(answer)
    return {name: moment for name, moment in found.items() if moment is not None}


def run_note_cutovers(job: LegacyJob, import_id: str) -> Mapping[str, datetime]:
    """Note from when on each type is counted here alone; return as given, else as first noted."""
    found = run_find_cutovers(job)
    job.imports.note_cutovers(import_id, found)
    record = job.imports.read(import_id)
    return found if job.cutover or record is None else record.cutovers


def is_since(cutover: datetime | None, day: date) -> bool:
    """Return whether a day, or a part of it, is not before a cut-over."""
    return cutover is not None and cutover < midnight(day + DAY)


def run_type(
    job: LegacyJob,
    name: str,
    done: TakenOver,
    refs: set[RefMonth],
    *,
    cutover: datetime | None,
) -> TakenOver:
    """Take over one event type; put the resources that got daily numbers into ``refs``."""
    search, pruned = job.aggregation.search, job.aggregation.bookmarks.pruned_until(name)
    raw, daily = job.members(job.raw(name)), job.members(job.daily(name))
    first = max((day for day in (job.window[0], pruned) if day), default=None)
    events = Part(raw, (first, job.window[1]), cutover)
    with_events = set(run_find_days(job, raw, events.days()))
    done = run_raw(job, name, events, done) if with_events else done
    known = set(
        run_find_days(job, search.daily(name), search_requests.build_counted_days(job.window))
    )
    months = set(
        run_find_days(job, search.daily(name), search_requests.build_counted_months(job.window))
    )
    for day in run_find_days(job, daily, search_requests.build_days(job.window)):
        gone = pruned is not None and day < pruned
        if day in with_events or day.replace(day=1) in months or (gone and day in known):
            continue
        if cutover is not None and is_since(cutover, day):
            done = _leave_out(done, name, day, cutover)
            continue
        done = run_day(job, name, daily, day, done=done, refs=refs)
        if day in known:
            done = replace(done, both=(*done.both, day))
    return done


def _leave_out(done: TakenOver, name: str, day: date, cutover: datetime) -> TakenOver:
    if midnight(day) < cutover:
        return replace(done, cut=(*done.cut, (name, day)))
    return replace(done, later=done.later + 1)


def run_raw(job: LegacyJob, name: str, events: Part, done: TakenOver) -> TakenOver:
    """Take over raw events; they are counted as all others are."""
    search, kinds = job.aggregation.search, job.aggregation.kinds
    for hits in search.pages(events.indices, {"query": events.query()}, size=_BULK):
        stamp = iso_ms(job.clock())
        found = [
            build_legacy_raw(name, hit, indexed_at=stamp, kinds=kinds, import_id=done.import_id)
            for hit in hits
        ]
        actions = [
            Action("create", search.raw(name, one.month), one.id, one.source)
            for one in found
            if one
        ]
        _note_days(job, done.import_id, [one for one in found if one])
        new = _write(job, actions)
        done = replace(
            done,
            events=done.events + len(actions),
            new_events=done.new_events + new,
            unread=done.unread + len(found) - len(actions),
        )
        job.report(f"{name}: {done.events} events")
    return done


def run_day(
    job: LegacyJob, name: str, indices: str, day: date, *, done: TakenOver, refs: set[RefMonth]
) -> TakenOver:
    """Take over the daily numbers of one type and day."""
    search, legacy = job.aggregation.search, LegacyDay(job.aggregation.kinds)
    for hits in search.pages(indices, {"query": search_requests.build_within((day, day))}):
        legacy.add(hit["_source"] for hit in hits)
    index = search.daily(name, month_of(day))
    documents = legacy.documents(
        name, day, counted_at=iso_ms(job.clock()), import_id=done.import_id
    )
    written = 0
    for batch in batches(documents, _BULK):
        _write(job, [Action("index", index, key, document) for key, document in batch])
        refs.update((document["resource"], month_of(day)) for _, document in batch)
        written += len(batch)
    job.report(f"{name} {day}: {written} documents")
    return replace(
        done,
        days=done.days + 1,
        documents=done.documents + written,
        unread=done.unread + legacy.unread,
    )


def run_find_unknown(job: LegacyJob) -> tuple[str, ...]:
    """Return the types of invenio-stats that there is no event type of here."""
    known = {aggregation.event_type.name for aggregation in job.aggregation.aggregations}
    found = set()
    for beginning in ("events-stats-", "stats-"):
        stem = f"{job.source_prefix}{beginning}"
        for index in job.aggregation.search.indices(f"{stem}*"):
            if _SUFFIX.search(index):
                found.add(_SUFFIX.sub("", index).removeprefix(stem))
    return tuple(sorted(found - known))


def run_find_days(job: LegacyJob, indices: str, body: Body) -> Iterator[date]:
    """Yield the days of an answer; none where there are no indices."""
    if indices:
        job.aggregation.search.refresh(indices)
        yield from search_requests.read_days(job.aggregation.search.search(indices, body))


def _note_days(job: LegacyJob, import_id: str, found: list[RawDocument]) -> None:
    """Note between which days events are, before they are written."""
    days = [parse_time(str(one.source["timestamp"])).date() for one in found]
    if days:
        job.imports.note_days(import_id, min(days), max(days))


def _write(job: LegacyJob, actions: list[Action]) -> int:
    """Write; return how many were new."""
    new = 0
    for result in job.aggregation.search.bulk(actions):
        if result.busy:
            raise StoreUnavailable("Elasticsearch", result.reason)
        if not result.ok and result.status != CONFLICT:
            raise StoreRejected("Elasticsearch", result.reason)
        new += result.ok
    return new
