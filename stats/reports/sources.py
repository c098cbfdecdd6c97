"""What reports need of the stores, as small protocols.

A report takes what it reads from as an argument; these say what that must
offer, so that a test can give rows by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from stats.events.types import Dimension, EventType
from stats.kinds.types import Kinds
from stats.stores.ranking import RankedBy
from stats.stores.search_source import Body, SearchSource

Visibility = Callable[[Sequence[str]], set[str]]
"""Of some refs, those that the caller may see."""


class RankingSource(Protocol):
    """What reports need of ``stores.ranking.RankingStore``."""

    def totals(self, kind: str, by: RankedBy, counted: Sequence[RankedBy] = ...) -> Iterator[Body]:
        """Yield totals of one kind that have one of ``counted``, most first."""

    def users(self, kind: str, by: RankedBy, counted: Sequence[RankedBy] = ...) -> Iterator[Body]:
        """Yield rows of users and resources of one kind that have one of ``counted``."""

    def count_totals(self, kind: str, counted: Sequence[RankedBy] = ...) -> int:
        """Return how many totals of that kind there are."""

    def count_users(self, kind: str, counted: Sequence[RankedBy] = ...) -> int:
        """Return how many rows of users and that kind there are."""

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind was counted."""


class ResourceSource(Protocol):
    """What reports need of ``stores.resources.ResourceStore``."""

    def read(self, refs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the descriptions of those ``refs`` that have one."""

    def has_kind(self, kind: str) -> bool:
        """Return whether anything of that kind is described."""


class BookmarkSource(Protocol):
    """What reports need of ``stores.bookmarks.Bookmarks``."""

    def counted_until(self) -> datetime | None:
        """Return the time before which every indexed event is counted."""


@dataclass(frozen=True)
class Sources:
    """Where reports read; ``event_types`` say what counts as a view or a download."""

    search: SearchSource
    ranking: RankingSource
    resources: ResourceSource
    bookmarks: BookmarkSource
    event_types: Mapping[str, EventType]
    kinds: Kinds
    dimensions: Mapping[str, Dimension]

    def names(self, counts_as: str) -> list[str]:
        """Return the names of the event types that count as views, or as downloads."""
        return [t.name for t in self.event_types.values() if t.counts_as == counts_as]

    def daily(self, *counted_as: str) -> str:
        """Return the daily documents of all types that count as one of ``counted_as``.

        Never empty, since that would be every index there is.
        """
        names = [name for counter in counted_as for name in self.names(counter)]
        return ",".join(map(self.search.daily, names)) or self.search.daily("no-type")
