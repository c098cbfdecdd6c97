"""MongoDB collection ``erasures``: who was forgotten when, without a name.

Comes in: a person's id, once, when they are erased. Goes out: for an id, the time
of that. Invariant: no id is in the collection, only its hash under a key
of this installation. So the list names nobody; but who has the database can
still test whether a known id is among them.

``list``
    The ``key``, and a ``version`` that rises after each change.
a hash
    ``at``: events before that time say nothing of the person any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes

from pymongo import ReturnDocument

from stats.errors import StoreUnavailable
from stats.stores.mongo import ENGINE, Document, Documents, translated

_LIST = "list"
_KEY_BYTES = 32


@dataclass(frozen=True)
class Erasures:
    """The list as it was at one time."""

    version: int = 0
    key: bytes = b""
    times: Mapping[str, datetime] = field(default_factory=dict)

    def at(self, user: str) -> datetime | None:
        """Return when a person was erased; None when they were not."""
        return self.times.get(_hash(user, self.key)) if self.times else None


class ErasureStore:
    """The list, and this process's copy of it."""

    def __init__(self, database: Documents) -> None:
        self._erasures = database["erasures"]
        self._copy = Erasures()

    def add(self, user: str, *, at: datetime) -> None:
        """Put a person on the list; of several times the latest holds."""
        with translated():
            fresh = {"$setOnInsert": {"key": token_bytes(_KEY_BYTES), "version": 0}}
            head = self._erasures.find_one_and_update(
                {"_id": _LIST}, fresh, upsert=True, return_document=ReturnDocument.AFTER
            )
            if head is None:  # another process dropped the database in between
                raise StoreUnavailable(ENGINE, "the list of erasures is gone")
            name = _hash(user, bytes(head["key"]))
            self._erasures.update_one({"_id": name}, {"$max": {"at": at}}, upsert=True)
            self._erasures.update_one({"_id": _LIST}, {"$inc": {"version": 1}})

    def read(self) -> Erasures:
        """Return the list: one small look-up as long as it does not change."""
        with translated():
            head = self._erasures.find_one({"_id": _LIST})
        if head is None:
            return Erasures()
        copy = self._copy
        if (copy.version, copy.key) != (head["version"], head["key"]):
            copy = self._copy = self._load(head)
        return copy

    def _load(self, head: Document) -> Erasures:
        with translated():
            found = self._erasures.find({"_id": {"$ne": _LIST}})
            times = {str(one["_id"]): one["at"] for one in found}
        return Erasures(int(head["version"]), bytes(head["key"]), times)


def _hash(user: str, key: bytes) -> str:
    return blake2b(user.encode(errors="replace"), digest_size=16, key=key).hexdigest()
