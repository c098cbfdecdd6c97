"""``emit(event, ...)``: publish from inside a host, and never break it.

Comes in: events (docs/events.md). Nothing is raised. A broker that does not answer costs
one call ``STATS_EMIT_TIMEOUT``; from then on nobody waits for it, and what could not be
published is in ``STATS_EMIT_SPOOL_FILE``. A thread in the background asks the broker until it
answers, and publishes the spool. Every outcome is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import orjson
from flask import Flask, Response, current_app

from stats.config import Settings
from stats.errors import InputError, StatsError
from stats.events.accessories import FieldWarning
from stats.events.parse import dump_event, parse_event
from stats.events.publish import run_send
from stats.events.types import Event, EventType
from stats.ext import EMITTER
from stats.hosts.outage import Outage
from stats.hosts.spool import Spool
from stats.metrics import EMITTED, Recorder
from stats.proxies import current_stats
from stats.stores.publisher import Confirm
from stats.stores.queues import EventQueues
from stats.times import utc_now

DRAIN_EVERY = 10.0
"""Seconds between two looks whether events wait in the spool."""

Outcome = Literal["published", "spooled", "lost", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("published", "spooled", "lost", "refused")

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Emitter:
    """Publishes the events of one application; threads share it.

    ``send`` sends events to the broker and returns what waits until it has them. It, what it
    returns and ``probe`` raise ``StoreUnavailable`` when the broker does not answer.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Event]], Confirm],
        *,
        types: Mapping[str, EventType],
        spool: Spool | None,
        probe: Callable[[], None],
        recorder: Recorder | None = None,
        flush: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._recorder = recorder
        self._flush = flush
        self.counts: Counter[Outcome] = Counter(dict.fromkeys(OUTCOMES, 0))
        self.spool = spool
        self._to_broker = send
        self._types = types
        self._clock = clock
        self._outage = Outage(
            probe,
            tick=spool.sync if spool else lambda: None,
            over=self._drain_quietly,
            sleep=sleep,
        )
        self._lock = threading.Lock()
        self._drain_at = float("-inf")

    def emit(self, *objects: object) -> bool:
        """Publish events; return whether all are in the queue or the spool. Raises nothing."""
        return self.send(*objects)()

    def send(self, *objects: object) -> Callable[[], bool]:
        """Send events, and return what waits until all are in the queue or the spool.

        A page is not kept waiting so: what is sent needs no answer before the page has one.
        """
        try:
            events = self._parse(objects)
            if not events:
                return lambda: not objects
            confirm = self._try(lambda: self._to_broker(events))
        except Exception:
            _log.exception("events of statistics are lost")
            self._count("lost", len(objects))
            return lambda: False

        def finish() -> bool:
            try:
                return self._finish(events, confirm) and len(events) == len(objects)
            except Exception:
                _log.exception("events of statistics are lost")
                self._count("lost", len(events))
                return False

        return finish

    def drain(self) -> int:
        """Publish what waits in the spool; return how many events.

        Raises ``StoreUnavailable`` when the broker does not answer.
        """
        return self.spool.drain(self._publish_lines) if self.spool else 0

    def _finish(self, events: Sequence[Event], confirm: Confirm | None) -> bool:
        """Wait for the broker, or put the events into the spool; return whether they are safe."""
        if confirm is not None and self._try(lambda: confirm() or True):
            self._count("published", len(events))
            self._drain_soon()
            return True
        kept = self.spool is not None and self.spool.add([_line(event) for event in events])
        self._count("spooled" if kept else "lost", len(events))
        return kept

    def _parse(self, objects: Iterable[object]) -> list[Event]:
        """Return the events among some objects; the others are bugs of the host's, and logged."""
        events = []
        for given in objects:
            try:
                events.append(
                    parse_event(given, types=self._types, now=utc_now(), warn=_log_warning)
                )
            except InputError as error:
                _log.warning("not an event (%s): %s", error.field, error)
                self._count("refused", 1)
        return events

    def _try(self, ask: Callable[[], T]) -> T | None:
        """Return what the broker's side answers; None during an outage, which may begin here."""
        if self._outage.is_on():
            return None
        try:
            return ask()
        except StatsError as error:
            self._outage.begin()
            _log.warning("statistics cannot be published: %s", error)
            return None

    def _publish_lines(self, lines: Sequence[bytes]) -> None:
        self._to_broker(self._parse(_objects(lines)))()

    def _drain_soon(self) -> None:
        """Look in the background, now and then, whether something waits."""
        with self._lock:
            if self._clock() < self._drain_at:
                return
            self._drain_at = self._clock() + DRAIN_EVERY
        threading.Thread(target=self._tidy_up, name="stats-spool", daemon=True).start()

    def _tidy_up(self) -> None:
        self._flush()
        if self.spool is not None and self.spool.size():
            self._drain_quietly()

    def _drain_quietly(self) -> None:
        try:
            if drained := self.drain():
                _log.info("%d events of the spool are published", drained)
        except StatsError as error:
            self._outage.begin()
            _log.warning("the spool of statistics waits: %s", error)
        except OSError as error:
            _log.warning("the spool of statistics cannot be read: %s", error)

    def _count(self, outcome: Outcome, events: int) -> None:
        with self._lock:
            self.counts[outcome] += events
        if self._recorder is not None:
            self._recorder.add(EMITTED, events, labels=(outcome,))


def emit(*events: Mapping[str, Any]) -> bool:
    """Publish events of the current application; raises nothing, whatever is down."""
    return send(*events)()


def send(*events: Mapping[str, Any]) -> Callable[[], bool]:
    """Send events of the current application as :meth:`Emitter.send` does; raises nothing."""
    try:
        emitter = find_emitter(current_app)
    except Exception:
        _log.exception("events of statistics are lost")
        return lambda: False
    return emitter.send(*events)


def emit_beside(response: Response, *events: Mapping[str, Any]) -> None:
    """Send events, and wait for the broker when the response has been sent.

    A response that is streamed may take minutes, in which a connection to the broker would
    wait with it: then the broker is waited for first.
    """
    finish = send(*events)
    if response.is_streamed or response.direct_passthrough:
        finish()
    else:
        response.call_on_close(finish)


def find_emitter(app: Flask) -> Emitter:
    """Return the emitter of an application, made when it is first used."""
    if EMITTER not in app.extensions:
        app.extensions.setdefault(EMITTER, _build(current_stats.settings))
    return cast(Emitter, app.extensions[EMITTER])


def _build(settings: Settings) -> Emitter:
    types = current_stats.event_types
    queues = EventQueues(
        settings.broker_url,
        prefix=settings.index_prefix,
        type_names=types,
        timeout=settings.emit_timeout,
    )
    file, most = settings.emit_spool_file, settings.emit_spool_bytes
    spool = Spool(file, max_bytes=most) if file else None
    return Emitter(
        lambda events: run_send(events, queues=queues),
        types=types,
        spool=spool,
        probe=queues.ping,
        recorder=current_stats.stores.recorder,
        flush=current_stats._get_current_object().flush_counters,  # type: ignore[attr-defined]
    )


def _log_warning(warning: FieldWarning) -> None:
    _log.warning("an event was taken without part of it: %s", warning.message)


def _line(event: Event) -> bytes:
    return orjson.dumps(dump_event(event))


def _objects(lines: Iterable[bytes]) -> Iterable[object]:
    """Yield the objects of lines; the last line of a machine that crashed may be cut off."""
    for line in lines:
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            _log.warning("a line of the spool is no JSON and is left out")
