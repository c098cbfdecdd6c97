"""Of which events it is read who did them, while private fields come and go.

Events whose users are in the retained rows of a day are counted with
:data:`RETAINED` in the user's place: they may not say any more who it was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

RETAINED = "\0retained"
"""In the place of a user: who it was is in the retained rows of the day."""


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
