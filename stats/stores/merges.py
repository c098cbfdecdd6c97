"""MongoDB collection ``merges``: which refs go under another ref, from now on and before.

Comes in: a ref and the one that it is merged into. Goes out: for each merged ref the one that
has its numbers. Invariant: the second is never a merged one itself, so one look-up is enough.

``list``
    A ``version`` that rises with each merge.
a ref
    ``into``; ``summed_before``: the day before which raw events were gone, so that sessions of
    both were added and not united. Absent where all raw events were there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stats.stores.mongo import Document, Documents, translated

_LIST = "list"
LIFETIME = 1.0
"""Seconds for which those who answer remember the list."""


@dataclass(frozen=True)
class Merge:
    """One ref that goes under another; ``summed_before`` as the collection has it."""

    resource: str
    into: str
    summed_before: date | None = None


Merges = Mapping[str, Merge]
"""By the ref that was merged."""


class MergeStore:
    """The list, and this process's copy of it."""

    def __init__(self, database: Documents) -> None:
        self._merges = database["merges"]
        self._version = -1
        self._copy: Merges = {}
        self._until = 0.0

    def add(self, resource: str, into: str) -> None:
        """Put a ref under another, with all that was under it."""
        with translated():
            self._merges.update_many({"into": resource}, {"$set": {"into": into}})
            self._merges.update_one({"_id": resource}, {"$set": {"into": into}}, upsert=True)
            self._rise()

    def note_summed(self, resource: str, before: date) -> None:
        """Note that numbers of days before that day were added."""
        with translated():
            day = {"summed_before": before.isoformat()}
            self._merges.update_one({"_id": resource}, {"$max": day})
            self._rise()

    def read(self) -> Merges:
        """Return the list: one small look-up as long as it does not change."""
        with translated():
            head = self._merges.find_one({"_id": _LIST})
            version = int(head["version"]) if head else 0
            if version != self._version:
                found = self._merges.find({"_id": {"$ne": _LIST}})
                self._copy = {str(one["_id"]): _merge(one) for one in found}
                self._version = version
        return self._copy

    def recent(self) -> Merges:
        """Return the list as it was a second ago at most."""
        if time.monotonic() > self._until:
            self.read()
            self._until = time.monotonic() + LIFETIME
        return self._copy

    def _rise(self) -> None:
        self._merges.update_one({"_id": _LIST}, {"$inc": {"version": 1}}, upsert=True)
        self._until = 0.0


def _merge(found: Document) -> Merge:
    before = found.get("summed_before")
    day = date.fromisoformat(before) if before else None
    return Merge(str(found["_id"]), str(found["into"]), day)
