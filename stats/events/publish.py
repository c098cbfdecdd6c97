"""From JSON objects of a host, an HTTP request or a file to the queue.

Each object is checked wholly before anything is published, so that what is
refused is refused where somebody can still do something about it. An event with an
accessory that cannot be kept as it came is taken, with a warning.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stats.errors import InputError
from stats.events.accessories import FieldWarning
from stats.events.messages import build_messages, pack_messages
from stats.events.parse import parse_event
from stats.events.types import Event, EventType
from stats.stores.publisher import Confirm
from stats.stores.queues import EventQueues

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rejection:
    """Why the object at ``index`` (from 0) of a batch is no event."""

    index: int
    code: str
    message: str
    field: str


@dataclass(frozen=True)
class Remark:
    """What was wrong with a field of the event at ``index`` (from 0), which is taken."""

    index: int
    code: str
    message: str
    field: str


@dataclass(frozen=True)
class Batch:
    """The events among some objects, the others with their reasons, and what was mended."""

    events: tuple[Event, ...]
    rejected: tuple[Rejection, ...]
    warnings: tuple[Remark, ...] = ()


def parse_batch(
    objects: Iterable[object], *, types: Mapping[str, EventType], now: datetime
) -> Batch:
    """Parse every object; one that is no event does not keep the others out."""
    events: list[Event] = []
    rejected: list[Rejection] = []
    remarks: list[Remark] = []
    for index, obj in enumerate(objects):
        warnings: list[FieldWarning] = []
        try:
            events.append(parse_event(obj, types=types, now=now, warn=warnings.append))
        except InputError as error:
            rejected.append(Rejection(index, error.code, error.message, error.field))
        else:
            remarks += [Remark(index, one.code, one.message, one.field) for one in warnings]
    return Batch(tuple(events), tuple(rejected), tuple(remarks))


def run_publish(events: Sequence[Event], *, queues: EventQueues) -> None:
    """Put checked events into the queues of their types, in their order.

    Returns when the broker has taken them all. Raises ``StoreUnavailable``
    when it has not; publishing the same events again is safe.
    """
    run_send(events, queues=queues)()


def run_send(events: Sequence[Event], *, queues: EventQueues) -> Confirm:
    """Send checked events as :func:`run_publish` does; what is returned waits for the broker.

    Of several types the last alone is waited for then, so that one connection waits.
    """
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.type.name, []).append(event)
    confirm: Confirm = _nothing
    for type_name, of_type in by_type.items():
        confirm()
        confirm = queues.send(type_name, build_messages(of_type))
        _log.debug("%s: sent %d events", type_name, len(of_type))
    return confirm


def _nothing() -> None:
    """Wait for nothing: no events were sent."""


def run_publish_json(events: Iterable[tuple[str, bytes]], *, queues: EventQueues) -> None:
    """Put checked events, each its type's name and its JSON, into the queues.

    As :func:`run_publish`, for those who make the JSON of many events at a time.
    """
    by_type: dict[str, list[bytes]] = {}
    for type_name, body in events:
        by_type.setdefault(type_name, []).append(body)
    for type_name, bodies in by_type.items():
        queues.publish(type_name, pack_messages(bodies))
        _log.debug("%s: the broker has %d events", type_name, len(bodies))
