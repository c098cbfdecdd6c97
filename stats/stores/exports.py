"""How far exports have come, in MongoDB's ``bookmarks``.

``openaire:<site>``
    ``time`` and ``indexed``: all events before both (event time, and time of
    indexing) are sent. ``to_time`` and ``to_indexed``: what a run is on its way
    to. ``after_time`` and ``after_id``: the last event it sent. ``since``: events
    before it are never sent. ``leased_until`` and ``holder``: who is at it.
``datacite:<created-by>:YYYY-MM``
    ``report``: the id that DataCite gave the report of a month; ``sending``
    while a first submission has not brought one.

Invariant: each method is one atomic step, and only the holder of a
lease moves a bookmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from stats.errors import StoreUnavailable
from stats.stores.mongo import Document, Documents, translated
from stats.times import EPOCH


@dataclass(frozen=True)
class ExportState:
    """How far one export is, as its document says; ``holder`` is the one who claimed it."""

    name: str
    holder: str
    time: datetime
    indexed: datetime
    since: datetime | None = None
    target: tuple[datetime, datetime] | None = None
    after: tuple[datetime, str] | None = None


class ExportStore:
    """Bookmarks of exports."""

    def __init__(self, database: Documents) -> None:
        self._bookmarks = database["bookmarks"]

    def peek(self, name: str) -> ExportState:
        """Return how far an export is, without a claim to it."""
        with translated():
            return _read(name, self._bookmarks.find_one({"_id": name}) or {})

    def claim(self, name: str, now: datetime, *, lease: timedelta) -> ExportState:
        """Take the export for ``lease``; raise ``StoreUnavailable`` while another has it."""
        free = {"_id": name, "leased_until": {"$lte": now}}
        mine = {"$set": {"leased_until": now + lease, "holder": uuid4().hex}}
        with translated():
            try:
                found = self._bookmarks.find_one_and_update(
                    free, mine, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:
                found = None
        if found is None:
            raise StoreUnavailable("the export", f"{name} is being sent by another process")
        return _read(name, found)

    def begin(
        self, state: ExportState, target: tuple[datetime, datetime], since: datetime | None
    ) -> None:
        """Say what the run is on its way to."""
        fields = {"to_time": target[0], "to_indexed": target[1]}
        self._move(state, {"$set": fields | ({"since": since} if since else {})})

    def advance(self, state: ExportState, after: tuple[datetime, str], *, until: datetime) -> None:
        """Say which event was the last one sent, and keep the export until ``until``."""
        fields = {"after_time": after[0], "after_id": after[1], "leased_until": until}
        self._move(state, {"$set": fields})

    def finish(self, state: ExportState, target: tuple[datetime, datetime]) -> None:
        """Say that everything up to ``target`` is sent."""
        gone = dict.fromkeys(("to_time", "to_indexed", "after_time", "after_id"), "")
        self._move(state, {"$set": {"time": target[0], "indexed": target[1]}, "$unset": gone})

    def release(self, state: ExportState) -> None:
        """Let the next one claim the export."""
        with translated():
            self._bookmarks.update_one(
                {"_id": state.name, "holder": state.holder}, {"$set": {"leased_until": EPOCH}}
            )

    def report(self, name: str) -> tuple[str | None, bool]:
        """Return a report's id, and whether a first submission was begun without bringing one."""
        with translated():
            found = self._bookmarks.find_one({"_id": name}) or {}
        return found.get("report"), bool(found.get("sending"))

    def sending(self, name: str) -> None:
        """Say that a first submission begins."""
        with translated():
            self._bookmarks.update_one({"_id": name}, {"$set": {"sending": True}}, upsert=True)

    def remember(self, name: str, report: str | None) -> None:
        """Keep the id of a report, or with None forget it."""
        change = {"$set": {"report": report}, "$unset": {"sending": ""}}
        if report is None:
            change = {"$unset": {"report": "", "sending": ""}}
        with translated():
            self._bookmarks.update_one({"_id": name}, change, upsert=True)

    def _move(self, state: ExportState, change: Document) -> None:
        with translated():
            moved = self._bookmarks.update_one({"_id": state.name, "holder": state.holder}, change)
        if not moved.matched_count:
            raise StoreUnavailable("the export", f"{state.name} was taken over by another process")


def _read(name: str, document: Document) -> ExportState:
    target = (document["to_time"], document["to_indexed"]) if "to_time" in document else None
    after = (document["after_time"], document["after_id"]) if "after_time" in document else None
    return ExportState(
        name,
        document.get("holder", ""),
        document.get("time", EPOCH),
        document.get("indexed", EPOCH),
        document.get("since"),
        target,
        after,
    )
