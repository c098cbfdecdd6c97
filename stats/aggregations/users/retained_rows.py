"""What is kept of a day's people after its raw events no longer say who did it.

Rows per user, and breakdowns by user, come from a private field that is
scrubbed after a while. Before it goes, what was counted of it is kept by day,
and every later count of the day adds it. Kept are counts by person and
resource, as the daily documents have them; nothing leads from a kept row to an
event or a visitor.

Rows, as JSON lists::

    ["user", user, ref, [[type, via, count], ...], [[type, count], ...], {"views": time}]
    ["breakdown", type, ref, user, count, unique_count, volume]

Invariant: kept rows and the events that still say who did it add up to
what would have been counted had nothing been scrubbed. A late click that pushes a
kept one out tells by its visitor whose that was; it is taken from the rows when
they are added. The last times of a row alone stay as they were kept: where a click
that was the last one goes, for one of the next day or of other parents, its time stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from stats.aggregations.breakdown_rows import NOBODY, add, divide_by_user
from stats.aggregations.count_day import DayNumbers
from stats.aggregations.tally import Numbers
from stats.aggregations.types import Aggregation
from stats.aggregations.users.retractions import Retraction
from stats.aggregations.users.rows import UserRow, rolled_up
from stats.events.types import BY_USER
from stats.stores.retained_user_rows import RetainedDay, RetainedRow

USER_ROW, BREAKDOWN_ROW = "user", "breakdown"


def add_retained(
    kept: RetainedDay, numbers: DayNumbers, aggregations: Sequence[Aggregation]
) -> None:
    """Put the kept rows of a day back among its numbers."""
    types = {a.event_type.name: numbers.types[a] for a in aggregations if BY_USER in a.breakdowns}
    for kind, *row in kept.rows:
        if kind == USER_ROW:
            _add_user(row, numbers)
            continue
        name, ref, user, *sums = row
        if ref in types.get(name, ()):
            by_user = types[name][ref].retained
            by_user[user] = add(by_user.get(user, [0, 0, 0]), sums)
    if not numbers.retractions:
        return
    pairs = {(row[1], row[2]) for row in kept.rows if row[0] == USER_ROW}
    for retraction in numbers.retractions:
        _take_user(retraction, numbers, pairs)
        _take_breakdown(retraction, types.get(retraction.aggregation.event_type.name, {}))


def build_rows(numbers: DayNumbers) -> list[RetainedRow]:
    """Return the rows to keep of what was counted of a day."""
    return [*_user_rows(numbers), *_breakdown_rows(numbers)]


def forget_user(rows: Iterable[RetainedRow], user: str) -> list[RetainedRow]:
    """Return the rows without those of a person, whose numbers become nobody's."""
    place = {USER_ROW: 1, BREAKDOWN_ROW: 3}
    return [row for row in rows if row[place[row[0]]] != user]


def rename_rows(rows: Iterable[RetainedRow], old: str, new: str) -> list[RetainedRow]:
    """Return the rows with ``new`` in place of the ref ``old``; rows of both are added later."""
    return [[*row[:2], new, *row[3:]] if row[2] == old else row for row in rows]


def _user_rows(numbers: DayNumbers) -> Iterator[RetainedRow]:
    for (user, ref), row in numbers.users.items():
        counts = [[*key, count] for key, count in row.counts.items()]
        apart = [[name, count] for name, count in row.apart.items()]
        yield [USER_ROW, user, ref, counts, apart, row.last]


def _breakdown_rows(numbers: DayNumbers) -> Iterator[RetainedRow]:
    for aggregation, found in numbers.types.items():
        if BY_USER not in aggregation.breakdowns:
            continue
        keys = numbers.profiles[aggregation].keys(BY_USER)
        for ref, one in found.items():
            for user, row in divide_by_user(one, keys).items():
                if user != NOBODY:
                    yield [BREAKDOWN_ROW, aggregation.event_type.name, ref, user, *row]


def _add_user(kept: RetainedRow, numbers: DayNumbers) -> None:
    user, ref, counts, apart, last = kept
    row = numbers.users.setdefault((user, ref), UserRow())
    row.counts += Counter({(name, via): count for name, via, count in counts})
    row.apart += Counter(dict(apart))
    for counts_as, time in last.items():
        row.last[counts_as] = max(row.last.get(counts_as, ""), time)


def _take_user(retraction: Retraction, numbers: DayNumbers, kept: set[tuple[str, str]]) -> None:
    """Take a click from the rows of its user; what comes to nothing goes."""
    use = (retraction.aggregation.event_type.name, retraction.click.via)
    for pair in [(retraction.user, ref) for ref in rolled_up(retraction.click.resources)]:
        if pair not in kept:
            continue
        row = numbers.users[pair]
        row.counts[use] -= 1
        row.counts = +row.counts
        if not row.counts and not row.apart:
            del numbers.users[pair]


def _take_breakdown(retraction: Retraction, found: dict[str, Numbers]) -> None:
    for ref in retraction.click.resources:
        if ref in found and retraction.user in found[ref].retained:
            row = found[ref].retained[retraction.user]
            found[ref].retained[retraction.user] = add(
                row, (-1, -(ref in retraction.ended), -retraction.click.volume)
            )
