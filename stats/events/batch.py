"""Some messages of a queue, made into documents and dead letters.

Pure. In come deliveries, out go documents ready for Elasticsearch (as bytes,
but for ``indexed_at``) and letters with the reason why an event is none. One
broken event never keeps the others of its message from being indexed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from stats.errors import InputError
from stats.events.enrichment import Enrichment
from stats.events.messages import read_message
from stats.events.parse import dump_event, parse_event
from stats.events.raw_document import build_raw
from stats.events.types import Event, EventType
from stats.kinds.types import Kinds
from stats.stores.dead_letters import DeadLetter
from stats.stores.queues import Delivery
from stats.times import day_start_ms, from_ms


class Ready(NamedTuple):
    """One document to index: ``body`` is its JSON without ``indexed_at``."""

    month: str
    id: str
    body: bytes
    event: Event
    redelivered: bool

    @property
    def payload(self) -> bytes:
        """Return the event as it was published, for a dead letter."""
        return orjson.dumps(dump_event(self.event))


@dataclass(frozen=True)
class Reading:
    """How the messages of one type are read.

    Events before ``pruned_until`` came too late: the documents of their day
    are gone, and its numbers cannot be computed again. Those of ``refused_days``
    wait as dead letters until missing raw events are back. ``limit`` is how many
    events make a chunk full.
    """

    event_type: EventType
    types: Mapping[str, EventType]
    enrichment: Enrichment
    now: datetime
    limit: int
    pruned_until: date | None = None
    refused_days: frozenset[date] = frozenset()


@dataclass
class Chunk:
    """What has been read since the last acknowledgement; ``tag`` acknowledges it all."""

    reading: Reading
    documents: list[Ready] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    tag: int = 0
    messages: int = 0

    @property
    def is_full(self) -> bool:
        """Return whether it is time to index; a bound for messages of no events too."""
        return max(len(self.documents), self.messages) >= self.reading.limit

    def add(self, delivery: Delivery) -> None:
        """Read one message to its end, whatever it holds."""
        self.tag = delivery.tag
        self.messages += 1
        try:
            objects = read_message(delivery.body)
        except InputError as error:
            self._set_aside(delivery.body, error)
            return
        for obj in objects:
            self._add_event(obj, delivery)

    def _add_event(self, obj: Any, delivery: Delivery) -> None:
        try:
            self._take(obj, delivery)
        except InputError as error:
            self._set_aside(_bytes_of(obj, delivery.body), error)

    def _take(self, obj: Any, delivery: Delivery) -> None:
        document, excluded = _read_event(obj, delivery, self.reading)
        self.documents.append(document)
        if excluded:
            self.excluded[excluded] += 1

    def _set_aside(self, payload: bytes, error: InputError) -> None:
        name, now = self.reading.event_type.name, self.reading.now
        self.letters.append(DeadLetter(name, payload, error.code, error.message, now))


def _bytes_of(obj: Any, body: bytes) -> bytes:
    """Return one event of a message; the whole message when JSON is read deeper than written."""
    try:
        return orjson.dumps(obj)
    except orjson.JSONEncodeError:
        return body


def _read_event(obj: Any, delivery: Delivery, reading: Reading) -> tuple[Ready, str]:
    """Return the document of an event, and why it is not counted."""
    _check_published(obj)
    event = parse_event(obj, types=reading.types, now=reading.now, queued=True)
    if event.type is not reading.event_type:
        message = f"type {event.type.name} is in the queue of {reading.event_type.name}"
        raise InputError("bad_format", message, field="type")
    pruned = reading.pruned_until
    if pruned is not None and event.timestamp < day_start_ms(pruned):
        message = f"the raw events before {pruned} are pruned, the day is closed"
        raise InputError("too_late", message, field="timestamp")
    if reading.refused_days and from_ms(event.timestamp).date() in reading.refused_days:
        message = "raw events of its day are missing; see stats status, and replay it afterwards"
        raise InputError("raw_events_missing", message, field="timestamp")
    event = _normal(event, reading.enrichment.kinds)
    raw = build_raw(event, enrichment=reading.enrichment)
    ready = Ready(raw.month, raw.id, orjson.dumps(raw.source), event, delivery.redelivered)
    return ready, raw.source.get("excluded") or ""


def _normal(event: Event, kinds: Kinds) -> Event:
    """Return the event with its refs in the one form of their kinds."""
    resource, parents = kinds.normal_ref(event.resource), kinds.normal_refs(event.parents)
    if resource == event.resource and parents == event.parents:
        return event
    return event._replace(resource=resource, parents=parents)


def _check_published(obj: Any) -> None:
    """Refuse what did not come through publishing.

    Without an ``id`` of its own, an event that the broker delivers twice would be two.
    """
    if isinstance(obj, dict):
        for name in ("id", "timestamp"):
            if obj.get(name) is None:
                message = f"{name} is missing: publish events by the package or over HTTP"
                raise InputError("missing", message, field=name)
