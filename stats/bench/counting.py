"""From raw to daily documents and totals, and the bare reads and writes it is compared with.

Each function is called in a process of its part. The limit is the time of a raw read of the same
days, by the same requests with the same fields, and of bulk requests of the same daily documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from time import perf_counter

import orjson

from stats.aggregations.count_day import DayCounter
from stats.aggregations.find_days import run_find_days
from stats.aggregations.read_day import build_read_day
from stats.aggregations.runner import run_claim, run_finish
from stats.aggregations.types import USAGE_FAMILY, USERS_FAMILY
from stats.aggregations.write_day import Written
from stats.batches import batches
from stats.bench.measured import Measured, bulk
from stats.bench.places import open_state
from stats.bench.stream import TYPES
from stats.counting_rules import PARTITIONS
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.stores.locks import DayClaim
from stats.stores.search import Action, SearchStore
from stats.times import DAY, EPOCH, iso_ms, month_of, utc_now

DOCUMENTS_A_REQUEST = 2_000
"""As the aggregation writes them."""


@dataclass(frozen=True)
class Aggregated:
    """What counting took, of which days, and setting the totals."""

    documents: Measured
    totals: Measured
    days: tuple[date, ...]


def aggregate(place: Namespace) -> Aggregated:
    """Count all events of a place once, with a clock around the totals."""
    job = open_state(place).aggregation_job
    claims: list[DayClaim] = []
    written = Written()
    began = perf_counter()
    run_find_days(job, utc_now())
    while claim := job.day_claims.claim_day(utc_now(), lease=job.lease):
        written = written.plus(run_claim(job, claim, utc_now()))
        claims.append(claim)
    counted = perf_counter()
    run_finish(job, claims, written, now=utc_now())
    ended = perf_counter()
    return Aggregated(
        Measured(written.documents, counted - began),
        Measured(written.totals, ended - counted),
        days=tuple(claim.day for claim in claims),
    )


def aggregate_new(place: Namespace) -> tuple[Measured, set[date]]:
    """Count what is new as ``stats aggregate`` does, to its end; return the days, too."""
    state = open_state(place)
    days: set[date] = set()
    began = perf_counter()
    done = state.aggregate(report=lambda day, _: days.add(day))
    return Measured(done.documents, perf_counter() - began), days


def read_raw(place: Namespace, days: Sequence[date]) -> Measured:
    """Read the events of some days by the requests of the aggregation, and drop them."""
    state = open_state(place)
    search = state.stores.search
    counter = DayCounter(
        state.aggregations, kinds=state.kinds, day_end="", since=iso_ms(EPOCH), per_user=True
    )
    fields = {
        a.event_type.name: counter.fields(a)
        for a in state.aggregations
        if a.event_type.name in TYPES
    }
    requests = []
    for day in days:
        months = dict.fromkeys((month_of(day), month_of(day + DAY)))
        for name in TYPES:
            index = ",".join(search.raw(name, month) for month in months)
            body = build_read_day(day, (0, PARTITIONS), fields[name])
            requests.append((index, body, search.count(index, body["query"])))
    number = 0
    began = perf_counter()
    for index, body, expected in requests:
        number += sum(len(hits) for hits in search.all_hits(index, body, expected=expected))
    return Measured(number, perf_counter() - began)


def bulk_daily(place: Namespace, target: Namespace, since: datetime = EPOCH) -> Measured:
    """Write daily documents of a place, read and serialised before, to fresh indices.

    They are those that were counted from ``since`` on.
    """
    sink = open_state(target).stores.search
    copies = _copies(open_state(place), sink, since)
    return bulk(sink, list(batches(copies, DOCUMENTS_A_REQUEST)))


def _copies(state: StatsState, sink: SearchStore, since: datetime) -> Iterator[Action]:
    search = state.stores.search
    counted = {"query": {"range": {"counted_at": {"gte": iso_ms(since)}}}}
    for family in (*TYPES, USAGE_FAMILY, USERS_FAMILY):
        search.refresh(search.daily(family))
        for hits in search.pages(search.daily(family), counted):
            for hit in hits:
                index = sink.daily(family, hit["_source"]["timestamp"][:7])
                yield Action("index", index, hit["_id"], orjson.dumps(hit["_source"]))
