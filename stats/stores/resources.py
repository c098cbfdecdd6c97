"""``resources`` in MongoDB: what is known about the things that are counted.

Comes in: descriptions by ref, partial ones too. Goes out: the documents of
DESIGN 3.4. What always holds: a description changes the fields that it has and leaves the
others, ``kind`` and ``id`` follow from the ref, and what was known later is not
overwritten by what was known earlier: an old log may come in at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import BulkWriteError

from stats.errors import StoreRejected
from stats.refs import split_ref
from stats.stores.mongo import ENGINE, Document, Documents, translated
from stats.stores.totals import DUPLICATE_KEY

RESOURCES = "resources"


@dataclass(frozen=True)
class Description:
    """What is known about ``ref`` as of ``moment``; a field that is None is to be forgotten.

    ``by_host``: the host says it himself, now. That stands against whatever an
    event has said, from a clock that may be ahead: a restriction is never lost.
    """

    ref: str
    fields: Mapping[str, Any]
    moment: datetime
    by_host: bool = False


class ResourceStore:
    """Titles, owners, parents and so on, one document a ref."""

    def __init__(self, database: Documents) -> None:
        self._resources = database[RESOURCES]

    def ensure(self) -> None:
        """Make the indexes that reports need; a second time is no error."""
        with translated():
            self._resources.create_index([("kind", ASCENDING)])
            self._resources.create_index([("parents", ASCENDING)])

    def read(self, refs: Sequence[str]) -> dict[str, Document]:
        """Return the descriptions of those ``refs`` that have one, in one look-up."""
        if not refs:
            return {}
        with translated():
            found = self._resources.find({"_id": {"$in": list(refs)}})
            return {str(resource["_id"]): resource for resource in found}

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind is described."""
        with translated():
            return self._resources.find_one({"kind": kind}, {"_id": 1}) is not None

    def search(self, text: str, *, limit: int) -> list[Document]:
        """Return resources with ``text`` in their title, or with it as ref or id."""
        title = {"$regex": re.escape(text), "$options": "i"}
        query = {"$or": [{"_id": text}, {"id": text}, {"title": title}]}
        with translated():
            return list(self._resources.find(query).limit(limit))

    def describe(self, descriptions: Iterable[Description]) -> None:
        """Set the fields of each ref, except where an event finds something newer known.

        What is known is asked first: a condition beside ``_id`` is a walk through the whole
        collection on the embedded server, and most of what is said first is new.
        """
        given = list(descriptions)
        known = self._moments([one.ref for one in given])
        met = self._insert([one for one in given if one.ref not in known])
        self._update([*met, *(one for one in given if _is_news(one, known))])

    def _insert(self, descriptions: list[Description]) -> list[Description]:
        """Insert what is not there; return those that are by now, of this list or another's."""
        if not descriptions:
            return []
        with translated():
            try:
                self._resources.insert_many(map(_document, descriptions), ordered=False)
            except BulkWriteError as error:
                return [descriptions[place] for place in _taken(error)]
        return []

    def _update(self, descriptions: list[Description]) -> None:
        if not descriptions:
            return
        with translated():
            try:
                self._resources.bulk_write([_update(one) for one in descriptions], ordered=False)
            except BulkWriteError as error:
                _taken(error)  # something newer is there: the upsert found its ``_id`` taken

    def _moments(self, refs: list[str]) -> dict[str, datetime]:
        """Return of when the descriptions of ``refs`` are that have one."""
        if not refs:
            return {}
        with translated():
            found = self._resources.find({"_id": {"$in": refs}}, {"described_at": 1})
            return {str(resource["_id"]): resource["described_at"] for resource in found}

    def read_parts(self, refs: Sequence[str]) -> list[Document]:
        """Return access, owner and parents of what says its access and is in one of ``refs``."""
        if not refs:
            return []
        parts = {"parents": {"$in": list(refs)}, "access": {"$ne": None}}
        fields = {"access": 1, "owner_id": 1, "parents": 1}
        with translated():
            return list(self._resources.find(parts, fields))


def _is_news(description: Description, known: Mapping[str, datetime]) -> bool:
    moment = known.get(description.ref)
    return moment is not None and (description.by_host or moment <= description.moment)


def _fields(description: Description) -> dict[str, Any]:
    kind, name = split_ref(description.ref)
    fields = {field: value for field, value in description.fields.items() if value is not None}
    return fields | {"kind": kind, "id": name}


def _document(description: Description) -> Document:
    moment = {"described_at": description.moment}
    return {"_id": description.ref, **_fields(description), **moment}


def _update(description: Description) -> UpdateOne:
    moment = {"described_at": description.moment}
    changes: dict[str, Any] = {"$set": _fields(description), "$max": moment}
    gone = {field: "" for field, value in description.fields.items() if value is None}
    if gone:
        changes["$unset"] = gone
    older = {} if description.by_host else {"described_at": {"$lte": description.moment}}
    return UpdateOne({"_id": description.ref, **older}, changes, upsert=True)


def _taken(error: BulkWriteError) -> list[int]:
    """Return which writes found their ``_id`` taken; nothing else may have gone wrong."""
    for problem in error.details["writeErrors"]:
        if problem["code"] != DUPLICATE_KEY:
            raise StoreRejected(ENGINE, str(problem["errmsg"])) from error
    return [int(problem["index"]) for problem in error.details["writeErrors"]]
