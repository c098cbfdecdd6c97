"""Totals of resources and of users: set, never incremented, so a repetition sets the same.

A resource's total is the sum of its months, and a month is the sum of its daily documents, read
after they were written: a run reads the months that it touched and no others, however old the
repository is. A person's row is summed anew from all documents of the person and the resource.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from stats.aggregations.job import AggregationJob
from stats.aggregations.months import run_fill_months, run_find_months, run_month_sums, run_refresh
from stats.aggregations.types import USERS_FAMILY
from stats.batches import batches
from stats.events.types import VIAS, CountsAs, EventType
from stats.refs import split_ref
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import from_ms

_log = logging.getLogger(__name__)

BATCH = 500
"""Refs, or pairs of user and ref, summed by one search."""

Pair = tuple[str, str]
"""A user and a ref."""

RefMonth = tuple[str, str]
"""A ref, and a month of it as YYYY-MM."""

_COUNTERS = ("views", "downloads")
_LAST = {"views": "last_viewed", "downloads": "last_downloaded"}


def run_totals(
    job: AggregationJob, touched: set[RefMonth], pairs: set[Pair], *, now: datetime
) -> None:
    """Set the totals of resources whose months were ``touched``, and of ``pairs``.

    What was written of ``pairs`` was written in these months.
    """
    months: dict[str, list[str]] = {}
    for ref, month in touched:
        months.setdefault(ref, []).append(month)
    ticket, common = job.bookmarks.ticket(now), _common(job, now)
    if touched:
        run_refresh(job, {month for _, month in touched})
        run_fill_months(job, now)
    else:
        job.search.refresh(job.search.daily(USERS_FAMILY))
    _set_all(job, months, pairs, ticket=ticket, common=common)


def run_totals_anew(
    job: AggregationJob, refs: set[str], pairs: set[Pair], *, now: datetime
) -> None:
    """Set the totals of ``refs`` and ``pairs`` from all of their daily documents.

    A month that no document speaks of any more comes to nothing.
    """
    ticket, common = job.bookmarks.ticket(now), _common(job, now)
    job.search.refresh(f"{job.daily_names},{job.search.daily(USERS_FAMILY)}")
    if refs:
        run_fill_months(job, now)
    for batch in batches(sorted(refs), BATCH):
        _set_all(job, run_find_months(job, batch), set(), ticket=ticket, common=common)
    _set_all(job, {}, pairs, ticket=ticket, common=common)


def _common(job: AggregationJob, now: datetime) -> Body:
    """Return what all totals of a run say; read before the documents are."""
    return {"updated": now, "counted_until": job.bookmarks.counted_until()}


def _set_all(
    job: AggregationJob,
    months: dict[str, list[str]],
    pairs: set[Pair],
    *,
    ticket: int,
    common: Body,
) -> None:
    """Set months of resources with their totals, and rows of people, of what is visible."""
    for batch in batches(sorted(months), BATCH):
        job.renew()
        _set_totals(job, {ref: months[ref] for ref in batch}, ticket=ticket, common=common)
    for pair_batch in batches(sorted(pairs), BATCH):
        job.renew()
        _set_user_totals(job, pair_batch, ticket=ticket, common=common)
    _log.debug("totals set of %d resources and %d rows by user", len(months), len(pairs))


def _set_totals(
    job: AggregationJob, months: dict[str, list[str]], *, ticket: int, common: Body
) -> None:
    """Sum months of resources, and set these and the totals of which they are a part."""
    types = {a.event_type.name: a.event_type for a in job.aggregations}
    sums = run_month_sums(job, months)
    changes = {ref: {m: sums[m].get(ref, {}) for m in months[ref]} for ref in months}
    merged = job.months.merge(
        changes, read_at=ticket, draw=lambda: job.bookmarks.ticket(common["updated"])
    )
    for of_ticket, documents in _by_ticket(merged.values()).items():
        totals = [build_total(document, types) | common for document in documents]
        job.totals.write(totals, ticket=of_ticket)


def _by_ticket(documents: Iterable[Body]) -> dict[int, list[Body]]:
    found: dict[int, list[Body]] = {}
    for document in documents:
        found.setdefault(document["ticket"], []).append(document)
    return found


def _set_user_totals(job: AggregationJob, pairs: list[Pair], *, ticket: int, common: Body) -> None:
    """Set the rows of ``pairs``; those that no document speaks of any more go."""
    answer = job.search.search(job.search.daily(USERS_FAMILY), build_user_totals(pairs))
    rows = list(read_user_totals(answer))
    job.totals.write_users([row | common for row in rows], ticket=ticket)
    gone = {user_total_id(user, ref) for user, ref in pairs} - {row["_id"] for row in rows}
    job.totals.delete_users(gone, ticket=ticket)


def build_total(document: Body, event_types: Mapping[str, EventType]) -> Body:
    """Return the ``statistic_totals`` document of a resource, of its ``statistic_months``."""
    total = build_empty_totals(document["_id"])
    for month in document["months"].values():
        for name, sums in month["events"].items():
            if name in event_types:  # a type may be declared no more
                _add_event(total, name, sums, event_types[name].counts_as)
    return total


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


def _add_event(total: Body, name: str, sums: Body, counter: CountsAs | None) -> None:
    total["events"][name] = total["events"].get(name, 0) + sums["count"]
    if counter is None:
        return
    total[counter] += sums["count"]
    total[f"unique_{counter}"] += sums["unique_count"]
    if counter == "downloads":
        total["volume"] += sums["volume"]
    times = [time for time in (total[_LAST[counter]], sums["last"]) if time is not None]
    total[_LAST[counter]] = max(times, default=None)


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
