"""How a resource's numbers of one day divide: the rows of its breakdowns.

In come numbers by profile, and which row each profile belongs to; out go rows.
Pure, and done for the documents that are written alone. Invariant: a
session is one unique of every row that it is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stats.aggregations.clicks import RETAINED
from stats.aggregations.tally import Numbers, Row
from stats.events.types import BY_USER, OTHER

NOBODY = BY_USER.dimensions[0].missing
"""The value of a breakdown by user that stands for those not signed in."""

RowsByKey = dict[str, Row]


def divide(numbers: Numbers, keys: Sequence[str]) -> RowsByKey:
    """Return the rows by key; ``keys`` has the key of each profile."""
    rows: RowsByKey = {}
    for profile, row in numbers.profiles.items():
        key = keys[profile]
        rows[key] = add(rows[key], row) if key in rows else row
    for profiles, sessions in numbers.mixed.items():
        for key in {keys[profile] for profile in profiles}:
            rows[key] = add(rows[key], (0, sessions, 0))
    return rows


def divide_by_user(numbers: Numbers, keys: Sequence[str]) -> RowsByKey:
    """Return the rows by user: of those that events name, and those that are kept.

    What was counted of the same events without knowing who goes from the rows
    of those who are known; the rest is of nobody. A session that is in the kept
    rows is not one more unique of the person when it goes on.
    """
    rows = divide(numbers, keys)
    for profiles, sessions in numbers.mixed.items():
        names = {keys[profile] for profile in profiles}
        if RETAINED in names:
            for name in names & {NOBODY, *numbers.retained}:
                rows[name] = add(rows[name], (0, -sessions, 0))
    rest = rows.pop(RETAINED, [0, 0, 0])
    for user, row in numbers.retained.items():
        rows[user] = add(rows.get(user, [0, 0, 0]), row)
        rest = [of_all - of_one for of_all, of_one in zip(rest, row, strict=True)]
    if any(rest):
        rows[NOBODY] = add(rows.get(NOBODY, [0, 0, 0]), rest)
    return rows


def add(row: Sequence[int], other: Sequence[int]) -> Row:
    """Return the sum of two rows."""
    return [row[0] + other[0], row[1] + other[1], row[2] + other[2]]


def sums(numbers: Numbers) -> Row:
    """Return count, unique count and volume of all profiles together."""
    found = [0, sum(numbers.mixed.values()), 0]
    for row in numbers.profiles.values():
        found = add(found, row)
    return found


def largest_first(rows: Mapping[str, Sequence[int]]) -> list[list[Any]]:
    """Return rows as documents list them, each with its key before it."""
    if len(rows) == 1:
        return [[key, *row] for key, row in rows.items()]
    return sorted(([key, *row] for key, row in rows.items()), key=lambda row: (-row[1], row[0]))


def limited(
    rows: RowsByKey, limit: int | None, numbers: Numbers, keys: Sequence[str]
) -> list[list[Any]]:
    """Return the rows largest first, those beyond the limit summed as one.

    A session that had several of the summed values is one unique of them all.
    """
    ordered = largest_first(rows)
    if limit is None or len(ordered) <= limit:
        return ordered
    rest = [sum(column) for column in zip(*(row[1:] for row in ordered[limit:]), strict=True)]
    summed = {row[0] for row in ordered[limit:]}
    for profiles, sessions in numbers.mixed.items():
        several = {keys[profile] for profile in profiles} & summed
        rest[1] -= sessions * max(0, len(several) - 1)
    return [*ordered[:limit], [OTHER, *rest]]
