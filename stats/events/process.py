"""Drain the queue of an event type into raw documents.

In come the messages that wait, out go documents and dead letters. Invariant:
a message is acknowledged when everything in it is in Elasticsearch or
among the dead letters, and not before; a worker killed at any point loses
nothing, and what it had done is met again as a conflict. While one chunk is
being indexed, the next is read.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from time import monotonic
from typing import NamedTuple

from stats.errors import StatsError
from stats.events.batch import Chunk, Reading
from stats.events.enrichment import Enrichment
from stats.events.erasure import forget_letters
from stats.events.index import REJECTED, Indexing, Outcome, run_index
from stats.events.resource_metadata import Descriptions
from stats.events.types import EventType
from stats.gc_control import collect_young, uncollected
from stats.metrics import EXCLUDED, PROCESS_SECONDS, PROCESSED, Recorder
from stats.stores.dead_letters import DeadLetter, DeadLetterStore
from stats.stores.erasures import ErasureStore
from stats.stores.merges import Merges
from stats.stores.queues import EventConsumer, EventQueues
from stats.stores.resources import ResourceStore
from stats.stores.search import SearchStore
from stats.stores.workers import Workers

_log = logging.getLogger(__name__)

QUIET = 0.025
"""Seconds without a message after which a queue may be empty."""

QUIET_ROUNDS = 80
"""So often to look again for messages on their way, or that other workers may give back."""

CHUNK_SECONDS = 1.0
"""How long to wait for a chunk to fill while messages trickle in."""

RUN_SECONDS = 30.0
"""How long a run goes on with what is published after it began."""

PATIENCE = 10.0

SAY_EVERY = 1.0
"""Seconds between two times that a worker says what it holds."""

IN_FLIGHT = 2
"""Chunks that are being indexed and described while the next one is read."""

LIMIT = 1_000
"""Events of a chunk."""


def never() -> bool:
    """Go on until the queue is empty."""
    return False


@dataclass(frozen=True)
class Processed:
    """What a run did: new documents, events that were there already, dead letters."""

    created: int = 0
    duplicates: int = 0
    dead_letters: int = 0

    def __add__(self, other: Processed) -> Processed:
        return Processed(
            self.created + other.created,
            self.duplicates + other.duplicates,
            self.dead_letters + other.dead_letters,
        )


@dataclass(frozen=True)
class Processing:
    """All that processing needs: stores, definitions, and how to behave.

    ``limit`` is how many events are indexed at a time. ``pruned_until`` says
    before which day the raw events of a type are gone, ``refused_days`` of which days some
    are missing. ``patience`` is how many
    seconds to try again when Elasticsearch does not take documents.
    ``should_stop`` is asked between chunks. ``withdrawn`` are the imports whose events are
    dropped, ``merges`` the refs that go under another.
    """

    queues: EventQueues
    search: SearchStore
    dead_letters: DeadLetterStore
    erasures: ErasureStore
    resources: ResourceStore
    descriptions: Descriptions
    types: Mapping[str, EventType]
    enrichment: Enrichment
    pruned_until: Callable[[str], date | None]
    refused_days: Callable[[], frozenset[date]]
    workers: Workers
    recorder: Recorder
    clock: Callable[[], datetime]
    limit: int = LIMIT
    patience: float = PATIENCE
    withdrawn: Callable[[], frozenset[str]] = frozenset
    merges: Callable[[], Merges] = dict
    should_stop: Callable[[], bool] = never


def run_process(type_name: str, *, processing: Processing) -> Processed:
    """Process the events that wait in the queue of a type, until it is empty.

    Raises ``StoreUnavailable`` when an engine does not answer; what is not
    acknowledged by then is in the queue again.
    """
    began = monotonic()
    waiting = processing.queues.depth(type_name)
    prefetch = (1 + IN_FLIGHT) * processing.limit
    with (
        processing.queues.consume(type_name, prefetch=prefetch) as consumer,
        ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="stats-index") as indexers,
        ThreadPoolExecutor(1, thread_name_prefix="stats-describe") as describer,
        uncollected(),
    ):
        run = _Run(type_name, waiting, processing, consumer, indexers, describer)
        try:
            while not (processing.should_stop() or run.is_over()):
                run.start(run.read())
                collect_young()
            run.finish()
        finally:
            run.let_go()
    processing.recorder.add(PROCESS_SECONDS, monotonic() - began, labels=(type_name,))
    done = run.processed
    _log.info(
        "%s: %d new documents, %d events that were there, %d dead letters",
        type_name,
        done.created,
        done.duplicates,
        done.dead_letters,
    )
    return done


class _InFlight(NamedTuple):
    """A chunk that is read and not acknowledged."""

    chunk: Chunk
    indexed: Future[Outcome]
    described: Future[None]


class _Run:
    """One draining of one queue; chunks are acknowledged in the order of the messages."""

    def __init__(
        self,
        type_name: str,
        waiting: int,
        processing: Processing,
        consumer: EventConsumer,
        indexers: ThreadPoolExecutor,
        describer: ThreadPoolExecutor,
    ) -> None:
        self.processed = Processed()
        self._type = processing.types[type_name]
        self._processing = processing
        self._consumer = consumer
        self._indexers = indexers
        self._describer = describer
        self._indexing = Indexing(
            processing.search,
            processing.erasures,
            type_name,
            processing.clock,
            processing.patience,
            processing.recorder,
            withdrawn=processing.withdrawn,
            merges=processing.merges,
        )
        self._in_flight: deque[_InFlight] = deque()
        self._to_do = waiting
        self._end = monotonic() + RUN_SECONDS
        self._quiet_rounds = 0
        self._said_at = float("-inf")

    def is_over(self) -> bool:
        """Return whether the queue is drained, or what was in it at the start is done.

        A message that other workers hold counts as waiting on some brokers; on others one that
        is on its way to this worker does not, so those that waited at the start are waited for.
        """
        if self._quiet_rounds:
            waits = self._to_do > 0 or self._processing.queues.depth(self._type.name) > 0
            return not waits or self._quiet_rounds > QUIET_ROUNDS
        return self._to_do <= 0 and monotonic() > self._end

    def read(self) -> Chunk:
        """Read messages until the chunk is full or none arrives."""
        processing = self._processing
        chunk = Chunk(
            Reading(
                self._type,
                processing.types,
                processing.enrichment,
                processing.clock(),
                processing.limit,
                processing.pruned_until(self._type.name),
                processing.refused_days(),
            )
        )
        end = monotonic() + CHUNK_SECONDS
        for delivery in self._consumer.arriving(wait=QUIET):
            chunk.add(delivery)
            if chunk.is_full or monotonic() > end:
                break
        return chunk

    def start(self, chunk: Chunk) -> None:
        """Index and describe what a chunk holds beside the reading of the next.

        When nothing came, what is in flight is acknowledged: held messages may count as waiting.
        """
        if not chunk.messages:
            self.finish()
            self._quiet_rounds += 1
            return
        self.finish(leaving=IN_FLIGHT - 1)
        self._quiet_rounds = 0
        self._to_do -= chunk.messages
        indexed = self._indexers.submit(run_index, chunk.documents, indexing=self._indexing)
        described = self._describer.submit(self._describe, chunk)
        self._in_flight.append(_InFlight(chunk, indexed, described))
        self._say_held(chunk.reading.now)

    def finish(self, *, leaving: int = 0) -> None:
        """Wait until at most so many chunks are in flight; acknowledge the others."""
        while len(self._in_flight) > leaving:
            self._acknowledge(self._in_flight.popleft())

    def _acknowledge(self, done: _InFlight) -> None:
        """Set aside what is refused, then say that all messages up to here are done with."""
        chunk, outcome = done.chunk, done.indexed.result()
        letters = chunk.letters + self._refused(outcome, chunk.reading.now)
        self._set_aside(letters)
        done.described.result()
        self._consumer.ack(chunk.tag)
        processed = Processed(outcome.created, outcome.duplicates, len(letters))
        self._record(chunk, processed)
        self.processed += processed

    def _say_held(self, now: datetime) -> None:
        """Say now and then what this worker holds: a broker does not tell."""
        if monotonic() - self._said_at < SAY_EVERY:
            return
        self._said_at = monotonic()
        held, since = self._consumer.unacknowledged, self._in_flight[0].chunk.reading.now
        self._processing.workers.hold(self._type.name, held, since=since, now=now)

    def let_go(self) -> None:
        """Say that this worker holds nothing any more; what it said ends by itself, too."""
        if self._said_at > 0:
            with suppress(StatsError):
                self._processing.workers.let_go(self._type.name)

    def _record(self, chunk: Chunk, processed: Processed) -> None:
        recorder, name = self._processing.recorder, self._type.name
        for outcome, number in asdict(processed).items():
            recorder.add(PROCESSED, number, labels=(name, outcome))
        for reason, number in chunk.excluded.items():
            recorder.add(EXCLUDED, number, labels=(reason,))

    def _describe(self, chunk: Chunk) -> None:
        """Say what is new about the resources, before the acknowledgement: a kill repeats it."""
        descriptions = self._processing.descriptions
        new = descriptions.find_new(document.event for document in chunk.documents)
        self._processing.resources.describe(new)
        descriptions.remember(new)

    def _set_aside(self, letters: list[DeadLetter]) -> None:
        if letters:
            erasures = self._processing.erasures.read()
            self._processing.dead_letters.put(forget_letters(letters, erasures))

    def _refused(self, outcome: Outcome, now: datetime) -> list[DeadLetter]:
        name = self._type.name
        return [
            DeadLetter(name, document.payload, REJECTED, reason, now)
            for document, reason in outcome.rejected
        ]
