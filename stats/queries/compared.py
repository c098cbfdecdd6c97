"""``compare=`` of a query: its answer, with the change beside its numbers.

Comes in: a query with a ``compare``, and resolved parameters. Goes out: its answer with
``comparison``, the days that are compared, and the columns of the change in each row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from stats.queries.coarse import run_coarse
from stats.queries.comparison import (
    BEFORE_FIRST_DATA,
    NO_WHOLE_DAY,
    ROLLED_UP,
    Comparison,
    build_change,
    describe,
    plan_comparison,
)
from stats.queries.first_day import run_first_day
from stats.queries.metrics import add_rows
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Interval, Window, list_days, shift
from stats.times import DAY, parse_day

Put = Callable[[Query, Params, Sources, Comparison], Answer]
"""Runs a query and puts the change into its rows."""

_EVERY = 1_000_000
"""Values of a breakdown: all of them, since any may have been among the largest before."""


def comparing(put: Put) -> Callable[[Query, Params, Sources, datetime | None], Answer]:
    """Return the ``compare`` of a query whose rows ``put`` gives the change."""
    return partial(_run_compared, put=put)


def _run_compared(
    query: Query, params: Params, sources: Sources, counted_until: datetime | None, *, put: Put
) -> Answer:
    comparison = plan_comparison(params, counted_until)
    comparison = _with_reason(query, params, sources, comparison, counted_until)
    answer = put(query, params, sources, comparison)
    return {**answer, "comparison": describe(comparison)}


def _with_reason(
    query: Query,
    params: Params,
    sources: Sources,
    comparison: Comparison,
    counted_until: datetime | None,
) -> Comparison:
    """Say when the basis is not known, or not as days."""
    first = run_first_day(query, params, sources.search)
    comparison = replace(comparison, first_data=first)
    begins = comparison.basis.first
    if comparison.reason or begins is None:
        return comparison
    if first is None or begins < first:
        return replace(comparison, reason=BEFORE_FIRST_DATA)
    for window in (comparison.days, comparison.basis):
        asked = in_window(params, window)
        if run_coarse(query, asked, sources.search, counted_until=counted_until):
            return replace(comparison, reason=ROLLED_UP)
    return comparison


def in_window(params: Params, window: Window) -> Params:
    """Return the parameters with another window."""
    return {**params, "from": window.first, "to": window.last}


def compare_total(query: Query, params: Params, sources: Sources, comparison: Comparison) -> Answer:
    """Put the change of the whole into the total."""
    answer = query.run(query, params, sources)
    now, then = read_both(query, params, sources, comparison)
    change = build_change(
        now and now["total"],
        then and then["total"],
        metrics=query.compared,
        reason=comparison.reason,
    )
    return {**answer, "total": {**answer["total"], **change}}


def compare_keys(query: Query, params: Params, sources: Sources, comparison: Comparison) -> Answer:
    """Put the change of each value into its bucket, and that of the whole into the total."""
    answer = query.run(query, params, sources)
    now, then = read_both(query, {**params, "size": _EVERY}, sources, comparison)
    change = partial(build_change, metrics=query.compared, reason=comparison.reason)
    numbers_now, numbers_then = _by_key(now, query), _by_key(then, query)
    buckets = [
        {**row, **change(numbers_now(row["key"]), numbers_then(row["key"]))}
        for row in answer["buckets"]
    ]
    total = change(now and now["total"], then and then["total"])
    return {**answer, "buckets": buckets, "total": {**answer["total"], **total}}


def compare_intervals(
    query: Query, params: Params, sources: Sources, comparison: Comparison
) -> Answer:
    """Put the change of each interval's whole days into its bucket, and of all into the total."""
    answer = query.run(query, params, sources)
    now, then = read_both(query, {**params, "interval": "day"}, sources, comparison)
    read_now, read_then = _by_days(now, query), _by_days(then, query)

    def change(days: Window) -> Row:
        if days == Window():
            reason = comparison.reason or NO_WHOLE_DAY
            return build_change(None, None, metrics=query.compared, reason=reason)
        numbers = read_now(days), read_then(comparison.before(days))
        return build_change(*numbers, metrics=query.compared, reason=comparison.reason)

    buckets = [
        {**row, **change(_compared_days(row["date"], params["interval"], comparison.days))}
        for row in answer["buckets"]
    ]
    return {
        **answer,
        "buckets": buckets,
        "total": {**answer["total"], **change(comparison.days)},
    }


def _compared_days(start: str, interval: Interval, compared: Window) -> Window:
    """Return the compared days of the interval that begins at ``start``; no bounds: none."""
    if compared.first is None or compared.last is None:
        return Window()
    begin = parse_day(start)
    first = max(begin, compared.first)
    last = min(shift(begin, interval, 1) - DAY, compared.last)
    return Window(first, last) if first <= last else Window()


def read_both(
    query: Query, params: Params, sources: Sources, comparison: Comparison
) -> tuple[Answer | None, Answer | None]:
    """Return the answers of the compared days and of the basis, None where there are none."""
    if comparison.days == Window():
        return None, None
    now = query.run(query, in_window(params, comparison.days), sources)
    if comparison.reason:
        return now, None
    return now, query.run(query, in_window(params, comparison.basis), sources)


def _by_key(answer: Answer | None, query: Query) -> Callable[[str], Row | None]:
    """Return a reader of a value's numbers: zeros where it is not, None without an answer."""
    if answer is None:
        return lambda key: None
    rows = {row["key"]: row for row in answer["buckets"]}
    zeros = dict.fromkeys(query.compared, 0)
    return lambda key: rows.get(key, zeros)


def _by_days(answer: Answer | None, query: Query) -> Callable[[Window], Row | None]:
    """Return a reader of the sums of some days of a history by day; None without an answer."""
    if answer is None:
        return lambda days: None
    rows = {row["date"]: row for row in answer["buckets"]}

    def read(days: Window) -> Row:
        found = (rows.get(day.isoformat()) for day in list_days(days))
        return add_rows((row for row in found if row), query.compared)

    return read
