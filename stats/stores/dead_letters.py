"""MongoDB collection ``dead_letters``: what could not be processed, and why.

Comes in: the bytes of one event (or of a whole message that cannot be read),
with a reason. Goes out: the same, until it is replayed or dropped. Invariant:
the bytes are kept as they came (of a monster its beginning) until they
are scrubbed, and the same bytes of the same type are one letter, however often
they are delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from pymongo import ASCENDING, ReplaceOne, UpdateOne

from stats.stores.mongo import Document, Documents, translated

LARGEST = 8_000_000
"""Bytes that are kept of one letter; MongoDB takes documents of 16 MB."""


@dataclass(frozen=True)
class DeadLetter:
    """One event that was set aside.

    ``code`` is a code of :data:`stats.errors.InputCode`, or ``rejected``
    when Elasticsearch refused the document. ``key`` is the id of a letter whose
    bytes are not those that came any more.
    """

    type_name: str
    payload: bytes
    code: str
    message: str
    time: datetime
    key: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """Return what makes it the same letter: its type and the bytes that came."""
        return (
            self.key
            or blake2b(self.payload, digest_size=12, key=self.type_name.encode()[:64]).hexdigest()
        )


class DeadLetterStore:
    """Dead letters, oldest first."""

    def __init__(self, database: Documents) -> None:
        self._letters = database["dead_letters"]

    def ensure(self) -> None:
        """Make the index that lists are read by; a second time is no error."""
        with translated():
            self._letters.create_index([("time", ASCENDING), ("_id", ASCENDING)])

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Keep ``letters``; one that is there already gets the newer reason."""
        if letters:
            writes = [ReplaceOne({"_id": a.id}, _dump(a), upsert=True) for a in letters]
            with translated():
                self._letters.bulk_write(writes, ordered=False)

    def read(self, type_names: Iterable[str] | None = None) -> Iterator[DeadLetter]:
        """Yield the letters of some types, or of all, oldest first."""
        yield from self._find({} if type_names is None else {"type": {"$in": list(type_names)}})

    def read_private(self, before: datetime) -> Iterator[DeadLetter]:
        """Yield the letters set aside before a time that were not scrubbed yet, oldest first."""
        yield from self._find(_private(before))

    def count_private(self, before: datetime) -> int:
        """Return how many letters :meth:`read_private` yields."""
        with translated():
            return self._letters.count_documents(_private(before))

    def scrub(self, letters: Iterable[DeadLetter]) -> None:
        """Give letters that are there the bytes of ``letters``, unless they came again since."""
        updates = [
            UpdateOne(
                {"_id": letter.id, "time": letter.time},
                {"$set": {"payload": letter.payload, "scrubbed": True}},
            )
            for letter in letters
        ]
        if updates:
            with translated():
                self._letters.bulk_write(updates, ordered=False)

    def count(self) -> int:
        """Return how many letters there are."""
        with translated():
            return self._letters.count_documents({})

    def count_by_code(self) -> dict[str, int]:
        """Return how many letters there are for each reason."""
        grouped = [{"$group": {"_id": "$code", "number": {"$sum": 1}}}]
        with translated():
            return {one["_id"]: int(one["number"]) for one in self._letters.aggregate(grouped)}

    def drop(self, ids: Iterable[str]) -> int:
        """Delete letters by their ids; return how many were there."""
        with translated():
            return self._letters.delete_many({"_id": {"$in": list(ids)}}).deleted_count

    def _find(self, query: Document) -> Iterator[DeadLetter]:
        with translated():
            for found in self._letters.find(query).sort([("time", ASCENDING), ("_id", ASCENDING)]):
                yield _read(found)


def _private(before: datetime) -> Document:
    return {"time": {"$lt": before}, "scrubbed": {"$ne": True}}


def _dump(letter: DeadLetter) -> Document:
    size = len(letter.payload)
    cut = f" (the first {LARGEST} of its {size} bytes are kept)" if size > LARGEST else ""
    return {
        "_id": letter.id,
        "type": letter.type_name,
        "payload": letter.payload[:LARGEST],
        "code": letter.code,
        "message": letter.message + cut,
        "time": letter.time,
    }


def _read(found: Document) -> DeadLetter:
    payload, key = bytes(found["payload"]), str(found["_id"])
    return DeadLetter(found["type"], payload, found["code"], found["message"], found["time"], key)
