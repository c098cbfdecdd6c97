"""What is kept of a day's people after its raw events no longer say who did it.

Rows per user, and breakdowns by user, come from a private field that is
scrubbed after a while. Before it goes, what was counted of it is kept by day,
and every later count of the day adds it. Kept are counts by person and
resource, as the daily documents have them; nothing leads from a kept row to an
event or a visitor.

Rows, as JSON lists::

    ["user", user, ref, [[type, via, count], ...], [[type, count], ...], {"views": time}]
    ["breakdown", type, ref, user, count, unique_count, volume]

What always holds: kept rows and the events that still say who did it add up to
what was counted before anything was scrubbed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from stats.aggregations.clicks import KEPT, LATER
from stats.aggregations.day import DayNumbers
from stats.aggregations.tally import Numbers
from stats.aggregations.types import Aggregation
from stats.aggregations.users import UserRow
from stats.events.types import BY_USER
from stats.stores.kept import KeptDay, Row

USER_ROW, BREAKDOWN_ROW = "user", "breakdown"
NOBODY = BY_USER.dimensions[0].missing
"""The value of a breakdown by user that stands for those not signed in."""


def add_kept(kept: KeptDay, numbers: DayNumbers, aggregations: Sequence[Aggregation]) -> None:
    """Put the kept rows of a day back among its numbers.

    What was counted of the same events without knowing who goes from the rows
    of those who are known; the rest is of nobody.
    """
    if not kept.generation:
        return
    types = {aggregation.event_type.name: aggregation for aggregation in aggregations}
    for kind, *row in kept.rows:
        if kind == USER_ROW:
            _add_user(row, numbers)
        elif row[0] in types and row[1] in numbers.types[types[row[0]]]:
            _add_breakdown(row, numbers.types[types[row[0]]][row[1]])
    for found in numbers.types.values():
        for one in found.values():
            _give_rest_to_nobody(one)


def build_rows(numbers: DayNumbers) -> list[Row]:
    """Return the rows to keep of what was counted of a day."""
    return [*_user_rows(numbers), *_breakdown_rows(numbers)]


def forget_user(rows: Iterable[Row], user: str) -> list[Row]:
    """Return the rows without those of a person, whose numbers become nobody's."""
    place = {USER_ROW: 1, BREAKDOWN_ROW: 3}
    return [row for row in rows if row[place[row[0]]] != user]


def _user_rows(numbers: DayNumbers) -> Iterator[Row]:
    for (user, ref), row in numbers.users.items():
        counts = [[*key, count] for key, count in row.counts.items()]
        apart = [[name, count] for name, count in row.apart.items()]
        yield [USER_ROW, user, ref, counts, apart, row.last]


def _breakdown_rows(numbers: DayNumbers) -> Iterator[Row]:
    for aggregation, found in numbers.types.items():
        for ref, one in found.items():
            for user, row in one.rows.get(BY_USER, {}).items():
                if user not in (NOBODY, KEPT, LATER):
                    yield [BREAKDOWN_ROW, aggregation.event_type.name, ref, user, *row]


def _add_user(kept: Row, numbers: DayNumbers) -> None:
    user, ref, counts, apart, last = kept
    row = numbers.users.setdefault((user, ref), UserRow())
    row.counts += Counter({(name, via): count for name, via, count in counts})
    row.apart += Counter(dict(apart))
    for counts_as, time in last.items():
        row.last[counts_as] = max(row.last.get(counts_as, ""), time)


def _add_breakdown(kept: Row, one: Numbers) -> None:
    _, _, user, *row = kept
    rows = one.rows.get(BY_USER)
    if rows is None:  # the type is not divided by user any more
        return
    rows[user] = _plus(rows.get(user, [0, 0, 0]), row)
    rest = rows.setdefault(KEPT, [0, 0, 0])
    rows[KEPT] = _plus(rest, [-number for number in row])


def _give_rest_to_nobody(one: Numbers) -> None:
    rows = one.rows.get(BY_USER, {})
    rest = rows.pop(KEPT, [0, 0, 0])
    if any(rest):
        rows[NOBODY] = _plus(rows.get(NOBODY, [0, 0, 0]), rest)


def _plus(left: list[int], right: list[int]) -> list[int]:
    return [one + other for one, other in zip(left, right, strict=True)]
