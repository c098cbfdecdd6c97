"""Totals of resources and of users, summed anew from their daily documents.

Bodies and readers are pure. Invariant: a total is a sum of daily
documents read after they were written; it is set, so a repetition sets the
same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from stats.aggregations.job import AggregationJob
from stats.aggregations.types import MEMBERSHIP_FAMILY, USERS_FAMILY
from stats.batches import batches
from stats.events.types import VIAS, EventType
from stats.refs import split_ref
from stats.stores.dsl import A, Q, Search
from stats.times import from_ms

_log = logging.getLogger(__name__)

Body = dict[str, Any]
BATCH = 500
"""Refs, or pairs of user and ref, summed by one search."""

Pair = tuple[str, str]
"""A user and a ref."""

_COUNTERS = ("views", "downloads")
_LAST = {"views": "last_viewed", "downloads": "last_downloaded"}


def run_totals(job: AggregationJob, refs: set[str], pairs: set[Pair], *, now: datetime) -> None:
    """Set the totals of ``refs``, and of ``pairs`` of user and ref, from the daily documents."""
    ticket = job.bookmarks.ticket(now)
    common = {"updated": now, "counted_until": job.bookmarks.counted_until()}
    beside = ",".join(job.search.daily(family) for family in (USERS_FAMILY, MEMBERSHIP_FAMILY))
    job.search.refresh(f"{job.daily_names},{beside}")
    types = {a.event_type.name: a.event_type for a in job.aggregations}
    for batch in batches(sorted(refs), BATCH):
        job.renew()
        answer = job.search.search(job.daily_names, build_totals(batch, len(types)))
        found = {document["_id"]: document for document in read_totals(answer, types)}
        documents = [found.get(ref) or build_empty_totals(ref) for ref in batch]
        job.totals.write([document | common for document in documents], ticket=ticket)
    for pair_batch in batches(sorted(pairs), BATCH):
        job.renew()
        _set_user_totals(job, pair_batch, ticket=ticket, common=common)
    _log.debug("totals set of %d resources and %d rows by user", len(refs), len(pairs))


def _set_user_totals(job: AggregationJob, pairs: list[Pair], *, ticket: int, common: Body) -> None:
    """Set the rows of ``pairs``; those that no document speaks of any more go."""
    answer = job.search.search(job.search.daily(USERS_FAMILY), build_user_totals(pairs))
    rows = list(read_user_totals(answer))
    job.totals.write_users([row | common for row in rows], ticket=ticket)
    gone = {user_total_id(user, ref) for user, ref in pairs} - {row["_id"] for row in rows}
    job.totals.delete_users(gone, ticket=ticket)


def build_totals(refs: Sequence[str], event_types: int) -> Body:
    """Ask for the sums of each event type of ``refs``, over all days."""
    search = Search().filter("terms", resource=list(refs)).extra(size=0)
    events = search.aggs.bucket("refs", A("terms", field="resource", size=len(refs))).bucket(
        "events", A("terms", field="event", size=event_types)
    )
    for field in ("count", "unique_count", "volume"):
        events.metric(field, A("sum", field=field))
    events.metric("last", A("max", field="last"))
    return search.to_dict()


def read_totals(answer: Body, event_types: dict[str, EventType]) -> Iterator[Body]:
    """Yield the ``statistic_totals`` document of each ref (``docs/contracts.md#mongodb``)."""
    for ref in _buckets(answer, "refs"):
        document = build_empty_totals(ref["key"])
        for bucket in ref["events"]["buckets"]:
            _add_event(document, bucket, event_types.get(bucket["key"]))
        yield document


def build_empty_totals(ref: str) -> Body:
    """Return the totals of a resource that nothing has happened to."""
    kind, name = split_ref(ref)
    return {
        "_id": ref,
        "kind": kind,
        "id": name,
        "views": 0,
        "unique_views": 0,
        "downloads": 0,
        "unique_downloads": 0,
        "volume": 0,
        "last_viewed": None,
        "last_downloaded": None,
        "events": {},
    }


def _add_event(document: Body, bucket: Body, event_type: EventType | None) -> None:
    count = int(bucket["count"]["value"])
    document["events"][bucket["key"]] = count
    if event_type is None or event_type.counts_as is None:
        return
    counter = event_type.counts_as
    document[counter] += count
    document[f"unique_{counter}"] += int(bucket["unique_count"]["value"])
    if counter == "downloads":
        document["volume"] += int(bucket["volume"]["value"])
    document[_LAST[counter]] = _later(document[_LAST[counter]], bucket["last"]["value"])


def user_total_id(user: str, ref: str) -> str:
    """Return the ``_id`` of a user's row: a ``|`` of the user is escaped, so no two are alike."""
    return f"{user.replace('%', '%25').replace('|', '%7C')}|{ref}"


def build_user_totals(pairs: Sequence[tuple[str, str]]) -> Body:
    """Ask for the sums of the rows of those users and resources, and of no others.

    A clause a user: users and resources apart would ask for every one of the users at
    every one of the resources, and most of what they ever did at a community.
    """
    refs: dict[str, list[str]] = {}
    for user, ref in pairs:
        refs.setdefault(user, []).append(ref)
    own = [
        Q("bool", filter=[Q("term", user_id=u), Q("terms", resource=r)]) for u, r in refs.items()
    ]
    search = (
        Search()
        .filter("bool", should=own, minimum_should_match=1)
        .extra(size=0, track_total_hits=False)
    )
    sources = [
        {"user": A("terms", field="user_id")},
        {"resource": A("terms", field="resource")},
    ]
    rows = search.aggs.bucket("rows", A("composite", sources=sources, size=len(pairs)))
    for via in VIAS:
        for counter in _COUNTERS:
            rows.metric(f"{via}_{counter}", A("sum", field=f"via.{via}.{counter}"))
    for counter in _COUNTERS:
        rows.metric(counter, A("sum", field=counter))
    for last in _LAST.values():
        rows.metric(last, A("max", field=last))
    return search.to_dict()


def read_user_totals(answer: Body) -> Iterator[Body]:
    """Yield the ``statistic_users`` documents (``docs/contracts.md#mongodb``)."""
    for bucket in _buckets(answer, "rows"):
        user, ref = bucket["key"]["user"], bucket["key"]["resource"]
        via = {name: _via(bucket, name) for name in VIAS}
        yield (
            {
                "_id": user_total_id(user, ref),
                "user_id": user,
                "resource": ref,
                "kind": split_ref(ref)[0],
            }
            | {counter: int(bucket[counter]["value"]) for counter in _COUNTERS}
            | {"via": {name: sums for name, sums in via.items() if any(sums.values())}}
            | {last: _later(None, bucket[last]["value"]) for last in _LAST.values()}
        )


def _via(bucket: Body, name: str) -> dict[str, int]:
    return {counter: int(bucket[f"{name}_{counter}"]["value"]) for counter in _COUNTERS}


def _buckets(answer: Body, name: str) -> list[Body]:
    found = answer.get("aggregations", {}).get(name, {})
    return list(found.get("buckets", []))


def _later(known: datetime | None, milliseconds: float | None) -> datetime | None:
    if milliseconds is None:
        return known
    found = from_ms(int(milliseconds))
    return found if known is None else max(known, found)
