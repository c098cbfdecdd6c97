"""Profiles: the combinations of dimension values that events of a type have.

Most events of a day share few combinations of country, referrer, access method
and so on. Each gets a small number once; counting then works on the numbers,
and what a combination means for a breakdown is worked out when all are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stats.events.types import ACCESS_METHOD, MACHINE, PAIR, USER, Breakdown, Dimension


class Profiles:
    """The numbered combinations of the dimensions of some breakdowns."""

    def __init__(self, breakdowns: Sequence[Breakdown]) -> None:
        dimensions = dict.fromkeys(d for b in breakdowns for d in b.dimensions)
        self._by_user = USER in dimensions
        self._dimensions = [d for d in dimensions if d != USER] + [USER] * self._by_user
        self._fields = [d.field for d in dimensions if d != USER]
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._values: list[dict[Dimension, str]] = []

    @property
    def fields(self) -> list[str]:
        """Return the fields of a raw document that the dimensions are read from."""
        return self._fields

    def of(self, source: dict[str, Any], user: str | None) -> int:
        """Return the number of an event's combination."""
        combination = tuple(map(source.get, self._fields))
        if self._by_user:
            combination += (user,)
        number = self._numbers.get(combination)
        if number is None:
            number = self._numbers[combination] = len(self._values)
            self._values.append(
                {
                    dimension: _value(dimension, value)
                    for dimension, value in zip(self._dimensions, combination, strict=True)
                }
            )
        return number

    def keys(self, breakdown: Breakdown) -> list[str]:
        """Return which row of ``breakdown`` each combination belongs to, by its number."""
        return [
            PAIR.join(values[dimension] for dimension in breakdown.dimensions)
            for values in self._values
        ]


def _value(dimension: Dimension, value: Any) -> str:
    """Return a dimension's value as reports name it."""
    if dimension == ACCESS_METHOD:
        return MACHINE if value else dimension.missing
    return dimension.missing if value is None else str(value)
