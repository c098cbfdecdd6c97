"""The double-click filter of COUNTER 5.1 (section 7.3), over one visitor's clicks on one URL.

Of two clicks, the second at most 30 s after the first, the first does not count.
Pairwise, so that of a chain the last stays (``docs/counting-rules.md``, Double clicks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stats.aggregations.clicks import Click
from stats.counting_rules import DOUBLE_CLICK_MS
from stats.times import parse_time, to_ms


def put_in_order(group: list[Click]) -> None:
    """Sort clicks by time; of one millisecond the greater id is the later."""
    group.sort(key=lambda click: (click.timestamp, click.id))


def resolve(group: Sequence[Click]) -> Iterator[tuple[Click, Click | None]]:
    """Yield each click of the day with the later one that pushes it out, if one does.

    ``group`` is in order. Clicks of the next day's first seconds push out, and
    are not yielded themselves.
    """
    for click, later in pairwise(group):
        if click.carry_over:
            return
        yield click, later if _is_double(click, later) else None
    if group and not group[-1].carry_over:
        yield group[-1], None


def staying(group: Sequence[Click]) -> Iterator[Click]:
    """Yield which of one visitor's clicks on one URL, in their order, the filter leaves."""
    return (click for click, later in resolve(group) if later is None)


def _is_double(click: Click, later: Click) -> bool:
    return _milliseconds(later) - _milliseconds(click) <= DOUBLE_CLICK_MS


def _milliseconds(click: Click) -> int:
    return to_ms(parse_time(click.timestamp))
