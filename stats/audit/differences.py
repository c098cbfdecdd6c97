"""Where two documents that should be equal are not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

Document = Mapping[str, Any]

RAW_EVENTS = "raw events"
"""The field of a difference that is fewer raw events than a day was counted from."""

NOT_COMPARED = frozenset({"counted_at"})


@dataclass(frozen=True)
class Difference:
    """One number that is not what it should be.

    ``family`` is an event type, ``usage``, ``users``, or a collection of totals;
    ``day`` is a date, a month ``YYYY-MM``, or ``total``.
    """

    family: str
    day: str
    resource: str
    field: str
    stored: str
    right: str

    def __str__(self) -> str:
        where = f"{self.family} {self.day} {self.resource} {self.field}"
        return f"{where}: stored {self.stored}, right {self.right}"


@dataclass(frozen=True)
class Place:
    """What the compared documents are about."""

    family: str
    day: str
    resource: str

    def differ(self, field: str, stored: Any, right: Any) -> Difference:
        """Return a difference in this place."""
        return Difference(self.family, self.day, self.resource, field, _text(stored), _text(right))


Found = Callable[[Difference], None]
"""Takes what is found, as it is found."""


def compare(place: Place, stored: Document | None, right: Document | None) -> Iterator[Difference]:
    """Yield each field in which a stored document differs from the right one."""
    if stored is None or right is None:
        if stored is not right:
            yield place.differ("document", _there(stored), _there(right))
        return
    for field in sorted((stored.keys() | right.keys()) - NOT_COMPARED):
        yield from _compare_values(place, field, stored.get(field), right.get(field))


def _compare_values(place: Place, field: str, stored: Any, right: Any) -> Iterator[Difference]:
    if isinstance(stored, Mapping) and isinstance(right, Mapping):
        for key in sorted(stored.keys() | right.keys()):
            yield from _compare_values(place, f"{field}.{key}", stored.get(key), right.get(key))
    elif _is_rows(stored) and _is_rows(right):
        yield from _compare_values(place, field, _by_key(stored), _by_key(right))
    elif not _equal(stored, right):
        yield place.differ(field, stored, right)


def _equal(stored: Any, right: Any) -> bool:
    if isinstance(stored, float) or isinstance(right, float):
        return stored is not None and right is not None and isclose(stored, right, abs_tol=1e-9)
    return bool(stored == right)


def _is_rows(value: Any) -> bool:
    """Return whether a value is the rows of a breakdown."""
    return isinstance(value, list) and all(isinstance(row, list) for row in value)


def _by_key(rows: list[list[Any]]) -> dict[str, list[Any]]:
    return {str(row[0]): row[1:] for row in rows}


def _there(document: Document | None) -> str:
    return "none" if document is None else "one"


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)
