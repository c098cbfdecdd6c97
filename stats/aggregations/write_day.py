"""Writing counted days: their documents, then the totals of all that they touch.

Invariant: a document or total that a newer snapshot has written stays;
totals are read after the documents are visible.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import date

from stats.aggregations.background import ahead
from stats.aggregations.daily_documents import Document, FamilyDocument, Snapshot, build_documents
from stats.aggregations.job import NAMES, AggregationJob, CountedDay
from stats.aggregations.seen_events import build_known
from stats.aggregations.totals import Pair, RefMonth
from stats.aggregations.types import OWN_FAMILIES
from stats.batches import batches
from stats.errors import StoreRejected, StoreUnavailable
from stats.events.types import SITE
from stats.gc_control import uncollected
from stats.stores.counted_days import KnownEvents, MissingEvents
from stats.stores.locks import DeletedDocuments
from stats.stores.search import CONFLICT, NOT_FOUND, Action, Op
from stats.times import month_of

_log = logging.getLogger(__name__)

_BULK = 2_000


@dataclass(frozen=True)
class Written:
    """How many documents were written, what they are about, or why none were.

    ``known`` says which events the documents of each day have now, and its ticket.
    ``families`` says of each family whether the site has a document in it now, where that
    was written or deleted.
    """

    documents: int = 0
    months: set[RefMonth] = field(default_factory=set)
    pairs: set[Pair] = field(default_factory=set)
    missing: tuple[MissingEvents, ...] = ()
    families: dict[str, bool] = field(default_factory=dict)
    known: tuple[tuple[Snapshot, KnownEvents], ...] = ()

    @property
    def refs(self) -> set[str]:
        """Return the resources they are about."""
        return {ref for ref, _ in self.months}

    @property
    def totals(self) -> int:
        """Return how many sums it concerns."""
        return len(self.months) + len(self.pairs)

    def plus(self, other: Written) -> Written:
        """Return what both wrote."""
        documents = self.documents + other.documents
        months, pairs = self.months | other.months, self.pairs | other.pairs
        return Written(documents, months, pairs, known=self.known + other.known)


@uncollected()
def run_documents(job: AggregationJob, counted: CountedDay) -> Written:
    """Write a counted day's documents; of a whole day, delete those that are no more."""
    written = 0
    refs: set[str] = set()
    pairs: set[Pair] = set()
    families: dict[str, bool] = {}
    documents = build_documents(counted.numbers, counted.snapshot, whole=counted.whole)
    for batch in ahead(batches(documents, _BULK)):
        job.renew()
        _write(job, [_action(job, counted.snapshot, document) for document in batch])
        written += len(batch)
        families |= {d.family: d.body is not None for d in batch if _is_of_site(d)}
        refs.update(document.resource for document in batch if document.user is None)
        pairs.update((d.user, d.resource) for d in batch if d.user is not None)
    if counted.whole:
        gone = _drop_stale(job, counted)
        refs |= gone.refs
        pairs |= gone.pairs
    _log.debug("day %s: %d documents written", counted.claim.day, written)
    months = {(ref, month_of(counted.snapshot.day)) for ref in refs}
    known = (counted.snapshot, build_known(counted.numbers.seen))
    return Written(written, months, pairs, families=families, known=(known,))


def _is_of_site(document: FamilyDocument) -> bool:
    return document.resource == SITE and document.user is None


def _action(job: AggregationJob, snapshot: Snapshot, document: FamilyDocument) -> Action:
    index = job.search.daily(document.family, month_of(snapshot.day))
    op: Op = "delete" if document.body is None else "index"
    return Action(op, index, document.id, document.body, version=snapshot.ticket)


def _write(job: AggregationJob, actions: list[Action]) -> None:
    """Write documents; those that a newer snapshot has written already stay as they are."""
    for result in job.search.bulk(actions):
        if result.ok or result.status in (CONFLICT, NOT_FOUND):
            continue
        if result.busy:
            raise StoreUnavailable("Elasticsearch", result.reason)
        raise StoreRejected("Elasticsearch", result.reason)


def _drop_stale(job: AggregationJob, counted: CountedDay) -> DeletedDocuments:
    """Delete the documents of a day that a redo did not renew; return what they were about.

    That is noted first: once they are deleted, nothing else tells a run after a kill
    whose totals are to be set.
    """
    snapshot, gone = counted.snapshot, job.day_claims.take_gone(counted.claim)
    families = [*(a.family for a in job.aggregations), *OWN_FAMILIES]
    for some in batches(families, NAMES):
        indices = ",".join(job.search.daily(family, month_of(snapshot.day)) for family in some)
        job.search.refresh(indices)
        for page in job.search.pages(indices, build_stale(snapshot.day, snapshot.counted_at)):
            job.renew()
            hits = [hit for hit in page if hit["_version"] < snapshot.ticket]
            if not hits:
                continue
            about = _about([hit["_source"] for hit in hits])
            job.day_claims.note_gone(counted.claim, about)
            _write(job, [_deletion(hit, snapshot) for hit in hits])
            gone.refs.update(about.refs)
            gone.pairs.update(about.pairs)
    return gone


def build_stale(day: date, counted_at: str) -> Document:
    """Ask for the documents of a day that other snapshots wrote, each with its ``_version``."""
    return {
        "query": {
            "bool": {
                "filter": [
                    {"term": {"timestamp": day.isoformat()}},
                    {"term": {"source": "events"}},
                    {"term": {"interval": "day"}},
                ],
                "must_not": {"term": {"counted_at": counted_at}},
            }
        },
        "_source": ["resource", "user_id"],
        "version": True,
    }


def _about(sources: list[Document]) -> DeletedDocuments:
    """Return what documents are about: those of people a pair, all others a ref."""
    pairs = {(one["user_id"], one["resource"]) for one in sources if "user_id" in one}
    return DeletedDocuments({one["resource"] for one in sources if "user_id" not in one}, pairs)


def _deletion(hit: Document, snapshot: Snapshot) -> Action:
    return Action("delete", hit["_index"], hit["_id"], version=snapshot.ticket)
