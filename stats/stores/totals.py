"""``statistic_totals`` and ``statistic_users`` in MongoDB: set, never incremented.

Every document carries the ticket of the read that it came from; a write with a
smaller ticket than the one that is there changes nothing, so that of two jobs
the one that read last is right whichever ends last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from stats.stores.mongo import Document, Documents, translated
from stats.stores.versioned_writes import Change, ensure_newest, write_newest

TOTALS = "statistic_totals"
USERS = "statistic_users"
TICKET = "ticket"


class TotalsStore:
    """What each resource, and each user of a resource, adds up to."""

    def __init__(self, database: Documents) -> None:
        self._totals = database[TOTALS]
        self._users = database[USERS]

    def ensure(self) -> None:
        """Make the indexes that look-ups need; those of reports are ``stores.ranking``'s."""
        with translated():
            ensure_newest(self._totals, field=TICKET)
            ensure_newest(self._users, field=TICKET)
            self._totals.create_index([("updated", ASCENDING)])
            self._users.create_index([("user_id", ASCENDING)])

    def read_one(self, ref: str) -> Document | None:
        """Return one resource's totals, or None when nothing of it was counted yet."""
        with translated():
            return self._totals.find_one({"_id": ref})

    def read(self, refs: Sequence[str]) -> dict[str, Document]:
        """Return the totals of those ``refs`` that have any, in one look-up."""
        with translated():
            return {str(t["_id"]): t for t in self._totals.find({"_id": {"$in": list(refs)}})}

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind was ever counted."""
        with translated():
            return self._totals.find_one({"kind": kind}, {"_id": 1}) is not None

    def read_changed(
        self, since: tuple[datetime, str | None], *, kind: str | None, limit: int
    ) -> list[Document]:
        """Return totals in the order in which they were set, then of their refs.

        From the time of ``since`` on; with a ref, after that one of the same time.
        """
        moment, ref = since
        query: dict[str, Any] = {"updated": {"$gte": moment}}
        if ref is not None:
            query = {
                "$or": [{"updated": {"$gt": moment}}, {"updated": moment, "_id": {"$gt": ref}}]
            }
        if kind is not None:
            query["kind"] = kind
        order = [("updated", ASCENDING), ("_id", ASCENDING)]
        with translated():
            return list(self._totals.find(query).sort(order).limit(limit))

    def read_users(self, query: Mapping[str, Any]) -> list[Document]:
        """Return the per-user rows that match a MongoDB query."""
        with translated():
            return list(self._users.find(dict(query)))

    def every_total(self) -> Iterator[Document]:
        """Yield the totals of all resources, in no useful order."""
        with translated():
            yield from self._totals.find()

    def every_user(self) -> Iterator[Document]:
        """Yield all per-user rows, in no useful order."""
        with translated():
            yield from self._users.find()

    def write(self, documents: Iterable[Document], *, ticket: int) -> None:
        """Set totals, each document with its ref as ``_id``."""
        write_newest(self._totals, [_change(one, ticket) for one in documents], field=TICKET)

    def write_users(self, documents: Iterable[Document], *, ticket: int) -> None:
        """Set per-user rows, each document with ``user|ref`` as ``_id``."""
        write_newest(self._users, [_change(one, ticket) for one in documents], field=TICKET)

    def delete_users(self, ids: Iterable[str], *, ticket: int) -> None:
        """Delete per-user rows by ``_id``, unless a newer read has set them."""
        with translated():
            self._users.delete_many({"_id": {"$in": list(ids)}, "ticket": {"$lt": ticket}})


def _change(document: Document, ticket: int) -> Change:
    whole = {**document, TICKET: ticket}
    return Change(whole, {"$set": whole})
