"""The document of a month: what those of its days add up to.

Pure: documents in, documents out. Invariant: every sum, every row of
every breakdown, the largest and the latest value are those of the days
together. Documents whose parents or source differ stay apart, since they are
told apart by queries; nothing is cut off, so a breakdown may have more rows
than that of a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from math import fsum
from typing import Any

from stats.aggregations.daily_documents import document_id
from stats.events.types import SITE
from stats.times import month_of

Document = dict[str, Any]
Rows = list[list[Any]]

MONTH = "month"
WHOLE = frozenset(
    {
        "count",
        "unique_count",
        "volume",
        "excluded_count",
        "total_investigations",
        "unique_investigations",
        "total_requests",
        "unique_requests",
        "views",
        "downloads",
    }
)
LATEST = frozenset({"last", "last_viewed", "last_downloaded", "counted_at"})
NESTED = frozenset({"excluded", "counts", "via"})
_ABOUT = ("event", "user_id", "resource", "source", "container")


def roll_up(documents: Iterable[Document], month: date) -> Iterator[tuple[str, Document]]:
    """Yield ``_id`` and document of the month for ``documents`` in the order of resources.

    ``documents`` are those of a month of one family, of days or of the month
    already, those of one resource (and user) next to each other.
    """
    for _, same in groupby(documents, key=_near):
        apart: dict[tuple[str, ...], list[Document]] = {}
        for document in same:
            apart.setdefault(_identity(document), []).append(document)
        for identity, days in apart.items():
            yield document_id(month_of(month), *identity), merge(days, month)


def merge(days: Sequence[Document], month: date) -> Document:
    """Return the document of a month of one identity."""
    site = days[0]["resource"] == SITE
    ordered = sorted(days, key=lambda day: (day["timestamp"], day.get("last", "")))
    merged: Document = {}
    for name in dict.fromkeys(name for day in ordered for name in day):
        values = [day[name] for day in ordered if day.get(name) is not None]
        if values:
            merged[name] = _merge(name, values, site=site)
    merged["timestamp"] = f"{month.isoformat()}T00:00:00.000Z"
    merged["interval"] = MONTH
    return merged


def _near(document: Document) -> tuple[str, str]:
    return document.get("user_id", ""), document["resource"]


def _identity(document: Document) -> tuple[str, ...]:
    about = [str(document.get(name, "")) for name in _ABOUT]
    partly = document.get("partly", ())
    return (*about, *document.get("parents", ()), *(["partly", *partly] if partly else ()))


def _merge(name: str, values: list[Any], *, site: bool) -> Any:
    """Return one field of the month of those of the days, oldest first."""
    if name in WHOLE:
        return sum(values)
    if name == "sum":
        return fsum(values)
    if name == "max" or name in LATEST:
        return max(values)
    if name == "merged":
        return sorted({ref for value in values for ref in value})
    if name in NESTED:
        return _add_nested(values)
    return _add_breakdowns(values, site=site) if name == "breakdown" else values[-1]


def _add_breakdowns(values: Sequence[dict[str, Rows]], *, site: bool) -> dict[str, Rows]:
    names = dict.fromkeys(name for value in values for name in value)
    return {name: add_rows(_rows(value, name, site=site) for value in values) for name in names}


def _rows(value: dict[str, Rows], name: str, *, site: bool) -> Rows:
    """Return the rows of a day; one that does not say what is attributed to it means all."""
    role, _, plain = name.rpartition(".")
    if name in value or not role:
        return value.get(name, [])
    return [] if site else value.get(plain, [])


def _add_nested(values: Iterable[Any]) -> Any:
    """Add numbers that are nested in dictionaries, key by key."""
    total: dict[str, Any] = {}
    for value in values:
        for key, inner in value.items():
            if isinstance(inner, dict):
                total[key] = _add_nested([total.get(key, {}), inner])
            else:
                total[key] = total.get(key, 0) + inner
    return total


def add_rows(lists: Iterable[Rows]) -> Rows:
    """Add the rows of a breakdown by their keys; largest first, as a day has them."""
    sums: dict[str, list[int]] = {}
    for rows in lists:
        for key, *numbers in rows:
            known = sums.get(key)
            sums[key] = [a + b for a, b in zip(known, numbers, strict=True)] if known else numbers
    return sorted(([key, *row] for key, row in sums.items()), key=lambda row: (-row[1], row[0]))
