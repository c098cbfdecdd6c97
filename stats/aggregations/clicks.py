"""What is read of an event to count it: a click that may count, or why it does not.

Times stay ISO text with milliseconds, all of one form, so that text order is time order.

Private fields come and go: events whose users are in the retained rows of a day are counted with
:data:`RETAINED` in the user's place, since they may not say any more who it was.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from stats.counting_rules import CARRY_OVER_VISITOR
from stats.events.types import USER, VIA

FIELDS = (
    "id",
    "timestamp",
    "indexed_at",
    "resources",
    "visitor_id",
    CARRY_OVER_VISITOR,
    "session",
    "url_key",
    "size",
    "value",
    "excluded",
    VIA.field,
    USER.field,
)
"""What of a raw document is read, beside the dimensions of its type."""


RETAINED = "\0retained"
"""In the place of a user: who it was is in the retained rows of the day."""


class News(IntEnum):
    """Whether the documents of an event's resources have it.

    ``PERHAPS``: it was indexed shortly before the last count, which may not have seen it.
    """

    KNOWN = 0
    PERHAPS = 1
    NEW = 2


class Click(NamedTuple):
    """What counting needs of one event.

    ``user`` is None for nobody, and :data:`RETAINED`. ``news``: whether the documents of its
    resources have it already. ``carry_over``: it is of the first seconds of the next
    day, and only there to push others out.
    """

    timestamp: str
    id: str
    resources: tuple[str, ...]
    session: str
    profile: int
    volume: int
    value: float | None
    user: str | None
    via: str
    news: News
    carry_over: bool


class Excluded(NamedTuple):
    """An event that is kept and not counted, and why; ``news`` as of a click."""

    resources: tuple[str, ...]
    reason: str
    user: str | None
    via: str
    news: News


class Attribution(NamedTuple):
    """The user is read of events indexed from ``start`` until ``end``, both ISO text.

    Events before ``start`` are in retained rows; those from ``end`` on are passed over.
    """

    start: str = ""
    end: str = "~"

    def who(self, source: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return the user, and the value that breakdowns by user count the event under."""
        if source["indexed_at"] < self.start:
            return None, RETAINED
        private = source.get("private")
        user = private.get("user_id") if private else None
        return user, user


ALL_EVENTS = Attribution()
