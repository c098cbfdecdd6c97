"""A search store whose work takes long, by a clock that the test reads."""

from __future__ import annotations

from typing import Any

from stats.ext import StatsState
from stats.times import utc_now


class SlowStore:
    """Passes everything on to the store of ``state``; subclasses let time go by."""

    def __init__(self, state: StatsState) -> None:
        self.now = utc_now()
        self.state = state
        self.store = state.stores.search

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def all_hits(self, index: str, body: Any, *, expected: int) -> Any:
        """Read page by page, however few are expected: pages are what is slow."""
        return self.pages(index, body)

    def clock(self) -> Any:
        return self.now
