"""What stands in ``app.extensions["invenio-stats"]``: the interface of invenio-stats, our work.

Invariant: whatever invenio-stats 5 to 7 offer is here under the same name. Events
go to our queue, numbers come from our store, and their two tasks do our jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from flask import Flask

from stats.ext import EXTENSION, StatsState
from stats.hosts.invenio.building import complete
from stats.hosts.invenio.replacement.configuration import host_permission
from stats.hosts.invenio.replacement.definitions import HostDefinitions, load
from stats.hosts.invenio.replacement.emission import emit_when_answered
from stats.hosts.invenio.replacement.events import build_event
from stats.hosts.invenio.replacement.numbers import LastKnown, Numbers
from stats.hosts.invenio.replacement.queue import HostQueue
from stats.hosts.invenio.replacement.work import Aggregator, Asked, EventEmitter, Processor

_log = logging.getLogger(__name__)


class Event(NamedTuple):
    """An event, as invenio-stats has it."""

    name: str
    queue: Any
    templates: str | None
    cls: type[Any]
    params: dict[str, Any]


class Aggregation(NamedTuple):
    """An aggregation, as invenio-stats has it."""

    name: str
    templates: str | None
    cls: type[Any]
    params: dict[str, Any]


class Query(NamedTuple):
    """A query, as invenio-stats has it."""

    name: str
    cls: type[Any]
    permission_factory: Any
    params: dict[str, Any]


class ReplacedState:
    """The interface of invenio-stats for one application."""

    def __init__(
        self, app: Flask, host: HostDefinitions, *, last_known: LastKnown | None = None
    ) -> None:
        self.app = app
        self.host = host
        self.exchange = app.config.get("STATS_MQ_EXCHANGE")
        self._emitters: dict[str, EventEmitter] = {}
        self._asked: dict[str, Any] = {}
        self._last_known = last_known

    @property
    def statistics(self) -> StatsState:
        """Return the statistics that do the work."""
        state: StatsState = self.app.extensions[EXTENSION]
        return state

    @cached_property
    def numbers(self) -> Numbers:
        """Return what answers queries."""
        return Numbers(self.statistics, last_known=self._last_known)

    @property
    def events_config(self) -> Mapping[str, Any]:
        """Return ``STATS_EVENTS``."""
        return {name: event.given for name, event in self.host.events.items()}

    @property
    def aggregations_config(self) -> Mapping[str, Any]:
        """Return ``STATS_AGGREGATIONS``."""
        return self.host.aggregations

    @property
    def queries_config(self) -> Mapping[str, Any]:
        """Return ``STATS_QUERIES``."""
        return {name: query.given for name, query in self.host.queries.items()}

    @cached_property
    def events(self) -> dict[str, Event]:
        """Return the configured events; running one's ``cls`` processes its queue."""
        found = {}
        for name, event in self.host.events.items():
            queue = HostQueue(name, _their_queue(self.app, name), self.statistics, self)
            params = {"queue": queue, **(event.given.get("params") or {}), "_name": name}
            templates = event.given.get("templates")
            found[name] = Event(name, queue, templates, Processor, self._params(params))
        return found

    @cached_property
    def aggregations(self) -> dict[str, Aggregation]:
        """Return the configured aggregations; running one's ``cls`` counts."""
        return {
            name: Aggregation(
                name,
                given.get("templates"),
                Aggregator,
                self._params(given.get("params") or {}),
            )
            for name, given in self.host.aggregations.items()
        }

    @cached_property
    def queries(self) -> dict[str, Query]:
        """Return the host's queries and ours, by name."""
        own = self.statistics.queries
        found = {name: Query(name, Asked, None, self._params({})) for name in own}
        for name, query in self.host.queries.items():
            cls = load(query.given.get("cls"), name) if query.form is None else Asked
            params = dict(query.params) if query.form is None else self._params(query.params)
            found[name] = Query(name, cls, query.given.get("permission_factory"), params)
        return found

    def get_query(self, query_name: str) -> Any:
        """Return a query that can be run; raise ``KeyError`` when there is none."""
        if query_name not in self._asked:
            query = self.queries[query_name]
            self._asked[query_name] = query.cls(name=query.name, **query.params)
        return self._asked[query_name]

    def get_event_emitter(self, event_name: str) -> EventEmitter | None:
        """Return the emitter of an event; None when it is not configured."""
        if event_name not in self.host.events:
            _log.warning("there is no event %r in STATS_EVENTS, it is not emitted", event_name)
            return None
        if event_name not in self._emitters:
            builders = self.host.events[event_name].builders
            self._emitters[event_name] = EventEmitter(self, event_name, builders)
        return self._emitters[event_name]

    @cached_property
    def permission_factory(self) -> Any:
        """Return what decides who may run a query: ``STATS_PERMISSION_FACTORY``."""
        return host_permission(self.app.config)

    def publish(self, event_type: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Publish events in the form of invenio-stats."""
        for event in events:
            self.emit(event_type, event, {})

    def consume(
        self, event_type: str, no_ack: bool = True, payload: bool = True
    ) -> Iterator[dict[str, Any]]:
        """Take what waits of one event out of its queue."""
        yield from self.events[event_type].queue.consume(payload=payload)

    def emit(self, type_name: str, source: Mapping[str, Any], carried: Mapping[str, Any]) -> None:
        """Emit an event in the form of invenio-stats; ``carried`` is what its emitter was given."""
        prepared = self._preprocess(type_name, dict(source))
        if prepared is None:
            return
        event = build_event(type_name, prepared, identified_by=self._identified_by(type_name))
        if event is None:
            _log.warning("a %s names nothing that can be counted: %s", type_name, sorted(prepared))
            return
        completed = complete(event, **carried)
        if completed is not None:
            emit_when_answered(completed)

    def _preprocess(self, type_name: str, source: dict[str, Any]) -> dict[str, Any] | None:
        event = self.host.events.get(type_name)
        for preprocess in event.preprocessors if event else ():
            prepared = preprocess(source)
            if prepared is None:
                return None
            source = prepared
        return source

    def _identified_by(self, type_name: str) -> str:
        for given in self.host.aggregations.values():
            params = given.get("params") or {}
            if params.get("event") == type_name:
                return str(params.get("field", "unique_id"))
        return "unique_id"

    def _params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {**params, "_state": self}


def _their_queue(app: Flask, name: str) -> Any:
    """Return the queue that invenio-stats emitted into, which may still hold events."""
    queues: Any = app.extensions.get("invenio-queues")
    return queues.queues.get(f"stats-{name}") if queues is not None else None
