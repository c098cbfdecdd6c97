"""What readers need of :class:`~stats.stores.search.SearchStore`, as one small protocol.

Queries, reports and the event log take what they read from as an argument; this says what
that must offer, so that a test can give documents by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Body = dict[str, Any]
"""The JSON of a request or of its answer."""


class SearchSource(Protocol):
    """A search engine, read."""

    def daily(self, family: str, month: str | None = None) -> str:
        """Return the alias of a family's daily documents, or one month's index."""

    def raw(self, type_name: str, month: str | None = None) -> str:
        """Return the alias of a type's raw documents, or one month's index."""

    def search(self, index: str, body: Body) -> Body:
        """Run one search."""

    def pages(
        self, index: str, body: Body, *, size: int = 10_000, sort: Sequence[Any] = ...
    ) -> Iterator[list[Body]]:
        """Yield all hits of ``body``, page by page, in the order of ``sort``."""
