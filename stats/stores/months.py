"""``statistic_months`` in MongoDB: each resource's sums by month, of which its totals are made.

One document a resource; a month in it is ``{"ticket", "events": {type: sums}}``. Invariant: a
month is set, never incremented, and the one that was read later stays; a document is changed
only as it was read, so of two jobs that set different months of a resource neither loses
the other's. What is returned was the whole document at its own ticket, so what is made of
it may be written by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from stats.stores.mongo import Document, DocumentCollection, Documents, translated
from stats.stores.versioned_writes import ensure_newest, read_taken

MONTHS = "statistic_months"
TICKET = "ticket"
FILLED = ":filled"
"""The document that says that every month of every resource is there; no ref begins so."""

Sums = Mapping[str, Mapping[str, Any]]
"""By event type: ``count``, ``unique_count``, ``volume`` and ``last``."""


class MonthsStore:
    """What each resource adds up to, month by month."""

    def __init__(self, database: Documents) -> None:
        self._months: DocumentCollection = database[MONTHS]

    def ensure(self) -> None:
        """Make the index by which a document is found as it was."""
        ensure_newest(self._months, field=TICKET)

    def is_filled(self) -> bool:
        """Return whether the months of all daily documents are here."""
        with translated():
            return self._months.find_one({"_id": FILLED}) is not None

    def note_filled(self) -> None:
        """Say that the months of all daily documents are here, from now on."""
        with translated():
            self._months.update_one({"_id": FILLED}, {"$set": {TICKET: 0}}, upsert=True)

    def note_restored(self) -> None:
        """Say that there are daily documents of which no month knows."""
        with translated():
            self._months.delete_one({"_id": FILLED})

    def read(self, refs: Iterable[str]) -> dict[str, Document]:
        """Return the documents of those ``refs`` that have one, in one look-up."""
        with translated():
            return {str(d["_id"]): d for d in self._months.find({"_id": {"$in": list(refs)}})}

    def every(self) -> Iterator[Document]:
        """Yield the documents of all resources, in no useful order."""
        with translated():
            yield from self._months.find({"_id": {"$ne": FILLED}})

    def merge(
        self, changes: Mapping[str, Mapping[str, Sums]], *, read_at: int, draw: Callable[[], int]
    ) -> dict[str, Document]:
        """Set months, by ref and month, that were read with the ticket ``read_at``.

        ``draw`` draws a ticket. Returns each resource's document as it is afterwards.
        """
        waiting, done = dict(changes), {}
        while waiting:
            ticket, known = draw(), self.read(waiting)
            merged = {
                ref: _merged(known.get(ref, {"_id": ref}), months, read_at=read_at, ticket=ticket)
                for ref, months in waiting.items()
            }
            late = self._write(merged, known, waiting)
            done.update({ref: merged[ref] for ref in waiting if ref not in late})
            waiting = {ref: waiting[ref] for ref in late}
        return done

    def _write(
        self,
        merged: Mapping[str, Document],
        known: Mapping[str, Document],
        changes: Mapping[str, Mapping[str, Sums]],
    ) -> set[str]:
        """Write documents that are as they are known; return those to be read again."""
        operations, late = [], set()
        for ref, document in merged.items():
            if ref in known and known[ref][TICKET] < document[TICKET]:
                months = {f"months.{month}": document["months"][month] for month in changes[ref]}
                found = {"_id": ref, TICKET: known[ref][TICKET]}
                operations.append(UpdateOne(found, {"$set": {**months, TICKET: document[TICKET]}}))
            elif ref in known:
                late.add(ref)
        with translated():
            late |= self._insert([merged[ref] for ref in merged if ref not in known])
            if not operations:
                return late
            result = self._months.bulk_write(operations, ordered=False)
        missed = result.matched_count < len(operations)
        return late | known.keys() if missed else late

    def _insert(self, documents: list[Document]) -> set[str]:
        """Insert documents; return those that another inserted in between."""
        if not documents:
            return set()
        try:
            self._months.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return {str(documents[place]["_id"]) for place in read_taken(error)}
        return set()


def _merged(known: Document, months: Mapping[str, Sums], *, read_at: int, ticket: int) -> Document:
    """Return a document with ``months`` in it, where these were read later than what is there."""
    there = known.get("months", {})
    news = {
        month: {TICKET: read_at, "events": sums}
        for month, sums in months.items()
        if month not in there or there[month][TICKET] <= read_at
    }
    return {"_id": known["_id"], "months": {**there, **news}, TICKET: ticket}
