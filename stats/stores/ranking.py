"""Totals in the order of a report, one after the other, through a cursor.

Comes in: a kind, what to rank by, and which counters matter. Goes out: documents of
``statistic_totals`` or ``statistic_users`` that have one of these above 0, most first.
The order is that of an index, so memory holds no more than a batch, here and in MongoDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection

from stats.stores.mongo import Document, Documents, translated
from stats.stores.totals import TOTALS, USERS

RankedBy = Literal["downloads", "views"]
RANKED_BY: tuple[RankedBy, ...] = ("downloads", "views")

BATCH = 1_000
"""Documents in a batch of the cursor; the server's own choice is up to 16 MB of them."""

Sort = list[tuple[str, int]]


class RankingStore:
    """Totals of resources, and of users, in the order of reports."""

    def __init__(self, database: Documents) -> None:
        self._totals = database[TOTALS]
        self._users = database[USERS]

    def ensure(self) -> None:
        """Make the indexes that the orders need; a second time is no error."""
        with translated():
            for by in RANKED_BY:
                self._totals.create_index([("kind", ASCENDING), *_order(by)])
                self._users.create_index([("kind", ASCENDING), *_user_order(by)])

    def totals(
        self, kind: str, by: RankedBy, counted: Sequence[RankedBy] = RANKED_BY
    ) -> Iterator[Document]:
        """Yield the totals of resources of one kind, equal ones by their ref."""
        return _read(self._totals, kind, _order(by), counted)

    def users(
        self, kind: str, by: RankedBy, counted: Sequence[RankedBy] = RANKED_BY
    ) -> Iterator[Document]:
        """Yield the rows of users and resources of one kind, equal ones by ref, then user."""
        return _read(self._users, kind, _user_order(by), counted)

    def count_totals(self, kind: str, counted: Sequence[RankedBy] = RANKED_BY) -> int:
        """Return how many documents :meth:`totals` yields, from the index alone."""
        return _count(self._totals, kind, counted)

    def count_users(self, kind: str, counted: Sequence[RankedBy] = RANKED_BY) -> int:
        """Return how many documents :meth:`users` yields, from the index alone."""
        return _count(self._users, kind, counted)

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind was ever counted."""
        with translated():
            return self._totals.find_one({"kind": kind}, {"_id": 1}) is not None


def _order(by: RankedBy) -> Sort:
    then = "views" if by == "downloads" else "downloads"
    return [(by, DESCENDING), (then, DESCENDING), ("_id", ASCENDING)]


def _user_order(by: RankedBy) -> Sort:
    return [*_order(by)[:2], ("resource", ASCENDING), ("user_id", ASCENDING)]


def _read(
    collection: Collection[Document], kind: str, order: Sort, counted: Sequence[RankedBy]
) -> Iterator[Document]:
    used = {"kind": kind, "$or": [{counter: {"$gt": 0}} for counter in counted]}
    with translated():
        yield from collection.find(used).sort(order).batch_size(BATCH)


def _count(collection: Collection[Document], kind: str, counted: Sequence[RankedBy]) -> int:
    """Count what has one of ``counted`` above 0, each counter by its own index."""
    with translated():
        return sum(
            collection.count_documents(
                {"kind": kind, **dict.fromkeys(counted[:place], 0), counter: {"$gt": 0}}
            )
            for place, counter in enumerate(counted)
        )
