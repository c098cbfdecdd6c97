"""Which of a day's events its documents have already: a digest of the events up to a time.

A run looks back behind its bookmark, since a bulk request may become visible late. Where the events
indexed up to the last of the last count are still the very same, only later ones are new, and
only what these touch is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from stats.stores.counted_days import NOTHING_KNOWN, KnownEvents

_BYTES = 8
_MODULUS = 1 << 8 * _BYTES


class SeenEvents:
    """The events of one type and day that a count reads, in any order and in any slices."""

    def __init__(self, known_until: str) -> None:
        self.last = ""
        self.digest = self.digest_of_known = 0
        self._known_until = known_until

    def add(self, event_id: str, indexed_at: str) -> bool:
        """Take an event; return whether it was indexed after all that may be known."""
        digest = blake2b(event_id.encode(), digest_size=_BYTES).digest()
        number = int.from_bytes(digest, "big")
        self.digest += number
        self.last = max(self.last, indexed_at)
        if indexed_at > self._known_until:
            return True
        self.digest_of_known += number
        return False


def is_same(seen: Mapping[str, SeenEvents], known: KnownEvents) -> bool:
    """Return whether those seen that may be known are the known ones, none more and none less."""
    found = {name: _text(one.digest_of_known) for name, one in seen.items() if one.digest_of_known}
    return known != NOTHING_KNOWN and found == known.digests


def build_known(seen: Mapping[str, SeenEvents]) -> KnownEvents:
    """Return what is known when all documents of what was seen are written."""
    last = max((one.last for one in seen.values()), default="")
    return KnownEvents(last, {name: _text(one.digest) for name, one in seen.items() if one.digest})


def _text(digest: int) -> str:
    return f"{digest % _MODULUS:x}"
