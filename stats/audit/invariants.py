"""What must hold within one daily document, whatever happened that day. Pure.

This is what can be said of days and months whose raw events are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stats.aggregations.types import USAGE_FAMILY, USERS_FAMILY
from stats.audit.differences import Difference, Place

Document = Mapping[str, Any]

NOT_ABOVE = {
    "unique_count": "count",
    "unique_investigations": "total_investigations",
    "unique_requests": "total_requests",
    "total_requests": "total_investigations",
}
"""A field, and the one that it never exceeds."""

_TYPE_COLUMNS = ("count", None, "volume")
_USAGE_COLUMNS = ("total_investigations", None, "total_requests", None, "volume")


def check_document(family: str, document: Document) -> Iterator[Difference]:
    """Yield what cannot be right about one document of a day or month."""
    place = place_of(family, document)
    for field, limit in NOT_ABOVE.items():
        if document.get(field, 0) > document.get(limit, document.get(field, 0)):
            yield place.differ(field, document[field], f"at most {limit} {document[limit]}")
    if family == USERS_FAMILY:
        yield from _check_vias(place, document)
    else:
        yield from _check_breakdowns(place, document)
    excluded = document.get("excluded")
    if excluded is not None and sum(excluded.values()) != document["excluded_count"]:
        yield place.differ("excluded_count", document["excluded_count"], sum(excluded.values()))


def place_of(family: str, document: Document) -> Place:
    """Return what a stored document is about."""
    day = document["timestamp"][: 7 if document.get("interval") == "month" else 10]
    user = f"{document['user_id']} " if family == USERS_FAMILY else ""
    return Place(family, day, f"{user}{document['resource']}")


def _check_breakdowns(place: Place, document: Document) -> Iterator[Difference]:
    """Each breakdown divides the whole: counts and bytes, not uniques.

    What is attributed to an item is a part, and never more.
    """
    columns = _USAGE_COLUMNS if place.family == USAGE_FAMILY else _TYPE_COLUMNS
    for name, rows in document.get("breakdown", {}).items():
        for position, field in enumerate(columns, start=1):
            divided = sum(row[position] for row in rows)
            if field is None:
                continue
            whole = document.get(field, 0)
            if divided > whole or (divided < whole and "." not in name):
                yield place.differ(field, whole, f"{divided} by {name}")


def _check_vias(place: Place, document: Document) -> Iterator[Difference]:
    """What counts for a person is what they did, by whatever way but extractors'."""
    ways = document.get("via", {})
    for counter in ("views", "downloads"):
        right = sum(sums.get(counter, 0) for way, sums in ways.items() if way != "extractor")
        if document.get(counter, 0) != right:
            yield place.differ(counter, document.get(counter, 0), right)
