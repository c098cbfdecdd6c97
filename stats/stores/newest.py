"""Documents of which the newest stays, whichever is written last.

What always holds: a document that is there is only changed by one that is not older.
Which are there is asked first, and new ones are inserted: a condition beside ``_id``
is a walk through the whole collection on the embedded server, and most of what is
written first is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
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


def write_newest(collection: DocumentCollection, changes: Sequence[Change], *, field: str) -> None:
    """Insert or change each document; ``field`` says how new one is."""
    if not changes:
        return
    with translated():
        known = _known(collection, [one.document["_id"] for one in changes], field)
        met = _insert(collection, [one for one in changes if one.document["_id"] not in known])
        _update(collection, [*met, *(one for one in changes if _is_news(one, known, field))], field)


def _known(collection: DocumentCollection, ids: list[str], field: str) -> dict[str, Any]:
    """Return how new the documents are that are there."""
    found = collection.find({"_id": {"$in": ids}}, {field: 1})
    return {str(document["_id"]): document[field] for document in found}


def _is_news(change: Change, known: Mapping[str, Any], field: str) -> bool:
    if change.document["_id"] not in known:
        return False
    return not change.unless_newer or known[change.document["_id"]] <= change.document[field]


def _insert(collection: DocumentCollection, changes: list[Change]) -> list[Change]:
    """Insert what is not there; return what is by now, by this list or another's."""
    if not changes:
        return []
    try:
        collection.insert_many([one.document for one in changes], ordered=False)
    except BulkWriteError as error:
        return [changes[place] for place in _taken(error)]
    return []


def _update(collection: DocumentCollection, changes: list[Change], field: str) -> None:
    if not changes:
        return
    try:
        collection.bulk_write([_operation(one, field) for one in changes], ordered=False)
    except BulkWriteError as error:
        _taken(error)  # something newer is there: the upsert found its ``_id`` taken


def _operation(change: Change, field: str) -> UpdateOne:
    older = {field: {"$lte": change.document[field]}} if change.unless_newer else {}
    return UpdateOne({"_id": change.document["_id"], **older}, change.changes, upsert=True)


def _taken(error: BulkWriteError) -> list[int]:
    """Return which writes found their ``_id`` taken; nothing else may have gone wrong."""
    for problem in error.details["writeErrors"]:
        if problem["code"] != DUPLICATE_KEY:
            raise StoreRejected(ENGINE, str(problem["errmsg"])) from error
    return [int(problem["index"]) for problem in error.details["writeErrors"]]
