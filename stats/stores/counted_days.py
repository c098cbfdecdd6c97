"""MongoDB collection ``counted_days``: from how many raw events each day was counted.

``_id``
    The day, ``YYYY-MM-DD``. ``types``: the number of its raw events by event type.
    ``ticket``: of the snapshot that was counted. ``known``: of the events that all documents
    and totals have, the time of the last one's ``indexed_at`` and a digest by event type.
    ``families``: those of daily documents
    that have one of the whole site for this day.
``refused:YYYY-MM-DD``
    A day whose recount was refused, since raw events of it are missing: ``types`` with
    the number that is there, ``at``.

Invariant: the numbers of a day rise with each count, and fall by
:meth:`CountedDays.withdraw` and :meth:`CountedDays.accept` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from stats.stores.mongo import Documents, translated

_REFUSED = "refused"


@dataclass(frozen=True)
class KnownEvents:
    """The events of a day that its documents have: those indexed until then, by event type."""

    until: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = KnownEvents()


@dataclass(frozen=True)
class CountedFrom:
    """What a day was counted from; ``ticket`` 0 when it was not."""

    ticket: int = 0
    types: Mapping[str, int] = ()  # type: ignore[assignment]


@dataclass(frozen=True)
class MissingEvents:
    """An event type that a day has fewer raw events of than it was counted from."""

    day: date
    type_name: str
    counted_from: int
    there: int

    def __str__(self) -> str:
        return (
            f"{self.day} {self.type_name}: counted from {self.counted_from} raw events,"
            f" {self.there} are there"
        )


class CountedDays:
    """How many raw events stand behind the numbers of each day."""

    def __init__(self, database: Documents) -> None:
        self._days = database["counted_days"]

    def read(self, day: date) -> CountedFrom:
        """Return what a day was counted from."""
        with translated():
            found = self._days.find_one({"_id": day.isoformat()})
        return CountedFrom(found.get("ticket", 0), found["types"]) if found else CountedFrom()

    def known(self, day: date) -> KnownEvents:
        """Return the events that the documents of a day have; nothing when that is not known."""
        with translated():
            found = self._days.find_one({"_id": day.isoformat()}) or {}
        return KnownEvents(**found["known"]) if "known" in found else NOTHING_KNOWN

    def note_known(self, day: date, known: KnownEvents, *, ticket: int) -> None:
        """Note that the documents and totals have all events of a snapshot.

        A newer one that was begun in the meantime says itself what it has.
        """
        values = {"until": known.until, "digests": dict(known.digests)}
        with translated():
            self._days.update_one(
                {"_id": day.isoformat(), "ticket": ticket}, {"$set": {"known": values}}
            )

    def read_all(self) -> dict[date, Mapping[str, int]]:
        """Return the numbers of every day."""
        with translated():
            found = list(self._days.find({"kind": "day"}))
        return {date.fromisoformat(one["_id"]): one["types"] for one in found}

    def write(self, day: date, types: Mapping[str, int], *, ticket: int) -> None:
        """Note what a day is counted from, unless a newer snapshot was counted already."""
        older = {"_id": day.isoformat(), "ticket": {"$lt": ticket}}
        values = {"kind": "day", "ticket": ticket, "types": dict(types)}
        with translated():
            try:
                self._days.update_one(older, {"$set": values}, upsert=True)
            except DuplicateKeyError:
                return  # a newer one is there
            self._days.delete_one({"_id": f"{_REFUSED}:{day.isoformat()}"})

    def note_documents(self, day: date, *, there: Iterable[str], gone: Iterable[str]) -> None:
        """Note which families have a document of the site for a day, and which no more."""
        key = {"_id": day.isoformat()}
        with translated():
            if there := list(there):
                self._days.update_one(key, {"$addToSet": {"families": {"$each": there}}})
            if gone := list(gone):
                self._days.update_one(key, {"$pullAll": {"families": gone}})

    def families(self) -> dict[date, list[str]]:
        """Return the families that have a document of the site, by day."""
        with translated():
            found = list(self._days.find({"kind": "day"}, {"families": 1}))
        return {date.fromisoformat(one["_id"]): one.get("families", []) for one in found}

    def withdraw(self, day: date, types: Mapping[str, int]) -> None:
        """Expect fewer raw events of a day from now on: call it before they are deleted."""
        fewer = {f"types.{name}": -number for name, number in types.items()}
        if fewer:
            with translated():
                self._days.update_one({"_id": day.isoformat()}, {"$inc": fewer})

    def accept(self, days: Iterable[date]) -> None:
        """Forget what days were counted from: their next count takes what is there."""
        keys = [key for day in days for key in _keys(day)]
        with translated():
            self._days.delete_many({"_id": {"$in": keys}})

    def refuse(self, missing: Iterable[MissingEvents], *, at: datetime) -> None:
        """Note that a recount was refused."""
        updates = [
            UpdateOne(
                {"_id": f"{_REFUSED}:{one.day.isoformat()}"},
                {"$set": {"kind": _REFUSED, "at": at, f"types.{one.type_name}": one.there}},
                upsert=True,
            )
            for one in missing
        ]
        with translated():
            self._days.bulk_write(updates)

    def refused(self) -> list[MissingEvents]:
        """Return what is missing of the days whose recount was refused, oldest first."""
        with translated():
            found = list(self._days.find({"kind": _REFUSED}))
        missing = []
        for one in found:
            day = date.fromisoformat(one["_id"].removeprefix(f"{_REFUSED}:"))
            known = self.read(day).types
            for name, there in one["types"].items():
                missing.append(MissingEvents(day, name, dict(known).get(name, 0), there))
        return sorted(missing, key=lambda one: (one.day, one.type_name))

    def refused_days(self) -> frozenset[date]:
        """Return the days whose recount was refused."""
        with translated():
            found = [one["_id"] for one in self._days.find({"kind": _REFUSED}, {"_id": 1})]
        return frozenset(date.fromisoformat(key.removeprefix(f"{_REFUSED}:")) for key in found)

    def drop_before(self, until: date) -> None:
        """Forget the days before ``until``: their raw events went by right."""
        for key in ({"$lt": until.isoformat()}, {"$gte": _REFUSED, "$lt": f"{_REFUSED}:{until}"}):
            with translated():
                self._days.delete_many({"_id": key})


def _keys(day: date) -> tuple[str, str]:
    return day.isoformat(), f"{_REFUSED}:{day.isoformat()}"
