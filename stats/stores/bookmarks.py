"""The module's own bookkeeping in MongoDB: bookmarks, tickets, days to recount.

All of it is in the collection ``bookmarks``, in documents told apart by the
form of their ``_id``:

``found``
    Every event indexed before ``until`` has had its day marked. ``seen``: the
    days that had events at the last look, to tell whether they have new ones.
``day:YYYY-MM-DD``
    A day to recount. ``since``: events indexed from then on are new to its
    documents. ``generation`` rises with each mark, so that a mark made while
    the day was being counted is not lost. ``leased_until``: when the claim of
    a worker that died ends.
``gone:YYYY-MM-DD:...``
    ``refs`` and ``pairs`` of user and ref whose documents of a day the ``owner`` of its
    claim is about to delete: until the day is finished their totals are to be set.
``clock``
    The last ticket given out.
``pruned:<type>``
    Events of that type before ``until`` are no longer taken.
``dropped``
    Raw events before ``until`` may be gone: since ``at``, no day before is counted again.
``lock:<name>``
    Until when one worker has a job to itself.

What always holds: a day's mark goes only when its documents and totals are
written, so that whatever is killed between is done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import token_hex

from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from stats.errors import StoreUnavailable
from stats.stores.mongo import Document, Documents, translated
from stats.times import EPOCH, to_ms

_FOUND = "found"
_CLOCK = "clock"
_DROPPED = "dropped"
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
class Vanished:
    """What documents that are no more were about: refs, and pairs of user and ref."""

    refs: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)


class StateStore:
    """Bookmarks and marks; each method is one atomic step."""

    def __init__(self, database: Documents) -> None:
        self._bookmarks = database["bookmarks"]

    def ensure(self) -> None:
        """Make the indexes that the claims need; a second time is no error."""
        with translated():
            self._bookmarks.create_index([("kind", ASCENDING), ("day", ASCENDING)])

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
        seen = {date.fromisoformat(day): print_ for day, print_ in found.get("seen", [])}
        return found["until"], seen

    def mark_days(self, days: Iterable[date], *, since: datetime) -> None:
        """Mark ``days`` to be recounted for the events indexed at ``since`` or later.

        With the beginning of time they are recounted whole; that says nothing
        of events that are not counted, and leaves :meth:`counted_until` as it is.
        """
        whole: Document = {"whole": True} if since == EPOCH else {}
        since = self.found_until() if whole else since
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
                self._bookmarks.bulk_write(updates, ordered=False)

    def move_found(
        self, until: datetime, *, seen: Mapping[date, list[float]] | None = None
    ) -> None:
        """Say that the days of all events indexed before ``until`` are marked.

        ``seen`` are the days that had events at this look, with what tells each
        from itself with other events.
        """
        known = [[day.isoformat(), print_] for day, print_ in (seen or {}).items()]
        with translated():
            self._bookmarks.update_one(
                {"_id": _FOUND}, {"$max": {"until": until}, "$set": {"seen": known}}, upsert=True
            )

    def claim_day(
        self, now: datetime, *, lease: timedelta, among: Iterable[date] | None = None
    ) -> DayClaim | None:
        """Claim the first marked day, of all or ``among`` some, that no living worker holds."""
        query: Document = {"kind": "day", "leased_until": {"$lte": now}}
        if among is not None:
            query["day"] = {"$in": [day.isoformat() for day in among]}
        owner = token_hex(8)
        with translated():
            mark = self._bookmarks.find_one_and_update(
                query,
                {"$set": {"leased_until": now + lease, "owner": owner}},
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
        """Keep a claimed day for longer; one that another worker has by now stays his."""
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            self._bookmarks.update_one(own, {"$set": {"leased_until": now + lease}})

    def note_gone(self, claim: DayClaim, about: Vanished) -> None:
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
            "pairs": [list(pair) for pair in about.pairs],
        }
        with translated():
            self._bookmarks.insert_one(note)
            held = self._bookmarks.find_one({"_id": f"day:{day}", "owner": claim.owner})
        if held is None:
            self.mark_days([claim.day], since=EPOCH)

    def take_gone(self, claim: DayClaim) -> Vanished:
        """Return what was noted of a day by runs that did not finish; it is this claim's now."""
        notes_of_day = {"kind": _GONE, "day": claim.day.isoformat()}
        with translated():
            self._bookmarks.update_many(notes_of_day, {"$set": {"owner": claim.owner}})
            notes = list(self._bookmarks.find({**notes_of_day, "owner": claim.owner}))
        refs = {str(ref) for note in notes for ref in note["refs"]}
        return Vanished(refs, {(user, ref) for note in notes for user, ref in note["pairs"]})

    def finish_day(self, claim: DayClaim) -> None:
        """Take the mark away, unless the day was marked again while it was counted.

        A worker that outlived its lease changes nothing: the mark is another's.
        """
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            if claim.replaces:
                notes = {"kind": _GONE, "day": claim.day.isoformat(), "owner": claim.owner}
                self._bookmarks.delete_many(notes)
            gone = self._bookmarks.delete_one({**own, "generation": claim.generation})
        if not gone.deleted_count:
            self.release_day(claim)

    def release_day(self, claim: DayClaim) -> None:
        """Give a claimed day back unfinished, for the next worker."""
        own = {"_id": f"day:{claim.day.isoformat()}", "owner": claim.owner}
        with translated():
            self._bookmarks.update_one(own, {"$set": {"leased_until": EPOCH}})

    def marked_days(self) -> list[date]:
        """Return the days that wait to be recounted, oldest first."""
        with translated():
            return sorted(date.fromisoformat(mark["day"]) for mark in self._marks())

    def counted_until(self) -> datetime | None:
        """Return the time before which every indexed event is counted; None before any run."""
        with translated():
            found = self._bookmarks.find_one({"_id": _FOUND})
            pending = [mark["since"] for mark in self._marks()]
        return min([found["until"], *pending]) if found else None

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

    def lock(self, name: str, owner: str, *, now: datetime, lease: timedelta) -> bool:
        """Take or renew a lock for ``owner``; return False while another one has it."""
        key = f"lock:{name}"
        free = {"_id": key, "$or": [{"owner": owner}, {"until": {"$lte": now}}]}
        with translated():
            try:
                held = {"owner": owner, "until": now + lease}
                self._bookmarks.update_one(free, {"$set": held}, upsert=True)
            except DuplicateKeyError:
                return False
        return True

    def unlock(self, name: str, owner: str) -> None:
        """Give a lock back."""
        with translated():
            self._bookmarks.delete_one({"_id": f"lock:{name}", "owner": owner})

    def _marks(self) -> list[Document]:
        return list(self._bookmarks.find({"kind": "day"}))
