"""COUNTER usage of items by month, from the usage documents.

Bodies and readers are pure. Comes in: documents of ``stats-usage`` sorted by
resource. Goes out: one :class:`ItemUsage` a resource, of the uses that are attributed
to it in a role. Invariants: documents are read as a stream, so memory holds one
resource at a time; what is summed are days, and a session is within one day, so
sums of uniques are exact; a use is in one item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from stats.aggregations.types import USAGE_FIELDS, attributed
from stats.events.types import PAIR, SITE, Breakdown
from stats.stores.dsl import Search
from stats.stores.search_source import Body, SearchSource

SORT = ["resource", "timestamp"]

Counts = list[int]
"""The five numbers of :data:`USAGE_FIELDS`, in their order."""

Key = tuple[str, str]
"""Access method, and the value of the other dimension of a pair (empty without one)."""


@dataclass(slots=True)
class ItemUsage:
    """One resource's usage: breakdown -> (method, value) -> month ``YYYY-MM`` -> counts."""

    resource: str
    parents: tuple[str, ...] = ()
    rows: dict[Breakdown, dict[Key, dict[str, Counts]]] = field(default_factory=dict)


def build_usage(
    kinds: Sequence[str],
    first: date,
    last: date,
    *,
    role: str,
    breakdowns: Sequence[Breakdown],
) -> Body:
    """Ask for the usage documents of ``kinds`` from ``first`` to ``last``, both inclusive."""
    search: Search = Search().filter("terms", kind=list(kinds))
    search = search.filter("range", timestamp={"gte": first.isoformat(), "lte": last.isoformat()})
    names = [name for b in breakdowns for name in (b.name, attributed(role, b.name))]
    fields = ["resource", "timestamp", "parents", *USAGE_FIELDS]
    return search.source([*fields, *(f"breakdown.{name}" for name in names)]).to_dict()


def run_usage(
    search: SearchSource,
    kinds: Sequence[str],
    window: tuple[date, date],
    *,
    role: str,
    breakdowns: Sequence[Breakdown],
) -> Iterator[ItemUsage]:
    """Yield what is attributed to every resource of ``kinds`` in ``window``, by resource."""
    body = build_usage(kinds, *window, role=role, breakdowns=breakdowns)
    pages = search.pages(search.daily("usage"), body, sort=SORT)
    documents = (hit["_source"] for page in pages for hit in page)
    return read_usage(documents, breakdowns, role=role)


def read_usage(
    documents: Iterable[Body], breakdowns: Sequence[Breakdown], *, role: str
) -> Iterator[ItemUsage]:
    """Sum documents that come sorted by resource."""
    for resource, days in groupby(documents, key=lambda document: str(document["resource"])):
        item = ItemUsage(resource, rows={breakdown: {} for breakdown in breakdowns})
        for day in days:
            item.parents = tuple(day.get("parents") or ())
            for breakdown in breakdowns:
                _add(item.rows[breakdown], day, breakdown, role=role)
        yield item


def _add(rows: dict[Key, dict[str, Counts]], day: Body, breakdown: Breakdown, *, role: str) -> None:
    month = str(day["timestamp"])[:7]
    for text, *numbers in _rows_of(day, breakdown, role=role):
        method, _, value = str(text).partition(PAIR)
        counts = rows.setdefault((method, value), {}).setdefault(month, [0] * len(USAGE_FIELDS))
        for position, number in enumerate(numbers):
            counts[position] += number


def _rows_of(day: Body, breakdown: Breakdown, *, role: str) -> list[list[Any]]:
    """Return the rows of what is attributed to a day's resource.

    That is all where nothing else is said, and nothing for the site. A day taken over
    without breakdowns was regular use, its place unknown.
    """
    divided = day.get("breakdown") or {}
    own = divided.get(attributed(role, breakdown.name))
    if own is not None or day["resource"] == SITE:
        return list(own or ())
    known = divided.get(breakdown.name)
    if known is not None:
        return list(known)
    missing = [dimension.missing for dimension in breakdown.dimensions]
    return [[PAIR.join(missing), *(int(day.get(name, 0)) for name in USAGE_FIELDS)]]
