"""Days to recount and who has claimed them, and the locks of jobs, in MongoDB.

They are in the collection ``bookmarks``, beside the bookmarks themselves
(:mod:`stats.stores.bookmarks`), told apart by the form of their ``_id``:

``day:YYYY-MM-DD``
    A day to recount. ``since``: events indexed from then on are new to its
    documents. ``generation`` rises with each mark, so that a mark made while
    the day was being counted is not lost. ``leased_until``: when the claim of
    a worker that died ends. ``holder``: machine and process of that worker.
``gone:YYYY-MM-DD:...``
    ``refs`` and ``pairs`` of user and ref whose documents of a day the ``owner`` of its
    claim is about to delete: until the day is finished their totals are to be set.
``lock:<name>``
    Until when one worker has a job to itself.

Invariant: a day's mark goes only when its documents and totals are
written, so that whatever is killed between is done again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import token_hex

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import DuplicateKeyError

from stats.stores.bookmarks import Bookmarks
from stats.stores.mongo import Document, Documents, translated
from stats.times import EPOCH, iso_ms

LONGEST_LEASE = timedelta(minutes=10)
"""A claim that ends later than that was stamped by a clock that is wrong."""

_GONE = "gone"


@dataclass(frozen=True)
class DayClaim:
    """A day that one worker, the ``owner``, may recount until its lease ends.

    ``whole``: all documents of the day are replaced, not only those of new events.
    """

    day: date
    since: datetime
    generation: int
    owner: str = ""
    whole: bool = False

    @property
    def replaces(self) -> bool:
        """Return whether all documents are replaced, as they are at the very first count too."""
        return self.whole or self.since == EPOCH


@dataclass(frozen=True)
class HeldDay:
    """A day that waits to be counted and is held by a worker, at the latest until then."""

    day: date
    holder: str
    until: datetime


@dataclass(frozen=True)
class DeletedDocuments:
    """What documents that are no more were about: refs, and pairs of user and ref."""

    refs: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)


class DayClaims:
    """The marked days and their claims; each method is one atomic step."""

    def __init__(self, database: Documents, bookmarks: Bookmarks) -> None:
        self._days = database["bookmarks"]
        self._found_until = bookmarks.found_until

    def ensure(self) -> None:
        """Make the indexes that the claims need; a second time is no error."""
        with translated():
            self._days.create_index([("kind", ASCENDING), ("day", ASCENDING)])

    def mark_days(self, days: Iterable[date], *, since: datetime) -> None:
        """Mark ``days`` to be recounted for the events indexed at ``since`` or later.

        With the beginning of time they are recounted whole; that says nothing
        of events that are not counted, and leaves :meth:`Bookmarks.counted_until` as it is.
        """
        whole: Document = {"whole": True} if since == EPOCH else {}
        since = self._found_until() if whole else since
        updates = [
            UpdateOne(
                {"_id": f"day:{day.isoformat()}"},
                {
                    "$min": {"since": since},
                    "$inc": {"generation": 1},
                    "$set": {"kind": "day", "day": day.isoformat(), **whole},
                    "$setOnInsert": {"leased_until": EPOCH},
                },
                upsert=True,
            )
            for day in days
        ]
        if updates:
            with translated():
                self._days.bulk_write(updates, ordered=False)

    def claim_day(
        self, now: datetime, *, lease: timedelta, among: Iterable[date] | None = None
    ) -> DayClaim | None:
        """Claim the first marked day, of all or ``among`` some, that no living worker holds.

        A lease that ends later than any can was given by a clock that was wrong.
        """
        beyond = now + lease + LONGEST_LEASE
        free = [{"leased_until": {"$lte": now}}, {"leased_until": {"$gt": beyond}}]
        query: Document = {"kind": "day", "$or": free}
        if among is not None:
            query["day"] = {"$in": [day.isoformat() for day in among]}
        owner = token_hex(8)
        with translated():
            mark = self._days.find_one_and_update(
                query,
                {"$set": {"leased_until": now + lease, "owner": owner, "holder": holder()}},
                sort=[("day", ASCENDING)],
            )
        if mark is None:
            return None
        return DayClaim(
            date.fromisoformat(mark["day"]),
            mark["since"],
            int(mark["generation"]),
            owner,
            bool(mark.get("whole")),
        )

    def renew_day(self, claim: DayClaim, now: datetime, *, lease: timedelta) -> None:
        """Keep a claimed day for longer; one that another worker has by now stays theirs."""
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            self._days.update_one(own, {"$set": {"leased_until": now + lease}})

    def note_gone(self, claim: DayClaim, about: DeletedDocuments) -> None:
        """Note what documents are about before they are deleted, for who repeats a killed run.

        A worker that outlived its lease has the day counted once more: whoever took
        it may have looked for notes already.
        """
        day = claim.day.isoformat()
        note = {
            "_id": f"gone:{day}:{token_hex(8)}",
            "kind": _GONE,
            "day": day,
            "owner": claim.owner,
            "refs": list(about.refs),
            "pairs": [{"user": user, "ref": ref} for user, ref in about.pairs],
        }
        with translated():
            self._days.insert_one(note)
            held = self._days.find_one({"_id": f"day:{day}", "owner": claim.owner})
        if held is None:
            self.mark_days([claim.day], since=EPOCH)

    def take_gone(self, claim: DayClaim) -> DeletedDocuments:
        """Return what was noted of a day by runs that did not finish; it is this claim's now."""
        notes_of_day = {"kind": _GONE, "day": claim.day.isoformat()}
        with translated():
            self._days.update_many(notes_of_day, {"$set": {"owner": claim.owner}})
            notes = list(self._days.find({**notes_of_day, "owner": claim.owner}))
        refs = {str(ref) for note in notes for ref in note["refs"]}
        return DeletedDocuments(
            refs, {_read_pair(pair) for note in notes for pair in note["pairs"]}
        )

    def finish_day(self, claim: DayClaim) -> None:
        """Take the mark away, unless the day was marked again while it was counted.

        A worker that outlived its lease changes nothing: the mark is another's.
        """
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            if claim.replaces:
                notes = {"kind": _GONE, "day": claim.day.isoformat(), "owner": claim.owner}
                self._days.delete_many(notes)
            gone = self._days.delete_one({**own, "generation": claim.generation})
        if not gone.deleted_count:
            self.release_day(claim)

    def release_day(self, claim: DayClaim) -> None:
        """Give a claimed day back unfinished, for the next worker."""
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            self._days.update_one(own, {"$set": {"leased_until": EPOCH}})

    def marked_days(self) -> list[date]:
        """Return the days that wait to be recounted, oldest first."""
        with translated():
            return sorted(date.fromisoformat(mark["day"]) for mark in self._marks())

    def held_days(self, now: datetime) -> list[HeldDay]:
        """Return the days that wait to be recounted and are held by a worker, oldest first."""
        held = [mark for mark in self._marks() if mark["leased_until"] > now]
        found = [
            HeldDay(date.fromisoformat(mark["day"]), mark.get("holder", "?"), mark["leased_until"])
            for mark in held
        ]
        return sorted(found, key=lambda one: one.day)

    def _marks(self) -> list[Document]:
        return list(self._days.find({"kind": "day"}))


