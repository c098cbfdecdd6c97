"""What the classes of invenio-stats do here: emit, process, count and answer.

Their constructors take what those of invenio-stats take; ``_state`` and ``_name``
come with the parameters that :class:`ReplacedState` gives out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from stats.ext import StatsState
from stats.hosts.invenio.replacement.numbers import Numbers
from stats.queries.types import Answer
from stats.times import utc_now

Build = Callable[..., "dict[str, Any] | None"]

_log = logging.getLogger(__name__)


class Interface(Protocol):
    """What these classes need of :class:`ReplacedState`."""

    @property
    def statistics(self) -> StatsState:
        """Return the statistics that do the work."""

    @property
    def numbers(self) -> Numbers:
        """Return what answers queries."""

    def emit(self, type_name: str, source: Mapping[str, Any], carried: Mapping[str, Any]) -> None:
        """Emit an event in the form of invenio-stats."""


def _client() -> Any:
    from invenio_search import current_search_client  # noqa: PLC0415

    return current_search_client


class Bookmark(NamedTuple):
    """Until when everything is counted."""

    date: str


class EventEmitter:
    """Emits one event: the host's builders make it, our queue takes it. Raises nothing."""

    def __init__(self, state: Interface, name: str, builders: Sequence[Build]) -> None:
        self.name = name
        self.builders = builders
        self._state = state

    def __call__(self, *args: Any, **carried: Any) -> None:
        """Build and emit; a builder that returns None drops the event."""
        try:
            event: dict[str, Any] | None = {}
            for build in self.builders:
                event = build(event, *args, **carried)
                if event is None:
                    return
            self._state.emit(self.name, event or {}, carried)
        except Exception:
            _log.exception("a %s could not be built and is not counted", self.name)


class Processor:
    """In place of ``EventsIndexer``: processes what waits of one event."""

    def __init__(self, queue: Any, _state: Interface, _name: str, **params: Any) -> None:
        self.queue = queue
        self._name = _name
        self._state = _state

    @property
    def index(self) -> str:
        """Return the alias of the raw documents."""
        return self._state.statistics.stores.search.raw(self._name)

    @property
    def client(self) -> Any:
        """Return the client of the instance."""
        return _client()

    def run(self) -> tuple[int, int]:
        """Return how many events were processed, and how many failed."""
        moved = self._take_over_queue()
        done = self._state.statistics.process([self._name])
        return sum(one.created for one in done.values()) or moved, 0

    def _take_over_queue(self) -> int:
        """Emit what waits since invenio-stats emitted it."""
        moved = 0
        for source in self.queue.theirs.consume() if self.queue.theirs is not None else ():
            self._state.emit(self._name, source, {})
            moved += 1
        return moved


class Aggregator:
    """In place of ``StatAggregator``: counts what is not counted yet, of all types."""

    def __init__(self, name: str, _state: Interface, event: str = "", **params: Any) -> None:
        self.name = name
        self.event = event
        self._state = _state

    @property
    def index(self) -> str:
        """Return the alias of the daily documents."""
        return self._state.statistics.stores.search.daily(self.event)

    @property
    def client(self) -> Any:
        """Return the client of the instance."""
        return _client()

    def run(
        self,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        update_bookmark: bool = True,
    ) -> list[tuple[int, int]]:
        """Return how many documents were written; with dates, those days are counted again."""
        window = None
        if start_date is not None:
            last = end_date.date() if end_date else utc_now().date()
            window = (start_date.date(), last)
        done = self._state.statistics.aggregate(window)
        return [(done.documents, 0)]

    def delete(self, start_date: datetime | None = None, end_date: datetime | None = None) -> None:
        """Count the days again: what is derived from events is replaced, never missing."""
        self.run(start_date, end_date)

    def list_bookmarks(
        self, start_date: Any = None, end_date: Any = None, limit: int | None = None
    ) -> list[Bookmark]:
        """Return until when all events are counted."""
        until = self._state.statistics.stores.bookmarks.counted_until()
        return [Bookmark(until.isoformat())] if until else []


class Asked:
    """In place of ``TermsQuery`` and ``DateHistogramQuery``: one named query, ready to run."""

    def __init__(self, name: str, _state: Interface, **params: Any) -> None:
        self.name = name
        self.metric_fields = params.get("metric_fields") or {"value": ("sum", "count", {})}
        self._state = _state

    def run(self, **params: Any) -> Answer:
        """Return the answer; with all engines down, the last one that is known."""
        return self._state.numbers.answer(self.name, params)
