"""Numbers for a host that stores what it is answered, zeros included.

InvenioRDM writes zeros into its index when a query raises. Invariant: a number
that was known is answered as long as any engine that holds it does: the totals,
the daily documents, and last what the host's own index says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeGuard

from stats.errors import InputError, StatsError, StoreUnavailable
from stats.events.types import EventType
from stats.ext import StatsState
from stats.hosts.outage import Outage
from stats.permissions import COMMAND_LINE
from stats.queries.invenio import HostQuery
from stats.queries.invenio_answers import read_ids
from stats.queries.types import Answer, Params, Query
from stats.stores.mongo import connect, ping
from stats.stores.totals import TotalsStore

Document = Mapping[str, Any]
LastKnown = Callable[[str, Mapping[str, str]], "Answer | None"]
"""Gets a ref and the metrics wanted by field; returns what the host last stored of them."""

_UNDATED = {"start_date": None, "end_date": None}
_read_before: ContextVar[Mapping[str, Document] | None] = ContextVar("totals", default=None)
_log = logging.getLogger(__name__)


@contextmanager
def totals_at_hand(totals: Mapping[str, Document]) -> Iterator[None]:
    """Answer from totals that were read before, for many records at once."""
    token = _read_before.set(totals)
    try:
        yield
    finally:
        _read_before.reset(token)


class Numbers:
    """Answers the queries of one application; threads share it."""

    def __init__(self, state: StatsState, *, last_known: LastKnown | None = None) -> None:
        self._state = state
        self._last_known = last_known
        seconds = state.settings.emit_timeout
        database = connect(state.settings.mongo_url, timeout=seconds, answer_timeout=seconds)
        self._store = TotalsStore(database)
        self._no_totals = Outage(partial(ping, database))
        self._no_search = Outage(state.stores.search.ping)

    def answer(self, name: str, given: Mapping[str, Any]) -> Answer:
        """Return the answer of a named query.

        Raises:
            ValueError: a parameter is wrong, as invenio-stats has it.
            StoreUnavailable: nothing that knows a number can be asked.
        """
        query = self._state.find_query(name)
        known = {key: value for key, value in given.items() if value is not None}
        try:
            params = self._state.resolve(query, known)
        except InputError as error:
            raise ValueError(error.line) from error
        return (
            self._from_totals(query, params)
            or self._from_daily(name, known)
            or self._from_host(query, params)
        )

    def _from_totals(self, query: Query, params: Params) -> Answer | None:
        """Return an answer over all time, where totals hold what the query sums."""
        if not is_over_all(query, params):
            return None
        ref = params["resource"]
        document = self._read_total(ref)
        numbers = None if document is None else read_total(document, query, self._state.event_types)
        return None if numbers is None else {**_UNDATED, **self._copied(query, ref), **numbers}

    def _copied(self, query: HostQuery, ref: str) -> Answer:
        """Return what is copied; for many records at once, only what the ref itself says."""
        copied = query.answer.copied
        needs_parents = len(copied) > 1 and _read_before.get() is None
        try:
            described = self._state.stores.resources.read([ref]) if needs_parents else {}
        except StatsError:
            described = {}
        return read_ids((ref, *described.get(ref, {}).get("parents", ())), copied)

    def _read_total(self, ref: str) -> Document | None:
        """Return the totals of a ref, {} where it has none; None when they cannot be asked."""
        at_hand = _read_before.get()
        if at_hand is not None and ref in at_hand:
            return at_hand[ref]
        if self._no_totals.is_on():
            return None
        try:
            return self._store.read_one(ref) or {}
        except StatsError as error:
            self._no_totals.begin()
            _log.warning("totals are not read: %s", error)
            return None

    def _from_daily(self, name: str, given: Mapping[str, Any]) -> Answer | None:
        if self._no_search.is_on():
            return None
        try:
            return self._state.query(name, given, identity=COMMAND_LINE)
        except StatsError as error:
            self._no_search.begin()
            _log.warning("%s is not answered from daily documents: %s", name, error)
            return None

    def _from_host(self, query: Query, params: Params) -> Answer:
        if is_over_all(query, params) and self._last_known is not None:
            numbers = self._last_known(params["resource"], query.answer.metrics)
            if numbers is not None:
                own = read_ids((params["resource"],), query.answer.copied)
                return {**_UNDATED, **own, **numbers}
        raise StoreUnavailable("statistics", f"the answer to {query.name} is known nowhere")


def is_over_all(query: Query, params: Params) -> TypeGuard[HostQuery]:
    """Return whether a query sums all that ever happened to one resource."""
    return (
        isinstance(query, HostQuery)
        and query.kind == "row"
        and not query.answer.by_file
        and params["source"] == "all"
        and not any(params[name] for name in _UNDATED)
    )


def read_total(
    document: Document, query: HostQuery, types: Mapping[str, EventType]
) -> Answer | None:
    """Return the numbers of a query from totals; None where those hold other types' too."""
    (aggregation,) = query.aggregations
    own = aggregation.event_type
    counter = own.counts_as
    others = {name for name, count in (document.get("events") or {}).items() if count} - {own.name}
    if counter is None or any(
        name not in types or types[name].counts_as == counter for name in others
    ):
        return None
    fields = {"count": counter, "unique_count": f"unique_{counter}"}
    fields |= {"volume": "volume"} if counter == "downloads" else {}
    wanted = query.answer.metrics
    if not set(wanted.values()) <= fields.keys():
        return None
    return {name: int(document.get(fields[metric]) or 0) for name, metric in wanted.items()}
