"""A search engine that is asked for a limited time, and not for somebody who has gone.

Comes in: a :class:`SearchSource`, a time and what tells that nobody waits any more. Goes out:
the same, each of whose searches the engine itself ends when the time is over. Invariant: after
that no search is sent, so that the thread of a request is free, whatever was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from stats.errors import LimitError, StoreUnavailable
from stats.stores.search_servers.paging import TIE_BREAK
from stats.stores.search_source import Body, SearchSource

RETRY_AFTER = 30
"""Seconds after which the same may be asked again: what is slow now may be cached then."""


def never_gone() -> bool:
    """Return False: who asked cannot be seen to have gone."""
    return False


@dataclass(frozen=True)
class Patience:
    """How long the searches of one request may take together, and whether its sender has gone.

    ``ends`` is a time of ``clock``, in seconds.
    """

    seconds: float
    ends: float
    is_gone: Callable[[], bool] = never_gone
    clock: Callable[[], float] = monotonic

    def left(self) -> float:
        """Return the seconds that are left; raise ``LimitError`` when there are none."""
        left = self.ends - self.clock()
        if left <= 0 or self.is_gone():
            message = f"not done in {self.seconds:g} s; ask for a shorter window, or less at a time"
            raise LimitError("too_slow", message, status=503, retry_after=RETRY_AFTER)
        return left


@dataclass(frozen=True)
class BoundedSearch:
    """``source``, asked as long as there is ``patience``."""

    source: SearchSource
    patience: Patience

    def daily(self, family: str, month: str | None = None) -> str:
        """Return the alias of a family's daily documents, or one month's index."""
        return self.source.daily(family, month)

    def raw(self, type_name: str, month: str | None = None) -> str:
        """Return the alias of a type's raw documents, or one month's index."""
        return self.source.raw(type_name, month)

    def search(self, index: str, body: Body) -> Body:
        """Run one search."""
        try:
            return self.source.search(index, self._bounded(body))
        except StoreUnavailable:
            self.patience.left()  # it was ended because the time is over
            raise

    def pages(
        self, index: str, body: Body, *, size: int = 10_000, sort: Sequence[Any] = (TIE_BREAK,)
    ) -> Iterator[list[Body]]:
        """Yield all hits, page by page."""
        for page in self.source.pages(index, self._bounded(body), size=size, sort=sort):
            yield page
            self.patience.left()  # each page is a search

    def _bounded(self, body: Body) -> Body:
        return {**body, "timeout": f"{max(1, int(self.patience.left() * 1000))}ms"}
