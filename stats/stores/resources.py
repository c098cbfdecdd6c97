"""``resources`` in MongoDB: what is known about the things that are counted.

Comes in: descriptions by ref, partial ones too. Goes out: the documents of
``docs/contracts.md#mongodb``. Invariant: a description changes the
fields that it has and leaves the others, ``kind`` and ``id`` follow from the ref, and
what was known later is not overwritten by what was known earlier: an old log may come
in at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from stats.errors import LimitError
from stats.refs import split_ref
from stats.stores.mongo import Document, Documents, translated
from stats.stores.versioned_writes import Change, ensure_newest, write_newest

RESOURCES = "resources"
MOMENT = "described_at"
MAX_OWNED = 50_000
"""Refs of one owner: Elasticsearch takes 65,536 values in one filter."""


@dataclass(frozen=True)
class Description:
    """What is known about ``ref`` as of ``moment``; a field that is None is to be forgotten.

    ``by_host``: the host says so itself, now. That stands against whatever an
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
            ensure_newest(self._resources, field=MOMENT)
            self._resources.create_index([("kind", ASCENDING)])
            self._resources.create_index([("parents", ASCENDING)])
            self._resources.create_index([("owner_id", ASCENDING)])

    def read(self, refs: Sequence[str]) -> dict[str, Document]:
        """Return the descriptions of those ``refs`` that have one, in one look-up."""
        if not refs:
            return {}
        with translated():
            found = self._resources.find({"_id": {"$in": list(refs)}})
            return {str(resource["_id"]): resource for resource in found}

    def list_owned(self, user: str) -> list[str]:
        """Return the refs whose owner is ``user``; raise ``LimitError`` above :data:`MAX_OWNED`."""
        with translated():
            found = self._resources.find({"owner_id": user}, {"_id": 1}).limit(MAX_OWNED + 1)
            refs = [str(one["_id"]) for one in found]
        if len(refs) > MAX_OWNED:
            raise LimitError(
                "too_large",
                f"user {user} owns more than {MAX_OWNED} resources; ask for a container instead",
                status=422,
                field="within",
            )
        return refs

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind is described."""
        with translated():
            return self._resources.find_one({"kind": kind}, {"_id": 1}) is not None

    def search(self, text: str, *, limit: int, last: Sequence[str] = ()) -> list[Document]:
        """Return resources with ``text`` in their title, or with it as ref or id.

        Those of the kinds ``last`` come after all others.
        """
        title = {"$regex": re.escape(text), "$options": "i"}
        query = {"$or": [{"_id": text}, {"id": text}, {"title": title}]}
        found: list[Document] = []
        with translated():
            for kinds in ({"$nin": list(last)}, {"$in": list(last)}):
                if room := limit - len(found):
                    found += self._resources.find({**query, "kind": kinds}).limit(room)
        return found

    def describe(self, descriptions: Iterable[Description]) -> None:
        """Set the fields of each ref, except where an event finds something newer known."""
        write_newest(self._resources, [_change(one) for one in descriptions], field=MOMENT)

    def read_parts(self, refs: Sequence[str]) -> list[Document]:
        """Return access, owner and parents of what says its access and is in one of ``refs``."""
        if not refs:
            return []
        parts = {"parents": {"$in": list(refs)}, "access": {"$ne": None}}
        fields = {"access": 1, "owner_id": 1, "parents": 1}
        with translated():
            return list(self._resources.find(parts, fields))


def _change(description: Description) -> Change:
    kind, name = split_ref(description.ref)
    fields = {field: value for field, value in description.fields.items() if value is not None}
    fields |= {"kind": kind, "id": name}
    moment = {MOMENT: description.moment}
    changes: dict[str, Any] = {"$set": fields, "$max": moment}
    gone = {field: "" for field, value in description.fields.items() if value is None}
    if gone:
        changes["$unset"] = gone
    document = {"_id": description.ref, **fields, **moment}
    return Change(document, changes, unless_newer=not description.by_host)
