"""Days compared: counted anew from raw events, against the documents that are there.

Invariant: a difference is reported only if it is there twice, since
days are counted while an audit runs. Memory holds one day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from stats.aggregations.daily_documents import build_documents
from stats.aggregations.job import CountedDay
from stats.aggregations.missing_events import run_find_missing
from stats.aggregations.read_day import run_count
from stats.aggregations.types import USERS_FAMILY
from stats.audit.differences import RAW_EVENTS, Difference, Place, compare
from stats.audit.invariants import check_document
from stats.audit.job import AuditJob
from stats.audit.versions import run_check_versions
from stats.events.types import SITE
from stats.stores.counted_days import MissingEvents
from stats.stores.dsl import A, Q, Search
from stats.stores.locks import DayClaim
from stats.stores.search_source import Body
from stats.times import EPOCH, from_ms

Key = tuple[str, str]
Window = tuple[date | None, date | None]

_SECONDS = 3.0
"""How long it takes at most until a day that is being written is written, usually."""


def build_days(window: Window, *, only: Any = None) -> Body:
    """Ask for the days of a window that have documents."""
    search = Search().filter(_within(window)).extra(size=0)
    if only is not None:
        search = search.filter(only)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days)
    return search.to_dict()


def build_documents_of(day: date) -> Body:
    """Ask for the documents of a day that come from events."""
    of_day = [
        {"term": {"timestamp": day.isoformat()}},
        {"term": {"source": "events"}},
        {"term": {"interval": "day"}},
    ]
    return {"query": {"bool": {"filter": of_day}}}


def run_find_days(job: AuditJob, window: Window) -> list[date]:
    """Return the days of a window that can be counted anew, oldest first."""
    search, closed = job.aggregation.search, job.aggregation.bookmarks.dropped_until()
    search.refresh(job.aggregation.raw_names)
    counted = Q("term", interval="day") & Q("term", source="events")
    daily = ",".join(search.daily(family) for family in job.families)
    search.refresh(daily)
    answers = [
        search.search(job.aggregation.raw_names, build_days(window)),
        search.search(daily, build_days(window, only=counted)),
    ]
    found = {
        from_ms(bucket["key"]).date()
        for answer in answers
        for bucket in answer.get("aggregations", {}).get("days", {}).get("buckets", [])
    }
    return sorted(day for day in found if closed is None or day >= closed)


def run_audit_day(job: AuditJob, day: date) -> tuple[int, list[Difference]]:
    """Return how many documents a day has by right, and what is not right about it."""
    count, differences = _run_compare(job, day)
    if differences:
        job.wait(_SECONDS)
        count, again = _run_compare(job, day)
        differences = [difference for difference in again if difference in differences]
    return count, differences


def _run_compare(job: AuditJob, day: date) -> tuple[int, list[Difference]]:
    counted = run_count(job.aggregation, DayClaim(day, EPOCH, 0), job.clock())
    if missing := run_find_missing(job.aggregation, counted):
        return 0, [_missing(one) for one in missing]
    right = _documents_of(counted)
    stored = run_stored(job, day)
    differences: list[Difference] = []
    for key in sorted(right.keys() | stored.keys()):
        document = right.get(key) or stored[key]
        place = Place(key[0], day.isoformat(), _about(key[0], document))
        differences += compare(place, stored.get(key), right.get(key))
    return len(right), differences


def _about(family: str, document: Body) -> str:
    user = f"{document['user_id']} " if family == USERS_FAMILY else ""
    return f"{user}{document['resource']}"


def _missing(one: MissingEvents) -> Difference:
    place = Place(one.type_name, one.day.isoformat(), SITE)
    return place.differ(RAW_EVENTS, f"counted from {one.counted_from}", f"{one.there} are there")


def run_recount(job: AuditJob, day: date) -> dict[Key, Body]:
    """Return the documents that a day has by right, from its raw events."""
    return _documents_of(run_count(job.aggregation, DayClaim(day, EPOCH, 0), job.clock()))


def _documents_of(counted: CountedDay) -> dict[Key, Body]:
    """Return the documents that a day has by right, as it was counted."""
    documents = build_documents(counted.numbers, counted.snapshot, whole=True)
    return {(d.family, d.id): d.body for d in documents if d.body is not None}


def run_stored(job: AuditJob, day: date) -> dict[Key, Body]:
    """Return the documents that a day has."""
    search, found = job.aggregation.search, {}
    for family in job.families:
        search.refresh(search.daily(family))
        for hits in search.pages(search.daily(family), build_documents_of(day)):
            found.update({(family, hit["_id"]): hit["_source"] for hit in hits})
    return found


def run_check_closed(job: AuditJob, window: Window) -> Iterator[Difference]:
    """Yield what cannot be right about documents that cannot be counted anew."""
    search, closed = job.aggregation.search, job.aggregation.bookmarks.dropped_until()
    before = Q("range", timestamp={"lt": closed.isoformat()}) if closed else Q("match_none")
    others = before | ~Q("term", source="events")
    query = (_within(window) & others).to_dict()
    for family in job.families:
        for hits in search.pages(search.daily(family), {"query": query}, size=1_000):
            documents = [hit["_source"] for hit in hits]
            for document in documents:
                yield from check_document(family, document)
            for difference in run_check_versions(search, family, documents):
                job.report(f"note, events named its parents only at times: {difference}")


def _within(window: Window) -> Any:
    bounds = dict(zip(("gte", "lte"), window, strict=True))
    days = {name: day.isoformat() for name, day in bounds.items() if day is not None}
    return Q("range", timestamp=days) if days else Q("match_all")
