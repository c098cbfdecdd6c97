"""MongoDB collection ``annotations``: what happened on a day, for who reads its numbers.

``day`` (``YYYY-MM-DD``), ``text``, ``resource`` (null: the whole site), ``public``, ``created``.
Invariant: numbers never depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex

from pymongo import ASCENDING

from stats.stores.mongo import Document, Documents, translated
from stats.times import parse_day

COLLECTION = "annotations"


@dataclass(frozen=True)
class Annotation:
    """One remark; of the whole site where it has no ``resource``."""

    id: str
    day: date
    text: str
    resource: str | None
    public: bool


class AnnotationStore:
    """All annotations."""

    def __init__(self, database: Documents) -> None:
        self._annotations = database[COLLECTION]

    def ensure(self) -> None:
        """Make the index that a history asks; a second time is no error."""
        with translated():
            self._annotations.create_index([("resource", ASCENDING), ("day", ASCENDING)])

    def add(
        self, day: date, text: str, *, resource: str | None, public: bool, now: datetime
    ) -> Annotation:
        """Add one, and return it with its id."""
        added = Annotation(token_hex(4), day, text, resource, public)
        document = {"_id": added.id, "day": day.isoformat(), "text": text}
        rest = {"resource": resource, "public": public, "created": now}
        with translated():
            self._annotations.insert_one(document | rest)
        return added

    def remove(self, annotation_id: str) -> bool:
        """Remove one; return whether it was there."""
        with translated():
            return self._annotations.delete_one({"_id": annotation_id}).deleted_count > 0

    def read(self, resources: Sequence[str | None], first: date, last: date) -> list[Annotation]:
        """Return those of the days from ``first`` to ``last``, in their order."""
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        return self._find({"resource": {"$in": list(resources)}, "day": days})

    def all(self) -> list[Annotation]:
        """Return all, in the order of their days."""
        return self._find({})

    def _find(self, query: Document) -> list[Annotation]:
        order = [("day", ASCENDING), ("_id", ASCENDING)]
        with translated():
            return [_annotation(one) for one in self._annotations.find(query).sort(order)]


def _annotation(document: Document) -> Annotation:
    return Annotation(
        str(document["_id"]),
        parse_day(document["day"]),
        document["text"],
        document["resource"],
        document["public"],
    )
