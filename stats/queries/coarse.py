"""Months that a window cuts and that are known only as a whole.

What retention has rolled up cannot be divided: a window that holds a part of such a month
leaves the month out. Its answer says so in ``coarse``: ``["2020-08"]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from stats.queries.filters import daily_indices, selection_clauses
from stats.queries.types import Params, Query
from stats.queries.windows import Window, bucket_start, first_whole_month, last_whole_month
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import SearchSource
from stats.times import from_ms

NEVER_ROLLED = timedelta(days=62)
"""A younger month is never rolled up: a month is the least that retention keeps days of."""


def list_cut_months(window: Window) -> list[date]:
    """Return the first days of the months, two at most, that a window holds a part of."""
    cut = []
    if window.first and first_whole_month(window.first) != window.first:
        cut.append(bucket_start(window.first, "month"))
    if window.last and last_whole_month(window.last) != bucket_start(window.last, "month"):
        cut.append(bucket_start(window.last, "month"))
    return sorted(set(cut))


def run_coarse(
    query: Query, params: Params, search: SearchSource, *, counted_until: datetime | None
) -> list[str]:
    """Return the months (``YYYY-MM``) that ``params`` ask a part of and that are rolled up."""
    window = _window_of(params)
    if window is None or not query.aggregations:
        return []
    families = [aggregation.family for aggregation in query.aggregations]
    return run_cut_months(params, window, families, search, counted_until=counted_until)


def run_cut_months(
    params: Params,
    window: Window,
    families: Sequence[str],
    search: SearchSource,
    *,
    counted_until: datetime | None,
) -> list[str]:
    """Return the rolled-up months of what ``params`` select that ``window`` holds a part of."""
    if counted_until is None:
        return []
    old = (counted_until - NEVER_ROLLED).date()
    months = [month for month in list_cut_months(window) if month < old]
    if not months:
        return []
    indices = daily_indices(search, families, within=params.get("within"))
    return read_coarse(search.search(indices, build_coarse(params, months, families)))


def build_coarse(params: Params, months: Sequence[date], families: Sequence[str]) -> dict[str, Any]:
    """Ask which of ``months`` have documents of whole months of what is asked about."""
    search: Search = Search().extra(size=0, track_total_hits=False)
    for clause in selection_clauses(params, families=families if "within" in params else ()):
        search = search.filter(clause)
    first_days = [Q("term", timestamp=month.isoformat()) for month in months]
    search = search.filter("term", interval="month").filter(Q("bool", should=first_days))
    search.aggs["months"] = A(
        "date_histogram", field="timestamp", calendar_interval="month", min_doc_count=1
    )
    return search.to_dict()


def read_coarse(answer: dict[str, Any]) -> list[str]:
    """Return the months, oldest first."""
    buckets = answer.get("aggregations", {}).get("months", {}).get("buckets", [])
    return [f"{from_ms(bucket['key']):%Y-%m}" for bucket in buckets]


def _window_of(params: Params) -> Window | None:
    """Return the window of a query that has one and selects as ours do."""
    first, last = params.get("from"), params.get("to")
    if "source" not in params or not isinstance(last, date):
        return None
    return Window(first if isinstance(first, date) else None, last)
