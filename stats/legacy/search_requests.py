"""Request bodies of taking over. All pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from stats.stores.dsl import A, Q, Search
from stats.times import DAY, from_ms

Body = dict[str, Any]
Window = tuple[date | None, date | None]
"""First and last day, both inclusive; None is no bound."""


def build_within(window: Window) -> Body:
    """Select what happened in a window."""
    body: Body = _within(window).to_dict()
    return body


def build_days(window: Window) -> Body:
    """Ask for the days of a window that have documents."""
    return _build_days(_within(window))


def build_counted_days(window: Window) -> Body:
    """Ask for the days of a window that have documents counted from events."""
    return _build_days(_within(window) & Q("term", source="events"))


def build_counted_months(window: Window) -> Body:
    """Ask for the months that hold numbers taken over before, rolled up since."""
    first, last = window
    months = (first.replace(day=1) if first else None, last)
    rolled = Q("term", source="legacy") & Q("term", interval="month")
    return _build_days(_within(months) & rolled)


def read_days(answer: Body) -> list[date]:
    """Return the days, oldest first."""
    buckets = answer.get("aggregations", {}).get("days", {}).get("buckets", [])
    return [from_ms(bucket["key"]).date() for bucket in buckets]


def _build_days(query: Any) -> Body:
    search = Search().query(query).extra(size=0)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days)
    return search.to_dict()


def _within(window: Window) -> Any:
    """Write bounds in the one form that all formats of their mappings read."""
    first, last = window
    bounds = {"gte": f"{first}T00:00:00"} if first else {}
    if last:
        bounds["lt"] = f"{last + DAY}T00:00:00"
    return Q("range", timestamp=bounds) if bounds else Q("match_all")
