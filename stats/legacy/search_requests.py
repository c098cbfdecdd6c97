"""Request bodies of taking over. All pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from stats.aggregations.types import LEGACY
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import DAY, from_ms

Window = tuple[date | None, date | None]
"""First and last day, both inclusive; None is no bound."""


def build_within(window: Window, before: datetime | None = None) -> Body:
    """Select what happened in a window, and before a moment (to the second)."""
    body: Body = (_within(window) & _before(before)).to_dict()
    return body


def build_days(window: Window, before: datetime | None = None) -> Body:
    """Ask for the days of a window that have documents, of events before a moment."""
    return _build_days(_within(window) & _before(before))


def build_first_live(origin: str) -> Body:
    """Ask when the first event happened that this system took itself.

    Not those of an import, nor those that say ``origin`` in the place of a list of robots.
    """
    own = ~Q("exists", field="import_id") & ~Q("term", robots_list=origin)
    search = Search().query(own).extra(size=0)
    search.aggs.metric("first", A("min", field="timestamp"))
    body: Body = search.to_dict()
    return body


def read_first_live(answer: Body) -> datetime | None:
    """Return when; None where there is no such event."""
    first = answer.get("aggregations", {}).get("first", {}).get("value")
    return None if first is None else from_ms(int(first))


def build_daily_sums(window: Window) -> Body:
    """Ask for the sum of their daily numbers, by day."""
    search = Search().query(_within(window)).extra(size=0)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days).metric("count", A("sum", field="count"))
    body: Body = search.to_dict()
    return body


def build_counted_days(window: Window) -> Body:
    """Ask for the days of a window that have documents counted from events."""
    return _build_days(_within(window) & Q("term", source="events"))


def build_counted_months(window: Window) -> Body:
    """Ask for the months that hold numbers taken over before, rolled up since."""
    first, last = window
    months = (first.replace(day=1) if first else None, last)
    rolled = Q("term", source=LEGACY) & Q("term", interval="month")
    return _build_days(_within(months) & rolled)


def read_daily_sums(answer: Body) -> dict[date, int]:
    """Return the sums by day."""
    buckets = answer.get("aggregations", {}).get("days", {}).get("buckets", [])
    return {from_ms(one["key"]).date(): round(one["count"]["value"]) for one in buckets}


def read_days(answer: Body) -> list[date]:
    """Return the days, oldest first."""
    buckets = answer.get("aggregations", {}).get("days", {}).get("buckets", [])
    return [from_ms(bucket["key"]).date() for bucket in buckets]


def _build_days(query: Any) -> Body:
    search = Search().query(query).extra(size=0)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days)
    return search.to_dict()


def _before(moment: datetime | None) -> Any:
    if moment is None:
        return Q("match_all")
    return Q("range", timestamp={"lt": moment.strftime("%Y-%m-%dT%H:%M:%S")})


def _within(window: Window) -> Any:
    """Write bounds in the one form that all formats of their mappings read."""
    first, last = window
    bounds = {"gte": f"{first}T00:00:00"} if first else {}
    if last:
        bounds["lt"] = f"{last + DAY}T00:00:00"
    return Q("range", timestamp=bounds) if bounds else Q("match_all")
