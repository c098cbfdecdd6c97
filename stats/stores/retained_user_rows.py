"""MongoDB collection ``kept``: what each person did on a day whose events no longer say who.

Comes in: rows of a day, in any JSON form. Goes out: the same rows. Invariant:
a day's rows are replaced all at once, by moving its pointer; a reader
gets the rows of one generation, never of two. Rows are kept in compressed
pieces, so that years of days are few documents.

``YYYY-MM-DD``
    The pointer of a day: ``generation``, ``until`` (events indexed before, as
    ISO text, are in the rows) and how many ``pieces`` there are.
``YYYY-MM-DD|generation|n``
    One piece.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from stats.errors import StoreUnavailable
from stats.stores.mongo import ENGINE, Document, Documents, translated

RetainedRow = list[Any]
_PIECE = 5_000
_TRIES = 5


@dataclass(frozen=True)
class RetainedDay:
    """The rows of a day; ``until`` is empty and ``generation`` 0 when there are none."""

    generation: int = 0
    until: str = ""
    rows: Sequence[RetainedRow] = ()


NOTHING_RETAINED = RetainedDay()


class RetainedRowsStore:
    """The kept rows of days, and the events that they stand for."""

    def __init__(self, database: Documents) -> None:
        self._kept = database["kept"]

    def ensure(self) -> None:
        """Make the index that pieces are found by; a second time is no error."""
        with translated():
            self._kept.create_index("day")

    def generation(self, day: date) -> int:
        """Return which generation of rows a day has; 0 when it has none."""
        pointer = self._pointer(day)
        return int(pointer["generation"]) if pointer else 0

    def read(self, day: date) -> RetainedDay:
        """Return the rows of a day."""
        for _ in range(_TRIES):
            pointer = self._pointer(day)
            if pointer is None:
                return NOTHING_RETAINED
            pieces = self._pieces(day, pointer["generation"])
            if len(pieces) == pointer["pieces"]:
                rows = [row for piece in pieces for row in _unpack(piece["data"])]
                return RetainedDay(int(pointer["generation"]), pointer["until"], rows)
        raise StoreUnavailable(ENGINE, f"the kept rows of {day} change while they are read")

    def untils(self) -> dict[date, str]:
        """Return for each day that has rows the time before which its events are in them."""
        with translated():
            pointers = list(self._kept.find({"until": {"$exists": True}}))
        return {date.fromisoformat(str(p["_id"])): str(p["until"]) for p in pointers}

    def write(self, day: date, kept: RetainedDay) -> None:
        """Replace the rows of a day, unless a newer generation is there."""
        pieces = [_pack(day, kept, number) for number in range(-(-len(kept.rows) // _PIECE))]
        updates = [UpdateOne({"_id": p["_id"]}, {"$set": p}, upsert=True) for p in pieces]
        key, generation = day.isoformat(), kept.generation
        pointer = {"generation": generation, "until": kept.until, "pieces": len(pieces)}
        with translated():
            if updates:
                self._kept.bulk_write(updates, ordered=False)
            try:
                older = {"_id": key, "generation": {"$lt": generation}}
                self._kept.update_one(older, {"$set": pointer}, upsert=True)
            except DuplicateKeyError:
                return
            self._kept.delete_many({"day": key, "generation": {"$lt": generation}})

    def drop_before(self, day: date) -> None:
        """Delete the rows of the days before ``day``, whose raw events are gone."""
        with translated():
            self._kept.delete_many({"_id": {"$lt": day.isoformat()}})

    def _pointer(self, day: date) -> Document | None:
        with translated():
            return self._kept.find_one({"_id": day.isoformat()})

    def _pieces(self, day: date, generation: int) -> list[Document]:
        with translated():
            found = self._kept.find({"day": day.isoformat(), "generation": generation})
            return sorted(found, key=lambda piece: int(piece["number"]))


def _pack(day: date, kept: RetainedDay, number: int) -> Document:
    rows = kept.rows[number * _PIECE : (number + 1) * _PIECE]
    key = day.isoformat()
    return {
        "_id": f"{key}|{kept.generation}|{number}",
        "day": key,
        "generation": kept.generation,
        "number": number,
        "data": zlib.compress(orjson.dumps(rows)),
    }


def _unpack(data: bytes) -> Iterator[RetainedRow]:
    yield from orjson.loads(zlib.decompress(data))
