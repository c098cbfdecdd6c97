"""Rankings with their change, and by it: what rises and falls most.

Invariant: a ranking by change looks at every resource of both windows, so it is exact. One by
ratio has only what had :data:`LEAST_BASIS` events before; where nothing can be compared, a ranking
by change is empty and ``comparison.reason`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from stats.errors import InputError
from stats.queries.answers import echo
from stats.queries.compared import comparing, in_window
from stats.queries.comparison import LEAST_BASIS, Comparison, build_change
from stats.queries.names import put_names
from stats.queries.parameters import parse_choice, resolve_window
from stats.queries.ranking import Ranked, run_all_sums, run_sums
from stats.queries.types import Answer, Parameter, Params, Query, Row, Sources
from stats.queries.windows import Window

VALUE = "value"
RISING, FALLING = "rising", "falling"
RISING_RATIO, FALLING_RATIO = "rising_ratio", "falling_ratio"
SORTS = (VALUE, RISING, FALLING, RISING_RATIO, FALLING_RATIO)
SORT = Parameter(
    "sort",
    "by the number (value), or by its change, which compare says",
    parse_choice(SORTS),
    schema={"type": "string", "enum": list(SORTS), "default": VALUE},
    always=False,
)

RankedBy = Callable[[Query, Params, Sources], Ranked]
ReadRows = Callable[[Query, Ranked, Sequence[str], Sources], list[Row]]
Sums = Mapping[str, int]


def resolve_ranking(params: Params, today: date) -> Params:
    """Put the window; raise ``InputError`` for an order by a change that nothing defines."""
    sort = params.get("sort", VALUE)
    if sort != VALUE and not params.get("compare"):
        message = f"sort={sort} needs compare: previous or year"
        raise InputError("missing", message, field="compare")
    return resolve_window(params, today)


def rank_compared(
    ranked_by: RankedBy, read: ReadRows, empty: Sequence[str]
) -> Callable[[Query, Params, Sources, datetime | None], Answer]:
    """Return the ``compare`` of a ranking.

    ``read`` gives the rows of some refs; one that has none in the window has zeros in ``empty``.
    """
    return comparing(partial(_compare_rows, ranked_by=ranked_by, read=read, empty=empty))


def _compare_rows(
    query: Query,
    params: Params,
    sources: Sources,
    comparison: Comparison,
    *,
    ranked_by: RankedBy,
    read: ReadRows,
    empty: Sequence[str],
) -> Answer:
    """Return the ranking with the change of what it is by in each row."""
    ranked = ranked_by(query, params, sources)
    sort = params.get("sort", VALUE)
    if sort == VALUE:
        answer = query.run(query, params, sources)
        refs = [row["resource"] for row in answer["buckets"]]
        now, then = _sums(ranked, comparison, sources, refs=refs)
        return {**answer, "buckets": _changed(answer["buckets"], query, comparison, now, then)}
    now, then = _sums(ranked, comparison, sources, refs=None)
    refs = [] if comparison.reason else rank_changes(now, then, sort, params["size"])
    found = {row["resource"]: row for row in read(query, ranked, refs, sources)}
    zeros = dict.fromkeys(empty, 0)
    rows = put_names([found.get(ref, {"resource": ref, **zeros}) for ref in refs], sources)
    return {**echo(query, params), "buckets": _changed(rows, query, comparison, now, then)}


def rank_changes(now: Sums, then: Sums, sort: str, size: int) -> list[str]:
    """Return the ``size`` refs that rise (or fall) most; of equal changes the smaller ref first."""
    rises = sort in (RISING, RISING_RATIO)
    by_ratio = sort in (RISING_RATIO, FALLING_RATIO)
    changes: dict[str, float] = {}
    for ref in {*now, *then}:
        basis = then.get(ref, 0)
        difference = now.get(ref, 0) - basis
        moved = difference > 0 if rises else difference < 0
        if moved and (basis >= LEAST_BASIS or not by_ratio):
            changes[ref] = abs(difference) / basis if by_ratio else abs(difference)
    return sorted(changes, key=lambda ref: (-changes[ref], ref))[:size]


def _sums(
    ranked: Ranked, comparison: Comparison, sources: Sources, *, refs: Sequence[str] | None
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the sums of the compared days and of the basis, of ``refs`` or (None) of all."""

    def read(window: Window) -> dict[str, int]:
        if window == Window() or not ranked.families:
            return {}
        asked = replace(ranked, params=in_window(ranked.params, window))
        if refs is None:
            return dict(run_all_sums(asked, sources.search))
        return run_sums(asked, refs, sources.search)

    return read(comparison.days), {} if comparison.reason else read(comparison.basis)


def _changed(
    rows: Sequence[Row], query: Query, comparison: Comparison, now: Sums, then: Sums
) -> list[dict[str, Any]]:
    (name,) = query.compared
    compared = comparison.days != Window()

    def change(ref: str) -> Row:
        return build_change(
            {name: now.get(ref, 0)} if compared else None,
            None if comparison.reason else {name: then.get(ref, 0)},
            metrics=query.compared,
            reason=comparison.reason,
        )

    return [{**row, **change(row["resource"])} for row in rows]
