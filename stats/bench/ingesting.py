"""From the queue to raw documents, and the bare bulk requests that it is compared with.

Each function is called in a process of its part, does what must be there before without the
clock, and then its work with it. The baseline writes the same documents in requests of one size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from stats.batches import batches
from stats.bench.measured import Measured, bulk
from stats.bench.places import open_state
from stats.bench.stream import TYPES, read_part
from stats.engines.namespace import Namespace
from stats.events.batch import Chunk, Reading, Ready
from stats.events.messages import build_messages
from stats.events.parse import parse_event
from stats.events.publish import run_publish
from stats.events.types import Event
from stats.ext import StatsState
from stats.stores.queues import Delivery
from stats.stores.search import Action
from stats.times import iso_ms, utc_now


def publish(place: Namespace, part: Path) -> Measured:
    """Put a part into the queues as ``current_stats.publish`` does, many events a message."""
    state = open_state(place)
    events = read_part(part)
    began = perf_counter()
    run_publish(_parse(state, events), queues=state.stores.queues)
    return Measured(len(events), perf_counter() - began)


def publish_single(place: Namespace, part: Path) -> Measured:
    """Put a part into the queues, a message for each event."""
    state = open_state(place)
    events = read_part(part)
    began = perf_counter()
    by_type: dict[str, list[bytes]] = {}
    for event in _parse(state, events):
        by_type.setdefault(event.type.name, []).extend(build_messages([event]))
    for name, bodies in by_type.items():
        state.stores.queues.publish(name, bodies)
    return Measured(len(events), perf_counter() - began)


def publish_in_requests(place: Namespace, part: Path, number: int) -> list[float]:
    """Publish events one after the other as a host's requests do; return the seconds of each."""
    state = open_state(place)
    seconds = []
    for event in read_part(part)[:number]:
        began = perf_counter()
        state.publish([event])
        seconds.append(perf_counter() - began)
    return seconds


def process(place: Namespace) -> Measured:
    """Drain the queues: from asking for their depth to finding them empty."""
    state = open_state(place)
    _ = state.processing
    began = perf_counter()
    done = state.process().values()
    seconds = perf_counter() - began
    return Measured(sum(one.created for one in done), seconds)


def bulk_raw(place: Namespace, part: Path) -> Measured:
    """Write the raw documents of a part, made and serialised before."""
    state = open_state(place)
    search, size = state.stores.search, state.settings.batch_events
    events = read_part(part)
    requests = [
        [Action("create", search.raw(name, d.month), d.id, d.body) for d in batch]
        for name in TYPES
        for batch in batches(_documents(state, name, events), size)
    ]
    return bulk(search, requests)


def _parse(state: StatsState, events: list[Any]) -> list[Event]:
    now = utc_now()
    return [parse_event(event, types=state.event_types, now=now) for event in events]


def _documents(state: StatsState, name: str, events: list[Any]) -> Iterator[Ready]:
    """Yield the documents of the events of one type, as processing makes them."""
    own = [event for event in events if event["type"] == name]
    types, enrichment = state.event_types, state.enrichment
    chunk = Chunk(Reading(types[name], types, enrichment, utc_now(), len(own)))
    chunk.add(Delivery(0, orjson.dumps(own), False))
    ending = b',"indexed_at":"' + iso_ms(utc_now()).encode() + b'"}'
    for document in chunk.documents:
        yield document._replace(body=document.body[:-1] + ending)
