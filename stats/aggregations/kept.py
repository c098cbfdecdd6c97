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

from stats.aggregations.clicks import LATER
from stats.aggregations.day import DayNumbers
from stats.aggregations.rows import NOBODY, add, divide_by_user
from stats.aggregations.types import Aggregation
from stats.aggregations.users import UserRow
from stats.events.types import BY_USER
from stats.stores.kept import KeptDay, Row

USER_ROW, BREAKDOWN_ROW = "user", "breakdown"


def add_kept(kept: KeptDay, numbers: DayNumbers, aggregations: Sequence[Aggregation]) -> None:
    """Put the kept rows of a day back among its numbers."""
    types = {a.event_type.name: numbers.types[a] for a in aggregations if BY_USER in a.breakdowns}
    for kind, *row in kept.rows:
        if kind == USER_ROW:
            _add_user(row, numbers)
            continue
        name, ref, user, *sums = row
        if ref in types.get(name, ()):
            by_user = types[name][ref].kept
            by_user[user] = add(by_user.get(user, [0, 0, 0]), sums)


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
        if BY_USER not in aggregation.breakdowns:
            continue
        keys = numbers.profiles[aggregation].keys(BY_USER)
        for ref, one in found.items():
            for user, row in divide_by_user(one, keys).items():
                if user not in (NOBODY, LATER):
                    yield [BREAKDOWN_ROW, aggregation.event_type.name, ref, user, *row]


def _add_user(kept: Row, numbers: DayNumbers) -> None:
    user, ref, counts, apart, last = kept
    row = numbers.users.setdefault((user, ref), UserRow())
    row.counts += Counter({(name, via): count for name, via, count in counts})
    row.apart += Counter(dict(apart))
    for counts_as, time in last.items():
        row.last[counts_as] = max(row.last.get(counts_as, ""), time)
