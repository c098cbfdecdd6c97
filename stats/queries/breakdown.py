"""``<type>-by``: how the numbers of one resource divide by country, referrer, ...

Reads the daily documents of the resource, which hold the divided numbers, and
adds them up. Of a host's own dimension it says what it and its values are called
(``dimension``). Invariant: buckets and ``other`` together have the
``count`` and ``volume`` of the total. Unique counts need not add up to it: one
session may have come from two referrers. ``other`` is what is beyond ``size``,
and what the daily documents themselves keep as ``(other)``. Places below the
country with fewer than ``Sources.minimum`` events are in it too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from stats.aggregations.types import Aggregation
from stats.events.types import DIMENSIONS, OTHER
from stats.queries.answers import echo
from stats.queries.compared import compare_keys, comparing
from stats.queries.filters import build_search
from stats.queries.metrics import COUNTS, csv_columns
from stats.queries.parameters import (
    COMPARE,
    FROM,
    RESOURCE,
    SOURCE,
    TO,
    WINDOW,
    choice,
    resolve_window,
    size,
)
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window

_PAGE = 1_000
"""Daily documents in one page; each may hold hundreds of values."""

Sums = dict[str, list[int]]
"""Count, unique count and volume of each value."""


def by(aggregation: Aggregation, *, name: str | None = None) -> Query:
    """Return the breakdown query of an aggregation."""
    event_type = aggregation.event_type
    names = [breakdown.name for breakdown in aggregation.breakdowns]
    breakdown = choice("breakdown", names, help="by what the numbers divide")
    shown = csv_columns(COUNTS, counts_as=event_type.counts_as)
    return Query(
        name or f"{event_type.name}-by",
        f"{event_type.title}: how those of a resource divide",
        "by",
        (aggregation,),
        (RESOURCE, breakdown, FROM, TO, WINDOW, size(20), SOURCE, COMPARE),
        ("key", *shown),
        run_by,
        resolve_window,
        scope="named",
        compare=comparing(compare_keys),
        compared=shown,
    )


def run_by(query: Query, params: Params, sources: Sources) -> Answer:
    """Read the daily documents in pages and add them up."""
    (aggregation,) = query.aggregations
    search = sources.search
    pages = search.pages(search.daily(aggregation.family), build_by(params), size=_PAGE)
    documents = (hit["_source"] for page in pages for hit in page)
    narrow = {one.name for one in aggregation.breakdowns if one.narrow}
    minimum = sources.minimum if params["breakdown"] in narrow else 1
    answer = {**echo(query, params), **read_by(documents, params, minimum=minimum)}
    return answer | _described(aggregation, params["breakdown"])


def _described(aggregation: Aggregation, name: str) -> Answer:
    """Return what a host's own dimension is called; of ours, the elements know it."""
    first, *others = next(one for one in aggregation.breakdowns if one.name == name).dimensions
    return {} if others or first in DIMENSIONS else {"dimension": first.describe()}


def build_by(params: Params) -> dict[str, Any]:
    """Return the request body: the numbers and the one breakdown of each document."""
    search = build_search(params, Window(params["from"], params["to"]))
    body: dict[str, Any] = search.source([*COUNTS, f"breakdown.{params['breakdown']}"]).to_dict()
    return {key: body[key] for key in ("query", "_source")}  # the pages have a size of their own


def read_by(documents: Iterable[Mapping[str, Any]], params: Params, *, minimum: int = 1) -> Answer:
    """Return the largest values, the rest, and the total."""
    sums, total = sum_values(documents, params["breakdown"])
    merge_few(sums, minimum)
    rest = sums.pop(OTHER, [0, 0, 0])
    ranked = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    for _, numbers in ranked[params["size"] :]:
        _add(rest, numbers)
    buckets = [{"key": key, **_row(numbers)} for key, numbers in ranked[: params["size"]]]
    return {"buckets": buckets, "other": _row(rest), "total": _row(total)}


def sum_values(documents: Iterable[Mapping[str, Any]], breakdown: str) -> tuple[Sums, list[int]]:
    """Return the numbers of each value of a breakdown, and of all, summed over documents.

    What ``<type>-by`` answers of one event type, and ``/api/stats/breakdown`` of several.
    """
    sums: Sums = defaultdict(lambda: [0, 0, 0])
    total = [0, 0, 0]
    for document in documents:
        _add(total, [document.get(name, 0) for name in COUNTS])
        for key, *numbers in (document.get("breakdown") or {}).get(breakdown, ()):
            _add(sums[key], numbers)
    return sums, total


def merge_few(sums: Sums, minimum: int) -> None:
    """Put the values with fewer than ``minimum`` events under ``(other)``, in place."""
    few = [key for key, (count, *_) in sums.items() if key != OTHER and count < minimum]
    for key in few:
        _add(sums.setdefault(OTHER, [0, 0, 0]), sums.pop(key))


def _add(sums: list[int], numbers: list[int]) -> None:
    for position, number in enumerate(numbers):
        sums[position] += number


def _row(numbers: list[int]) -> Row:
    return dict(zip(COUNTS, numbers, strict=True))
