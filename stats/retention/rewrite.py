"""Changing raw documents in place.

Comes in: which documents, and a pure function from a document to the changed
one. Invariant: a document is written whole and only as it was read;
one that changed in between is read again. ``indexed_at`` stays, so that no
count is disturbed that the caller does not ask for. The job's lock is renewed with
each page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from stats.errors import StoreRejected, StoreUnavailable
from stats.retention.job import RetentionJob, run_lock
from stats.stores.search import CONFLICT, Action, SearchStore

Source = dict[str, Any]
Change = Callable[[Source], Source | None]
"""From a document's source to the new one; None leaves it as it is."""

_PAGE = 2_000
_TRIES = 10


def run_rewrite(
    job: RetentionJob,
    index: str,
    *,
    query: dict[str, Any],
    change: Change,
    before_write: Callable[[list[Source]], None] = lambda sources: None,
) -> int:
    """Change the documents of ``index`` that match ``query``; return how many changed.

    ``before_write`` gets the sources of a page that are about to change.
    Raises ``StoreRejected`` when documents change faster than they can be read.
    """
    search, changed = job.aggregation.search, 0
    for _ in range(_TRIES):
        search.refresh(index)
        conflicts = 0
        body = {"query": query, "seq_no_primary_term": True}
        for hits in search.pages(index, body, size=_PAGE):
            run_lock(job)
            found = [(hit, source) for hit in hits if (source := change(hit["_source"]))]
            before_write([source for _, source in found])
            written = _write(search, [_action(hit, source) for hit, source in found])
            changed += written
            conflicts += len(found) - written
        search.refresh(index)
        if not conflicts:
            return changed
    raise StoreRejected("Elasticsearch", f"documents of {index} change while they are rewritten")


def run_delete(job: RetentionJob, index: str, query: dict[str, Any]) -> int:
    """Delete the documents of ``index`` that match ``query``; return how many."""
    search, deleted = job.aggregation.search, 0
    search.refresh(index)
    for hits in search.pages(index, {"query": query, "_source": False}, size=_PAGE):
        run_lock(job)
        deleted += _write(search, [Action("delete", hit["_index"], hit["_id"]) for hit in hits])
    search.refresh(index)
    return deleted


def _action(hit: dict[str, Any], source: Source) -> Action:
    seen = (hit["_seq_no"], hit["_primary_term"])
    return Action("index", hit["_index"], hit["_id"], source, unchanged_since=seen)


def _write(search: SearchStore, actions: Iterable[Action]) -> int:
    """Write; return how many were taken, the others having changed or gone in between."""
    taken = 0
    for result in search.bulk(list(actions)):
        if result.ok:
            taken += 1
        elif result.busy:
            raise StoreUnavailable("Elasticsearch", result.reason)
        elif result.status not in (CONFLICT, 404):
            raise StoreRejected("Elasticsearch", result.reason)
    return taken
