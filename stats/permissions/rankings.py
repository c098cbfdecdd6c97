"""Rankings for somebody who may not see everything.

Invariant: a row that may not be seen is not there, and the next ones
move up, so that a ranking of ten has ten rows wherever there are ten to see.
"""

from __future__ import annotations

from collections.abc import Callable

from stats.events.types import OTHER
from stats.permissions.visibility import Visible
from stats.queries.types import Answer, Params, Query
from stats.refs import is_ref

MOST = 10_000
"""Rows looked through at most; a ranking whose first 10,000 are hidden is short."""

GROWTH = 4


def run_for(
    query: Query, params: Params, ask: Callable[[Params], Answer], *, visible: Visible | None
) -> Answer:
    """Return the answer of ``ask``, a ranking without what is not ``visible`` (None: all is)."""
    if visible is None or query.scope != "rows":
        return ask(params)
    size = params.get("size")
    if size is None:
        return keep_seen(ask(params), visible=visible)
    return run_seen(lambda asked: ask({**params, "size": asked}), size, visible=visible)


def run_seen(ask: Callable[[int], Answer], size: int, *, visible: Visible) -> Answer:
    """Return the first ``size`` rows that are visible; ``ask`` gives the first n of all."""
    asked = size
    while True:
        answer = ask(asked)
        rows = answer["buckets"]
        kept = keep_seen(answer, visible=visible)["buckets"]
        if len(kept) >= size or len(rows) < asked or asked >= MOST:
            return {**answer, "size": size, "buckets": kept[:size]}
        asked = min(asked * GROWTH, MOST)


def keep_seen(answer: Answer, *, visible: Visible) -> Answer:
    """Return ``answer`` with its visible rows alone."""
    seen = visible([row["resource"] for row in answer["buckets"]])
    return {**answer, "buckets": [row for row in answer["buckets"] if row["resource"] in seen]}


def fold_unseen(answer: Answer, *, visible: Visible) -> Answer:
    """Return a breakdown whose keys may be refs, with those not visible under ``(other)``.

    The buckets add up to the same total as before. What would be the number of one hidden
    resource alone takes the smallest visible bucket with it.
    """
    rows = answer["buckets"]
    refs = [row["key"] for row in rows if is_ref(row["key"])]
    hidden = set(refs) - visible(refs)
    if not hidden:
        return answer
    shown = [row for row in rows if row["key"] not in hidden]
    if len(hidden) == 1 and shown:
        smallest = min(shown, key=lambda row: (row["value"], row["key"]))
        hidden.add(smallest["key"])
    kept = [row for row in rows if row["key"] not in hidden]
    rest = sum(row["value"] for row in rows if row["key"] in hidden)
    merged = [*kept, {"key": OTHER, "title": "", "value": rest}]
    return {**answer, "buckets": sorted(merged, key=lambda row: (-row["value"], row["key"]))}
