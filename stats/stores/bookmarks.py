"""Bookmarks in MongoDB: how far the work has come, and the clock of tickets.

They are in the collection ``bookmarks``, in documents told apart by the form of
their ``_id``; :mod:`stats.stores.locks` keeps marked days and locks beside them:

``found``
    Every event indexed before ``until`` has had its day marked. ``seen``: the
    days that had events at the last look, to tell whether they have new ones.
``clock``
    The last ticket given out.
``refreshed:<host>``
    The numbers that were set before ``until`` are in that host's own search index.
``pruned:<type>``
    Events of that type before ``until`` are no longer taken.
``audit``
    When was audited last, and how many differences were found.
``schema``
    The version of the form in which documents are stored (`stats upgrade`).
``dropped``
    Raw events before ``until`` may be gone: since ``at``, no day before is counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pymongo import ReturnDocument

from stats.errors import StoreUnavailable
from stats.stores.mongo import Documents, translated
from stats.times import EPOCH, to_ms

_FOUND = "found"
_CLOCK = "clock"
_DROPPED = "dropped"
_REFRESHED = "refreshed"


class Bookmarks:
    """How far finding, counting and dropping have come; each method is one atomic step."""

    def __init__(self, database: Documents) -> None:
        self._bookmarks = database["bookmarks"]

    def ticket(self, now: datetime) -> int:
        """Return a number greater than every one returned before, at least ``now`` in ms.

        Who read with the greater ticket has seen all that was written before a
        smaller one was drawn, whatever the clocks of the workers say.
        """
        with translated():
            self._bookmarks.update_one(
                {"_id": _CLOCK}, {"$max": {"ticket": to_ms(now)}}, upsert=True
            )
            drawn = self._bookmarks.find_one_and_update(
                {"_id": _CLOCK}, {"$inc": {"ticket": 1}}, return_document=ReturnDocument.AFTER
            )
        if drawn is None:  # another process dropped the database between the two
            raise StoreUnavailable("MongoDB", "the ticket clock is gone")
        return int(drawn["ticket"])

    def found_until(self) -> datetime:
        """Return the time before which every indexed event has had its day marked."""
        return self.found()[0]

    def found(self) -> tuple[datetime, dict[date, list[float]]]:
        """Return :meth:`found_until`, and the days marked last with what told them apart."""
        with translated():
            found = self._bookmarks.find_one({"_id": _FOUND})
        if not found:
            return EPOCH, {}
        return found["until"], dict(map(_read_print, found.get("seen", [])))

    def move_found(
        self, until: datetime, *, seen: Mapping[date, list[float]] | None = None
    ) -> None:
        """Say that the days of all events indexed before ``until`` are marked.

        ``seen`` are the days that had events at this look, with what tells each
        from itself with other events.
        """
        known = [_dump_print(day, print_) for day, print_ in (seen or {}).items()]
        with translated():
            self._bookmarks.update_one(
                {"_id": _FOUND}, {"$max": {"until": until}, "$set": {"seen": known}}, upsert=True
            )

    def refreshed_until(self, host: str) -> datetime:
        """Return the time before which a host's own index has all numbers."""
        with translated():
            found = self._bookmarks.find_one({"_id": f"{_REFRESHED}:{host}"})
        return found["until"] if found else EPOCH

    def move_refreshed(self, host: str, until: datetime) -> None:
        """Say that a host's own index has the numbers that were set before ``until``."""
        with translated():
            self._bookmarks.update_one(
                {"_id": f"{_REFRESHED}:{host}"}, {"$max": {"until": until}}, upsert=True
            )

    def counted_until(self) -> datetime | None:
        """Return the time before which every indexed event is counted; None until one is."""
        with translated():
            found = self._bookmarks.find_one({"_id": _FOUND})
            pending = [mark["since"] for mark in self._bookmarks.find({"kind": "day"})]
        until = min([found["until"], *pending]) if found else EPOCH
        return None if until == EPOCH else until

    def note_audit(self, at: datetime, differences: int) -> None:
        """Note when was audited, and how many differences were found."""
        values = {"at": at, "differences": differences}
        with translated():
            self._bookmarks.update_one({"_id": "audit"}, {"$set": values}, upsert=True)

    def last_audit(self) -> tuple[datetime, int] | None:
        """Return when was audited last, and how many differences were found."""
        with translated():
            found = self._bookmarks.find_one({"_id": "audit"})
        return (found["at"], int(found["differences"])) if found else None

    def schema(self) -> int:
        """Return the version of the form in which documents are stored; 0 before there was one."""
        with translated():
            found = self._bookmarks.find_one({"_id": "schema"})
        return int(found["version"]) if found else 0

    def set_schema(self, version: int) -> None:
        """Say that everything stored has the form of a version."""
        with translated():
            self._bookmarks.update_one(
                {"_id": "schema"}, {"$set": {"version": version}}, upsert=True
            )

    def pruned_until(self, type_name: str) -> date | None:
        """Return the day before which events of a type are no longer taken, if there is one.

        That is at least the day before which no day is counted any more, for
        types that were not there when it was closed.
        """
        keys = [f"pruned:{type_name}", _DROPPED]
        with translated():
            marks = list(self._bookmarks.find({"_id": {"$in": keys}}))
        days = [date.fromisoformat(mark["until"]) for mark in marks if mark["until"]]
        return max(days, default=None)

    def move_pruned(self, type_name: str, until: date) -> None:
        """Say that events of a type before ``until`` come too late from now on."""
        with translated():
            self._bookmarks.update_one(
                {"_id": f"pruned:{type_name}"},
                {"$max": {"until": until.isoformat()}},
                upsert=True,
            )

    def dropped_until(self) -> date | None:
        """Return the day before which raw events may be gone, if there is one."""
        with translated():
            mark = self._bookmarks.find_one({"_id": _DROPPED})
        return date.fromisoformat(mark["until"]) if mark and mark["until"] else None

    def closed_at(self) -> datetime | None:
        """Return when the days before :meth:`dropped_until` were closed."""
        with translated():
            mark = self._bookmarks.find_one({"_id": _DROPPED})
        return mark.get("at") if mark else None

    def set_dropped(self, until: date | None, at: datetime | None) -> None:
        """Say that no day before ``until`` may be counted again; only under the job's lock."""
        values = {"until": until.isoformat() if until else None, "at": at}
        with translated():
            self._bookmarks.update_one({"_id": _DROPPED}, {"$set": values}, upsert=True)


def _dump_print(day: date, numbers: list[float]) -> str:
    """Return a day and its numbers as one text: not every server takes arrays of arrays."""
    return " ".join((day.isoformat(), *map(repr, numbers)))


def _read_print(stored: str | list[Any]) -> tuple[date, list[float]]:
    """Read what was stored, also by a version that stored arrays."""
    if isinstance(stored, str):
        day, *numbers = stored.split()
        return date.fromisoformat(day), list(map(float, numbers))
    return date.fromisoformat(stored[0]), stored[1]
