"""Counted events sent to OpenAIRE's Matomo, each once.

Comes in: raw documents that are not excluded. Goes out: bulk requests, oldest
event first. Invariants: the bookmark moves when a chunk was accepted
and not before, so a chunk that failed is sent again whole; events that arrive
late are sent by the next run, because the bookmark is a pair of times: all
events before both (event time and time of indexing) have been sent.

A reply that is lost on its way makes a chunk go twice: the one case that no
sender can tell from a lost request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from stats.errors import InputError, StoreRejected, StoreUnavailable
from stats.exports.http import Call, Caller
from stats.exports.matomo import (
    RECORD_TITLE,
    Chunk,
    Tracker,
    build_body,
    build_chunks,
    item_of,
    read_answer,
)
from stats.stores.dsl import Q, Search
from stats.stores.exports import ExportState, ExportStore
from stats.times import DAY, EPOCH, iso_ms, midnight

NAME = "OpenAIRE"
SORT = ["timestamp", "id"]
PAGE = 2_000
LEASE = timedelta(minutes=15)
"""How long a chunk may take with all its tries before another process takes over."""

_FIELDS: list[Any] = ["id", "type", "timestamp", "resource", "parents", "title", "url", "referrer"]
_FIELDS += ["visitor_id", "country", "private.ip_address", "private.user_agent"]
_LOG = logging.getLogger(__name__)


class RawSource(Protocol):
    """What the export needs of ``stores.search.SearchStore``."""

    def raw(self, type_name: str, month: str | None = None) -> str:
        """Return the alias of a type's raw documents."""

    def pages(
        self, index: str, body: dict[str, Any], *, size: int = ..., sort: Any = ...
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield all hits in the order of ``sort``."""

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        """Run one search."""


class ResourceSource(Protocol):
    """What the export needs of ``stores.resources.ResourceStore``."""

    def read(self, refs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the descriptions of those ``refs`` that have one."""


@dataclass(frozen=True)
class Export:
    """What is exported, from where to where."""

    search: RawSource
    bookmarks: ExportStore
    tracker: Tracker
    types: tuple[str, ...]
    caller: Caller
    resources: ResourceSource

    @property
    def name(self) -> str:
        """Return the name of the bookmark: one a Matomo site."""
        return f"openaire:{self.tracker.site_id}"


@dataclass(frozen=True)
class Due:
    """What is sent: what is counted, of days up to ``last``.

    ``first`` is for the first run of all: events before that day are never sent.
    """

    counted_until: datetime | None
    now: datetime
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class ExportResult:
    """Events: sent and taken, left out by the server, and left out by us; and the chunks."""

    sent: int = 0
    refused: int = 0
    skipped: int = 0
    chunks: int = 0

    def plus(self, chunk: Chunk, refused: int) -> ExportResult:
        """Return the result with one more chunk."""
        return ExportResult(
            self.sent + len(chunk.requests) - refused,
            self.refused + refused,
            self.skipped + chunk.skipped,
            self.chunks + bool(chunk.requests),
        )


def run_openaire(export: Export, due: Due) -> ExportResult:
    """Send what is due; raise ``InputError`` for days that contradict the bookmark."""
    if due.counted_until is None:
        return ExportResult()
    state = export.bookmarks.claim(export.name, due.now, lease=LEASE)
    try:
        result = _resume(export, state, due.now)
        state = export.bookmarks.peek(export.name)
        target = _target(state, due.counted_until, due)
        state = _since(state, due.first)
        export.bookmarks.begin(state, target, state.since)
        return _run(export, state, target, result, due.now)
    finally:
        export.bookmarks.release(state)


def run_dry(export: Export, due: Due) -> ExportResult:
    """Count what would be sent; nothing is, and no bookmark moves."""
    result = ExportResult()
    if due.counted_until is None:
        return result
    state = export.bookmarks.peek(export.name)
    target = _target(state, due.counted_until, due)
    for chunk in _chunks(export, _since(state, due.first), target, due.now):
        result = result.plus(chunk, 0)
    return result


def build_pending(state: ExportState, target: tuple[datetime, datetime]) -> dict[str, Any]:
    """Ask for counted events that are within ``target`` and were not sent yet."""
    search: Search = Search().exclude("exists", field="excluded")
    search = search.filter(_before("timestamp", target[0])).filter(_before("indexed_at", target[1]))
    sent = Q(
        "bool", filter=[_before("timestamp", state.time), _before("indexed_at", state.indexed)]
    )
    search = search.exclude(sent)
    if state.since is not None:
        search = search.filter("range", timestamp={"gte": iso_ms(state.since)})
    if state.after is not None:
        moment, event_id = iso_ms(state.after[0]), state.after[1]
        same = Q("term", timestamp=moment) & Q("range", id={"gt": event_id})
        search = search.filter(Q("range", timestamp={"gt": moment}) | same)
    return search.source(_FIELDS).to_dict()


def _before(field: str, moment: datetime) -> Any:
    return Q("range", **{field: {"lt": iso_ms(moment)}})


def _target(state: ExportState, counted_until: datetime, due: Due) -> tuple[datetime, datetime]:
    """Return up to where to send: an event of the future waits until it is past."""
    first, last, now = due.first, due.last, due.now
    begun = state.time != EPOCH or state.since is not None
    if first is not None and begun and midnight(first) != state.since:
        message = "the export goes on from its bookmark; --from is for its first run"
        raise InputError("bad_window", message, field="from")
    end = now if last is None else min(midnight(last) + DAY, now)
    if last is not None and end < state.time:
        message = f"everything before {iso_ms(state.time)} is sent already"
        raise InputError("bad_window", message, field="to")
    if first is not None and end <= midnight(first):
        raise InputError("bad_window", "--to is before --from", field="to")
    return max(end, state.time), max(counted_until, state.indexed)


def _since(state: ExportState, first: date | None) -> ExportState:
    """Return the state with the day before which nothing is sent; that of the first run holds."""
    return replace(state, since=state.since or (None if first is None else midnight(first)))


def _resume(export: Export, state: ExportState, now: datetime) -> ExportResult:
    """Bring to its end what an earlier run began."""
    if state.target is None:
        return ExportResult()
    return _run(export, state, state.target, ExportResult(), now)


def _run(
    export: Export,
    state: ExportState,
    target: tuple[datetime, datetime],
    result: ExportResult,
    now: datetime,
) -> ExportResult:
    for chunk in _chunks(export, state, target, now):
        refused = _send(export, chunk) if chunk.requests else 0
        export.bookmarks.advance(state, chunk.last, until=now + LEASE)
        result = result.plus(chunk, refused)
    export.bookmarks.finish(state, target)
    return result


def _chunks(
    export: Export, state: ExportState, target: tuple[datetime, datetime], now: datetime
) -> Iterator[Chunk]:
    index = ",".join(export.search.raw(name) for name in export.types)
    pages = export.search.pages(index, build_pending(state, target), size=PAGE, sort=SORT)
    sources = (source for page in pages for source in _titled(export, page))
    return build_chunks(sources, export.tracker, now=now)


def _titled(export: Export, page: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the events of a page, with the titles of their records where these are sent."""
    sources = [hit["_source"] for hit in page]
    if not export.tracker.record_titles:
        yield from sources
        return
    items = [item_of(source, export.tracker.item_kinds) for source in sources]
    found = export.resources.read(sorted({item for item in items if item}))
    for source, item in zip(sources, items, strict=True):
        yield source | {RECORD_TITLE: found.get(item or "", {}).get("title")}


def run_waiting(export: Export, due: Due) -> int:
    """Return how many events are there that are not due yet: not counted, or after ``last``."""
    state = export.bookmarks.peek(export.name)
    target = (EPOCH, EPOCH)
    if due.counted_until is not None:
        target = _target(state, due.counted_until, replace(due, first=None))
    body = build_waiting(_since(state, due.first), target)
    index = ",".join(export.search.raw(name) for name in export.types)
    return int(export.search.search(index, body)["hits"]["total"]["value"])


def build_waiting(state: ExportState, target: tuple[datetime, datetime]) -> dict[str, Any]:
    """Ask how many events that may be sent are not within ``target``."""
    search: Search = Search().exclude("exists", field="excluded")
    search = search.exclude(_before("timestamp", target[0]) & _before("indexed_at", target[1]))
    if state.since is not None:
        search = search.filter("range", timestamp={"gte": iso_ms(state.since)})
    return search.extra(size=0, track_total_hits=True).to_dict()


def _send(export: Export, chunk: Chunk) -> int:
    """Send one chunk; return how many of its events the server left out."""
    call = Call(
        "POST",
        export.tracker.url,
        build_body(chunk.requests, export.tracker),
        {"Content-Type": "application/json"},
    )
    reply = export.caller.call(call)
    if reply.status >= 300:
        hint = "check STATS_OPENAIRE_SITE and STATS_OPENAIRE_TOKEN"
        raise StoreRejected(NAME, f"status {reply.status}; {hint}")
    refused = read_answer(reply.body, len(chunk.requests))
    if refused is None:
        raise StoreUnavailable(NAME, f"it answered {reply.body[:200]!r}")
    if refused:
        _LOG.warning("%s left out %d of %d events", NAME, refused, len(chunk.requests))
    return refused
