"""From documents to Elasticsearch, each created once.

In come the documents of a chunk, out goes what became of each. Invariant:
``indexed_at`` is stamped right before each attempt, so that no bookmark
passes a document that was not visible when it was read; who is forgotten is looked
up right before that, so that ``STATS_BULK_VISIBLE_SECONDS`` after a person was put on the list no
document that names them becomes visible any more; documents are created,
never overwritten, so that an event that comes twice keeps its first identity; one
that may have been created by an attempt whose answer was lost is stamped anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stats.errors import StoreRejected, StoreUnavailable
from stats.events.batch import Ready
from stats.events.erasure import forget_documents
from stats.events.merging import rename_documents
from stats.metrics import BULK_RETRIES, BULK_SECONDS, Recorder
from stats.stores.erasures import ErasureStore
from stats.stores.merges import Merges
from stats.stores.search import CONFLICT, ENGINE, Action, ItemResult, SearchStore
from stats.times import iso_ms

_log = logging.getLogger(__name__)

BYTES_A_REQUEST = 8_000_000
"""Elasticsearch takes 100 MB; a smaller request blocks others for less long."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
GONE = 404
REJECTED = "rejected"
"""The reason of a dead letter whose document Elasticsearch refused."""


@dataclass
class Outcome:
    """How many documents are new, how many were there, and which are refused and why."""

    created: int = 0
    duplicates: int = 0
    rejected: list[tuple[Ready, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Indexing:
    """Where documents go, and how long to keep trying.

    ``patience`` is the seconds of pauses between attempts, after which
    ``StoreUnavailable`` is raised and nothing is acknowledged. ``withdrawn`` are the imports
    whose events are dropped, ``merges`` the refs that go under another.
    """

    search: SearchStore
    erasures: ErasureStore
    type_name: str
    clock: Callable[[], datetime]
    patience: float
    recorder: Recorder = field(default_factory=Recorder)
    pause: Callable[[float], None] = time.sleep
    withdrawn: Callable[[], frozenset[str]] = frozenset
    merges: Callable[[], Merges] = dict


def run_index(documents: Sequence[Ready], *, indexing: Indexing) -> Outcome:
    """Index all documents; raise ``StoreUnavailable`` when some could not be in time."""
    outcome = Outcome()
    for request in _requests(documents):
        _run_request(_Request(request, indexing, outcome))
    return outcome


def _requests(documents: Sequence[Ready]) -> Iterator[list[Ready]]:
    request: list[Ready] = []
    size = 0
    for document in documents:
        if request and size + len(document.body) > BYTES_A_REQUEST:
            yield request
            request, size = [], 0
        request.append(document)
        size += len(document.body)
    if request:
        yield request


def _run_request(request: _Request) -> None:
    """Attempt until nothing is left, with growing pauses, as long as patience lasts."""
    paused, pause = 0.0, FIRST_PAUSE
    while True:
        began = time.monotonic()
        try:
            request.attempt()
        except StoreUnavailable as error:
            request.obstacle = error
        _record(request, seconds=time.monotonic() - began)
        if request.is_done:
            return
        if paused >= request.indexing.patience:
            raise request.obstacle
        _log.debug("trying again in %.1f s: %s", pause, request.obstacle)
        request.is_first = False
        request.indexing.pause(pause)
        paused, pause = paused + pause, min(pause * 2, LONGEST_PAUSE)


def _record(request: _Request, *, seconds: float) -> None:
    recorder, labels = request.indexing.recorder, (request.indexing.type_name,)
    recorder.add(BULK_SECONDS, seconds, labels=labels)
    recorder.add(BULK_RETRIES, not request.is_first, labels=labels)


@dataclass
class _Request:
    """One bulk request, and what of it is still to do."""

    waiting: list[Ready]
    indexing: Indexing
    outcome: Outcome
    stale: list[Ready] = field(default_factory=list)
    is_first: bool = True
    obstacle: StoreUnavailable = field(default_factory=lambda: StoreUnavailable(ENGINE, "busy"))

    @property
    def is_done(self) -> bool:
        """Return whether all of it is in Elasticsearch, or refused."""
        return not self.waiting and not self.stale

    def attempt(self) -> None:
        """Try what is left once; raises ``StoreUnavailable`` with nothing lost."""
        if self.waiting:
            self._create()
        if self.stale:
            self._stamp_anew()

    def _create(self) -> None:
        self.waiting = drop_withdrawn(self.waiting, self.indexing.withdrawn)
        self.waiting = rename_documents(self.waiting, self.indexing.merges())
        self.waiting = forget_documents(self.waiting, self.indexing.erasures.read())
        results = self.indexing.search.bulk(_creations(self.waiting, indexing=self.indexing))
        tried, self.waiting = self.waiting, []
        for document, result in zip(tried, results, strict=True):
            if result.ok:
                self.outcome.created += 1
            elif result.status == CONFLICT:
                self._meet(document)
            elif _is_passing(result):
                self._keep(self.waiting, document, result)
            else:
                self.outcome.rejected.append((document, _fault_of(result)))

    def _meet(self, document: Ready) -> None:
        """A document that was there: by an attempt of ours whose answer was lost, or before."""
        if self.is_first:
            self.outcome.duplicates += 1
        else:
            self.outcome.created += 1
        if document.redelivered or not self.is_first:
            self.stale.append(document)

    def _stamp_anew(self) -> None:
        """Stamp what may have become visible only after a bookmark had passed its stamp."""
        results = self.indexing.search.bulk(_stamps(self.stale, indexing=self.indexing))
        tried, self.stale = self.stale, []
        for document, result in zip(tried, results, strict=True):
            if result.status == CONFLICT or _is_passing(result):
                self._keep(self.stale, document, result)
            elif not result.ok and result.status != GONE:
                raise StoreRejected(ENGINE, result.reason)

    def _keep(self, waiting: list[Ready], document: Ready, result: ItemResult) -> None:
        waiting.append(document)
        self.obstacle = StoreUnavailable(ENGINE, result.reason)


def drop_withdrawn(documents: list[Ready], withdrawn: Callable[[], frozenset[str]]) -> list[Ready]:
    """Return the documents but for those of imports that were taken back."""
    if all(document.event.import_id is None for document in documents):
        return documents
    gone = withdrawn()
    return [document for document in documents if document.event.import_id not in gone]


def _creations(documents: list[Ready], *, indexing: Indexing) -> list[Action]:
    ending = b',"indexed_at":"' + iso_ms(indexing.clock()).encode() + b'"}'
    indices = _indices(documents, indexing)
    return [Action("create", indices[a.month], a.id, a.body[:-1] + ending) for a in documents]


def _stamps(documents: list[Ready], *, indexing: Indexing) -> list[Action]:
    source = {"indexed_at": iso_ms(indexing.clock())}
    indices = _indices(documents, indexing)
    return [Action("update", indices[a.month], a.id, source) for a in documents]


def _indices(documents: list[Ready], indexing: Indexing) -> dict[str, str]:
    months = {document.month for document in documents}
    return {month: indexing.search.raw(indexing.type_name, month) for month in months}


def _is_passing(result: ItemResult) -> bool:
    return result.busy or result.status >= 500


def _fault_of(result: ItemResult) -> str:
    """Return why the document is refused; raise when the document is not to blame.

    A ``validation_exception`` is the cluster's limit of shards; without the
    permission to write, or the index, every document would be a dead letter.
    """
    if result.status != 400 or result.reason.startswith("validation_exception"):
        raise StoreRejected(ENGINE, f"{result.status} {result.reason}")
    return result.reason
