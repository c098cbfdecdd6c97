"""What each user did with each resource in one day.

Rows roll up as totals do: to the resource and its parents, not to its owner
and not to the site (``docs/contracts.md#rows-by-user``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stats.aggregations.clicks import RETAINED, Click, Excluded
from stats.counting_rules import EXTRACTOR
from stats.events.types import EventType
from stats.kinds.catalogue import APART
from stats.refs import kind_of


@dataclass(slots=True)
class UserRow:
    """One user and resource.

    ``counts``: (event type, via) -> events that count. ``apart``: what extractors
    did under the user's key, which counts for nobody. ``last``: the time of the
    last view and download that count (``docs/contracts.md#rows-by-user``).
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)


UserRows = dict[tuple[str, str], UserRow]
"""Rows by user and resource."""


def rolled_up(resources: tuple[str, ...]) -> Iterator[str]:
    """Yield the resource of an event and its parents, out of all its resources."""
    yield resources[0]
    for resource in resources[1:]:
        if kind_of(resource) not in APART:
            yield resource


def count_users(clicks: Iterable[Click], event_type: EventType, rows: UserRows) -> None:
    """Add the ``clicks`` of signed-in users to ``rows``."""
    for click in clicks:
        if click.user is None or click.user == RETAINED:
            continue
        for resource in rolled_up(click.resources):
            row = rows.setdefault((click.user, resource), UserRow())
            row.counts[event_type.name, click.via] += 1
            if event_type.counts_as:
                last = row.last.get(event_type.counts_as, "")
                row.last[event_type.counts_as] = max(last, click.timestamp)


def count_extractors(events: Iterable[Excluded], event_type: EventType, rows: UserRows) -> None:
    """Add what extractors did under a user's key to ``rows``, apart from what counts."""
    for event in events:
        if event.user is None or event.via != EXTRACTOR:
            continue
        for resource in rolled_up(event.resources):
            rows.setdefault((event.user, resource), UserRow()).apart[event_type.name] += 1
