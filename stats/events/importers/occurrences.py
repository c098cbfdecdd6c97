"""Which occurrence of the very same line a line is: part of the id of its event.

Invariant: what it answers follows from the lines of the file alone. Lines that are the same
have the same time, so only those of a while are remembered, and a file of any size needs no
more memory than :data:`LINES_REMEMBERED` lines. Of lines that are the same and further apart
the later is taken for the earlier; double clicks of one second count once anyway.
"""

from __future__ import annotations

from binascii import hexlify
from collections import OrderedDict
from hashlib import blake2b

LINES_REMEMBERED = 100_000
_MINUTE_MS = 60_000


class Occurrences:
    """Counts the lines of one file."""

    def __init__(self, remembered: int = LINES_REMEMBERED) -> None:
        self._remembered = remembered
        self._minutes: OrderedDict[int, dict[bytes, int]] = OrderedDict()
        self._last: tuple[int, dict[bytes, int]] = (-1, {})
        self._size = 0

    def id_of(self, content: bytes, timestamp: int) -> bytes:
        """Return the id of the event of a line at a time in epoch milliseconds."""
        digest = blake2b(content, digest_size=16).digest()
        minute = timestamp // _MINUTE_MS
        seen = self._last[1] if self._last[0] == minute else self._seen_in(minute)
        occurrence = seen.get(digest, 0) + 1
        seen[digest] = occurrence
        if occurrence == 1:
            self._size += 1
        return b"%b-%d" % (hexlify(digest), occurrence)

    def _seen_in(self, minute: int) -> dict[bytes, int]:
        seen = self._minutes.setdefault(minute, {})
        self._minutes.move_to_end(minute)
        self._last = (minute, seen)
        while self._size > self._remembered and len(self._minutes) > 1:
            _, forgotten = self._minutes.popitem(last=False)
            self._size -= len(forgotten)
        return seen
