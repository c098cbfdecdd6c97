"""A day never shrinks in silence: a recount from fewer raw events than before is refused.

Comes in: a day as it was counted just now. Goes out: what is missing of it. Its documents
and totals stay as they are; the events that came to it are set aside as dead letters
``raw_events_missing``, to be replayed once the others are back.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from stats.aggregations.job import AggregationJob, CountedDay
from stats.errors import StoreUnavailable
from stats.events.types import EVENT_FIELDS, PRIVATE_FIELDS
from stats.stores.counted_days import MissingEvents
from stats.stores.dead_letters import DeadLetter
from stats.stores.search import CONFLICT, NOT_FOUND, Action
from stats.stores.search_source import Body
from stats.times import DAY, EPOCH, iso_ms, iso_of_ms, midnight, to_ms

CODE = "raw_events_missing"


def find_missing(
    counted: CountedDay, known: Mapping[str, int], types: frozenset[str]
) -> list[MissingEvents]:
    """Return the declared types of which fewer events are there than a day was counted from."""
    day, there = counted.snapshot.day, counted.numbers.counted_from
    return [
        MissingEvents(day, name, number, there.get(name, 0))
        for name, number in sorted(known.items())
        if name in types and there.get(name, 0) < number
    ]


def run_find_missing(job: AggregationJob, counted: CountedDay) -> list[MissingEvents]:
    """Return what is missing of a day as it was counted just now."""
    known = job.counted_days.read(counted.snapshot.day)
    if known.ticket >= counted.snapshot.ticket:
        return []
    types = frozenset(a.event_type.name for a in job.aggregations)
    return find_missing(counted, known.types or {}, types)


def run_check_missing(job: AggregationJob, counted: CountedDay) -> list[MissingEvents]:
    """Note what a day is counted from; return what is missing, and then nothing is noted.

    A snapshot that is older than the one counted last is not judged: nothing that it
    writes stays.
    """
    snapshot = counted.snapshot
    if missing := run_find_missing(job, counted):
        return missing
    job.counted_days.write(snapshot.day, counted.numbers.counted_from, ticket=snapshot.ticket)
    return []


def run_refuse(job: AggregationJob, counted: CountedDay, missing: list[MissingEvents]) -> None:
    """Leave the day as it is, and set its new events aside, each kept before it is deleted.

    New are those indexed since the day was counted; what was counted stays where it is, and so
    does what became visible late: it is counted when the day is.
    """
    now = job.now()
    job.counted_days.refuse(missing, at=now)
    if counted.claim.since == EPOCH:
        return
    reason = "; ".join(map(str, missing))
    body = build_new_events(counted, job.counted_days.read(counted.snapshot.day).ticket)
    for one in job.aggregations:
        index = job.search.raw(one.event_type.name)
        for hits in job.search.pages(index, body):
            job.renew()
            job.dead_letters.put(
                [
                    DeadLetter(one.event_type.name, build_payload(h["_source"]), CODE, reason, now)
                    for h in hits
                ]
            )
            _delete(job, hits)


def build_new_events(counted: CountedDay, ticket: int) -> Body:
    """Ask for a day's events indexed since it was counted: a ticket is a time, too."""
    day = counted.snapshot.day
    span = {"gte": iso_ms(midnight(day)), "lt": iso_ms(midnight(day + DAY))}
    new = {"gt": iso_of_ms(max(ticket, to_ms(counted.claim.since)))}
    return {
        "query": {
            "bool": {"filter": [{"range": {"timestamp": span}}, {"range": {"indexed_at": new}}]}
        }
    }


def build_payload(source: Body) -> bytes:
    """Return the event of a raw document, as it can be published again."""
    private = source.get("private", {})
    event = {name: source[name] for name in EVENT_FIELDS if name in source}
    return orjson.dumps(event | {n: private[n] for n in PRIVATE_FIELDS if n in private})


def _delete(job: AggregationJob, hits: list[Body]) -> None:
    for result in job.search.bulk([Action("delete", h["_index"], h["_id"]) for h in hits]):
        if not result.ok and result.status not in (CONFLICT, NOT_FOUND):
            raise StoreUnavailable("Elasticsearch", result.reason)
