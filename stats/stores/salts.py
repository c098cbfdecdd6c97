"""MongoDB collection ``salts``: the random salt of each UTC day.

Comes in: the number of a day since the epoch. Goes out: 32 random bytes, the
same to every worker. Invariant: a salt is used until 48 hours after the later of
its day's end and its creation, and never after (``docs/counting-rules.md#anonymity``),
neither from the collection nor from the memory of a process. A later event of such a
day gets a new salt, which cannot be linked to the old one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from pymongo.errors import DuplicateKeyError

from stats.errors import StoreUnavailable
from stats.stores.mongo import Documents, translated
from stats.times import DAY, DAY_MS, from_ms

KEPT = timedelta(hours=48)
SALT_BYTES = 32
_TRIES = 5


class _Salt(NamedTuple):
    salt: bytes
    expires: datetime


class SaltStore:
    """The salts, and this process's copies of those it used.

    ``clock`` tells the time that decides whether a salt may still be used.
    """

    def __init__(self, database: Documents, *, clock: Callable[[], datetime]) -> None:
        self._salts = database["salts"]
        self._clock = clock
        self._copies: dict[int, _Salt] = {}

    def ensure(self) -> None:
        """Make the index by which salts are destroyed; a second time is no error."""
        with translated():
            self._salts.create_index("expires")

    def salt_of(self, day: int) -> bytes:
        """Return the salt of day number ``day`` since the epoch, made if there is none."""
        now = self._clock()
        copy = self._copies.get(day)
        if copy is None or copy.expires <= now:
            self._forget(now)
            copy = self._copies[day] = self._shared(day, now)
        return copy.salt

    def has(self, day: date, *, now: datetime) -> bool:
        """Return whether the salt of ``day`` still lives: new events may get its visitors' ids."""
        with translated():
            found = self._salts.find_one({"_id": day.isoformat(), "expires": {"$gt": now}})
        return found is not None

    def destroy(self, now: datetime) -> int:
        """Delete the salts whose time is over; return how many."""
        self._forget(now)
        with translated():
            return self._salts.delete_many({"expires": {"$lte": now}}).deleted_count

    def _forget(self, now: datetime) -> None:
        self._copies = {day: copy for day, copy in self._copies.items() if copy.expires > now}

    def _shared(self, day: int, now: datetime) -> _Salt:
        """Read or make the salt that all workers share; who inserts first has made it."""
        key = from_ms(day * DAY_MS).date().isoformat()
        for _ in range(_TRIES):
            with translated():
                found = self._salts.find_one({"_id": key})
                if found is not None and found["expires"] > now:
                    return _Salt(bytes(found["salt"]), found["expires"])
                if found is not None:
                    self._salts.delete_one({"_id": key, "expires": found["expires"]})
                self._insert(key, day, now)
        raise StoreUnavailable("MongoDB", f"the salt of {key} cannot be read back")

    def _insert(self, key: str, day: int, now: datetime) -> None:
        expires = max(from_ms(day * DAY_MS) + DAY, now) + KEPT
        document = {"_id": key, "salt": secrets.token_bytes(SALT_BYTES), "expires": expires}
        try:
            self._salts.insert_one(document)
        except DuplicateKeyError:
            return  # another worker's, which is read next
