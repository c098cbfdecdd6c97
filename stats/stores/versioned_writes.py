"""Documents of which the newest stays, whichever is written last.

Invariant: a document that is there is only changed by one that is not older.
How new it is is asked first; it is changed as long as that is still so, else
asked again. A condition such as "older than" would say it in one step, but it is
a walk through the whole collection on the embedded server, which finds a document
by an index only when all of the index's fields are given as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from stats.errors import StoreRejected
from stats.stores.mongo import ENGINE, Document, DocumentCollection, translated

DUPLICATE_KEY = 11000


@dataclass(frozen=True)
class Change:
    """One document: how it is inserted, and how it changes the one that is there.

    ``unless_newer`` is false for what stands against anything that is there.
    """

    document: Document
    changes: Mapping[str, Any]
    unless_newer: bool = True

    @property
    def id(self) -> str:
        """Return the ``_id`` of the document."""
        return str(self.document["_id"])

    def is_news(self, known: Mapping[str, Any], field: str) -> bool:
        """Return whether it may change what is there, which is as new as ``known`` says."""
        return not self.unless_newer or bool(known[self.id] <= self.document[field])


def ensure_newest(collection: DocumentCollection, *, field: str) -> None:
    """Make the index by which :func:`write_newest` finds a document as it was."""
    with translated():
        collection.create_index([("_id", ASCENDING), (field, ASCENDING)], unique=True)


def write_newest(collection: DocumentCollection, changes: Sequence[Change], *, field: str) -> None:
    """Insert or change each document; ``field`` says how new one is."""
    waiting = list(changes)
    with translated():
        while waiting:
            known = _known(collection, [one.id for one in waiting], field)
            met = _insert(collection, [one for one in waiting if one.id not in known])
            news = [one for one in waiting if one.id in known and one.is_news(known, field)]
            waiting = [*met, *_update(collection, news, known, field)]


def _known(collection: DocumentCollection, ids: list[str], field: str) -> dict[str, Any]:
    """Return how new the documents are that are there."""
    found = collection.find({"_id": {"$in": ids}}, {field: 1})
    return {str(document["_id"]): document[field] for document in found}


def _insert(collection: DocumentCollection, changes: list[Change]) -> list[Change]:
    """Insert what is not there; return what is by now, by this list or another's."""
    if not changes:
        return []
    try:
        collection.insert_many([one.document for one in changes], ordered=False)
    except BulkWriteError as error:
        return [changes[place] for place in read_taken(error)]
    return []


def _update(
    collection: DocumentCollection, changes: list[Change], known: Mapping[str, Any], field: str
) -> list[Change]:
    """Change what is as new as it was; return all when something was changed in between."""
    if not changes:
        return []
    as_known = [{"_id": one.id, field: known[one.id]} for one in changes]
    operations = [
        UpdateOne(found, one.changes) for found, one in zip(as_known, changes, strict=True)
    ]
    result = collection.bulk_write(operations, ordered=False)
    return [] if result.matched_count == len(changes) else changes


def read_taken(error: BulkWriteError) -> list[int]:
    """Return which inserts found their ``_id`` taken; nothing else may have gone wrong."""
    for problem in error.details["writeErrors"]:
        if problem["code"] != DUPLICATE_KEY:
            raise StoreRejected(ENGINE, str(problem["errmsg"])) from error
    return [int(problem["index"]) for problem in error.details["writeErrors"]]
