"""Whole collections of MongoDB as lines of extended JSON, for back-ups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bson import json_util
from pymongo import ReplaceOne

from stats.stores.mongo import Document, Documents, translated

OPTIONS = json_util.RELAXED_JSON_OPTIONS.with_options(tz_aware=True)


class Collections:
    """The collections of a database by name."""

    def __init__(self, database: Documents) -> None:
        self._database = database

    def read(self, name: str) -> Iterator[str]:
        """Yield each document as a line, in the order of their ids."""
        with translated():
            for document in self._database[name].find().sort("_id"):
                yield json_util.dumps(document, json_options=OPTIONS)

    def write(self, name: str, lines: Iterable[str]) -> int:
        """Put documents in the place of those of the same id; return how many."""
        documents: list[Document] = [
            json_util.loads(line, json_options=OPTIONS.with_options(tz_aware=True))
            for line in lines
        ]
        writes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents]
        if writes:
            with translated():
                self._database[name].bulk_write(writes, ordered=False)
        return len(writes)
