"""What the tests of whole numbers ask of the real system: the fixture `pipeline`.

The fixture gives a system of its own to each test (empty queues, indices and database, default
settings, the country database of the package) and is the only way in which the golden, real-log
and property tests touch it. Events go in as they are published; documents come out as plain
dictionaries:

daily   (day, resource) -> count, unique_count, volume, sum, max, last_value, last,
        excluded_count, breakdown: {name: {value: [count, unique_count, volume]}}
usage   (day, resource) -> total_investigations, unique_investigations, total_requests,
        unique_requests, breakdown: {name: {value: [the four in this order]}}
totals  ref -> views, unique_views, downloads, unique_downloads, volume, last_viewed,
        last_downloaded, events: {type: count}
users   (user, ref) -> views, downloads, last_viewed, last_downloaded,
        via: {via: {"views": n, "downloads": n}}

Days are `YYYY-MM-DD`, times `YYYY-MM-DDTHH:MM:SS.mmmZ` or None. `max` and `last_value` are None
and `sum` is 0 where no event had a value. Values that a document does not know are "" and for
countries "ZZ"; a pair of values is joined by "|".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

Documents = Mapping[tuple[str, str], Mapping[str, Any]]


class Handle(Protocol):
    """Work that has begun and waits at its most awkward moment."""

    def finish(self) -> None:
        """Let it go on to its end, and return when it has ended."""


class Pipeline(Protocol):
    """The system under test, driven by hand."""

    def publish(self, events: list[dict[str, Any]]) -> None:
        """Put events in the queue in this order; an invalid one raises and nothing of it is in."""

    def process(self) -> None:
        """Drain the queues into raw documents."""

    def aggregate(self) -> None:
        """Compute what is not yet counted: daily documents, then totals."""

    def import_log(self, path: Path, mapping: Path) -> Any:
        """Import an access log by its mapping: its events are published; `process` follows.

        Returns something with the attributes `imported`, `skipped`, `malformed` (lines).
        """

    def begin_aggregation(self) -> Handle:
        """Aggregate up to where the events are read and nothing is written yet."""

    def slow_process(self) -> Handle:
        """Drain the queues up to where `indexed_at` is stamped and no document is visible yet."""

    def daily(self, type: str) -> Documents:
        """Read the daily documents of an event type."""

    def usage(self) -> Documents:
        """Read the COUNTER family."""

    def totals(self) -> Mapping[str, Mapping[str, Any]]:
        """Read `statistic_totals`."""

    def users(self) -> Documents:
        """Read `statistic_users`."""