def _read_pair(stored: Document | list[str]) -> tuple[str, str]:
    """Read what was stored, also by a version that stored arrays of arrays."""
    if isinstance(stored, dict):
        return stored["user"], stored["ref"]
    return stored[0], stored[1]


def holder() -> str:
    """Return by what an administrator finds this process: machine and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


class JobLocks:
    """Locks by name, each of one owner until its lease ends."""

    def __init__(self, database: Documents) -> None:
        self._locks = database["bookmarks"]

    def lock(self, name: str, owner: str, *, now: datetime, lease: timedelta) -> bool:
        """Take or renew a lock for ``owner``; return False while another one has it."""
        key = f"lock:{name}"
        free = {"_id": key, "$or": [{"owner": owner}, {"until": {"$lte": now}}]}
        with translated():
            try:
                held = {"owner": owner, "until": now + lease, "holder": holder()}
                self._locks.update_one(free, {"$set": held}, upsert=True)
            except DuplicateKeyError:
                return False
        return True

    def held(self, name: str) -> str:
        """Say who has a lock, and when it ends should they have died."""
        with translated():
            found = self._locks.find_one({"_id": f"lock:{name}"})
        return f"{found.get('holder', '?')}, free at {iso_ms(found['until'])}" if found else "ended"

    def unlock(self, name: str, owner: str) -> None:
        """Give a lock back."""
        with translated():
            self._locks.delete_one({"_id": f"lock:{name}", "owner": owner})
