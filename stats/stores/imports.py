"""MongoDB collection ``imports``: which logs were imported, and which of that was taken back.

An id
    ``key`` tells the same import from others when it is repeated; ``files``, ``format``,
    ``mapping`` (its hash), ``started``, ``ended``, ``counts`` of lines, ``first`` and ``last``
    day of its events; ``state``: running, done, withdrawing, withdrawn; ``days`` that a
    withdrawal concerns; ``cutovers``: by event type, from when on this system counts alone
    (imports from another one).
``follow:<name>``
    How far a log that is followed was read: ``head``, ``head_bytes``, ``offset``.
``list``
    ``version`` rises with each withdrawal, so that a look at it tells whether there are new ones.

Invariant: the days of an import are noted before events of them are published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from secrets import token_hex

from pymongo import ASCENDING

from stats.stores.mongo import Document, Documents, translated

_LIST = "list"
_IMPORT = "import"
RUNNING, DONE, WITHDRAWING, WITHDRAWN = "running", "done", "withdrawing", "withdrawn"


@dataclass(frozen=True)
class ImportRecord:
    """What is known of one import."""

    id: str
    state: str
    files: tuple[str, ...]
    format: str
    mapping: str
    started: datetime
    counts: Mapping[str, int]
    first: date | None = None
    last: date | None = None
    days: tuple[date, ...] = ()
    cutovers: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Bookmark:
    """How far a file was read: ``head`` is the hash of its first ``head_bytes``."""

    head: str
    head_bytes: int
    offset: int


class ImportStore:
    """All imports, and this process's copy of which are withdrawn."""

    def __init__(self, database: Documents) -> None:
        self._imports = database["imports"]
        self._version = -1
        self._withdrawn: frozenset[str] = frozenset()

    def ensure(self) -> None:
        """Make the index that finds an import again; a second time is no error."""
        with translated():
            self._imports.create_index([("key", ASCENDING)])

    def begin(self, key: str, about: Mapping[str, object], *, now: datetime) -> str:
        """Return the id of an import: that of the same one before, unless it was withdrawn."""
        with translated():
            known = self._imports.find_one({"key": key, "state": {"$in": [RUNNING, DONE]}})
            if known is not None:
                self._imports.update_one({"_id": known["_id"]}, {"$set": {"state": RUNNING}})
                return str(known["_id"])
            new = {"_id": token_hex(6), "kind": _IMPORT, "key": key, "state": RUNNING}
            self._imports.insert_one({**new, **about, "started": now, "counts": {}})
        return str(new["_id"])

    def note_days(self, import_id: str, first: date, last: date) -> None:
        """Note between which days events of an import are."""
        span = {"$min": {"first": first.isoformat()}, "$max": {"last": last.isoformat()}}
        with translated():
            self._imports.update_one({"_id": import_id}, span)

    def note_cutovers(self, import_id: str, cutovers: Mapping[str, datetime]) -> None:
        """Note from when on this system counts a type alone; nothing else may be noted later."""
        with translated():
            for name, moment in cutovers.items():
                field_name = f"cutovers.{name}"
                unknown = {"_id": import_id, field_name: {"$exists": False}}
                self._imports.update_one(unknown, {"$set": {field_name: moment}})

    def finish(self, import_id: str, counts: Mapping[str, int], *, now: datetime) -> None:
        """Note what became of the lines; an import that was withdrawn meanwhile stays that."""
        own = {"_id": import_id, "state": RUNNING}
        values = {"state": DONE, "counts": dict(counts), "ended": now}
        with translated():
            self._imports.update_one(own, {"$set": values})

    def read(self, import_id: str) -> ImportRecord | None:
        """Return what is known of an import."""
        with translated():
            found = self._imports.find_one({"_id": import_id, "kind": _IMPORT})
        return None if found is None else _record(found)

    def all(self) -> list[ImportRecord]:
        """Return all imports, oldest first."""
        with translated():
            return [_record(a) for a in self._imports.find({"kind": _IMPORT}).sort("started", 1)]

    def read_bookmark(self, name: str) -> Bookmark | None:
        """Return how far a log that is followed was read."""
        with translated():
            found = self._imports.find_one({"_id": f"follow:{name}"})
        if found is None:
            return None
        return Bookmark(found["head"], found["head_bytes"], found["offset"])

    def write_bookmark(self, name: str, bookmark: Bookmark) -> None:
        """Note how far a log that is followed was read."""
        with translated():
            key = {"_id": f"follow:{name}"}
            self._imports.update_one(key, {"$set": asdict(bookmark)}, upsert=True)

    def withdraw(self, import_id: str) -> None:
        """Have events of an import dropped from now on, wherever they are."""
        with translated():
            self._imports.update_one({"_id": import_id}, {"$set": {"state": WITHDRAWING}})
            self._imports.update_one({"_id": _LIST}, {"$inc": {"version": 1}}, upsert=True)

    def note_withdrawn_days(self, import_id: str, days: Iterable[date]) -> None:
        """Note which days change by a withdrawal, before anything of them goes."""
        names = {"$each": [day.isoformat() for day in days]}
        with translated():
            self._imports.update_one({"_id": import_id}, {"$addToSet": {"days": names}})

    def finish_withdrawal(self, import_id: str, *, now: datetime) -> None:
        """Note that nothing of an import is left."""
        values = {"state": WITHDRAWN, "withdrawn": now}
        with translated():
            self._imports.update_one({"_id": import_id}, {"$set": values})

    def withdrawn(self) -> frozenset[str]:
        """Return the ids of withdrawn imports: one small look-up as long as there is no new one."""
        with translated():
            head = self._imports.find_one({"_id": _LIST})
            version = int(head["version"]) if head else 0
            if version != self._version:
                gone = self._imports.find({"state": {"$in": [WITHDRAWING, WITHDRAWN]}}, {"_id": 1})
                self._withdrawn = frozenset(str(one["_id"]) for one in gone)
                self._version = version
        return self._withdrawn


def _record(found: Document) -> ImportRecord:
    return ImportRecord(
        id=str(found["_id"]),
        state=found["state"],
        files=tuple(found["files"]),
        format=found["format"],
        mapping=found["mapping"],
        started=found["started"],
        counts=found["counts"],
        first=_day(found.get("first")),
        last=_day(found.get("last")),
        days=tuple(sorted(date.fromisoformat(day) for day in found.get("days", ()))),
        cutovers=dict(found.get("cutovers", {})),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
