"""A queue as invenio-stats has it: what waits in its own, then what waits in ours, in its form.

As there, what is consumed here is not counted any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from stats.events.messages import read_message
from stats.ext import StatsState
from stats.refs import split_ref

Source = dict[str, Any]

TOGETHER = 500
WAIT = 0.5
"""Seconds without a message after which the queue is empty."""

_IDS = {"record": "recid", "concept": "parent_recid"}
_SAME = ("timestamp", "referrer", "ip_address", "user_agent", "user_id", "session_id", "size")


class Publisher(Protocol):
    """What the queue publishes through."""

    def publish(self, event_type: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Publish events in the form of invenio-stats."""


class HostQueue:
    """The queue of one event; what is not defined here is that of invenio-stats."""

    def __init__(self, name: str, theirs: Any, state: StatsState, publisher: Publisher) -> None:
        self.theirs = theirs
        self._name = name
        self._state = state
        self._publisher = publisher

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)

    def publish(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Publish events in the form of invenio-stats."""
        self._publisher.publish(self._name, events)

    def consume(self, payload: bool = True) -> Iterator[Source]:
        """Take what waits out of both queues."""
        if self.theirs is not None:
            yield from self.theirs.consume(payload=payload)
        with self._state.stores.queues.consume(self._name, prefetch=TOGETHER) as consumer:
            for delivery in consumer.arriving(wait=WAIT):
                yield from map(to_theirs, read_message(delivery.body))
                consumer.ack(delivery.tag)


def to_theirs(event: Mapping[str, Any]) -> Source:
    """Return an event of ours in the form that invenio-stats had it in."""
    refs = [event["resource"], *event.get("parents", ())]
    found: Source = {name: event[name] for name in _SAME if name in event}
    for kind, name in map(split_ref, refs):
        if kind in _IDS:
            found.setdefault(_IDS[kind], name)
        elif kind == "file":
            bucket, _, key = name.partition("/")
            found |= {"bucket_id": bucket, "file_key": key}
    return {**found, "via_api": event.get("via") == "api", **(event.get("extra") or {})}
