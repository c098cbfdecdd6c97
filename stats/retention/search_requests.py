"""Request bodies of retention. All pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from stats.counting_rules import CARRY_OVER_PARTITION, DOUBLE_CLICK
from stats.events.raw_document import PRIVATE
from stats.stores.dsl import A, Q, Search
from stats.stores.search_source import Body
from stats.times import DAY, from_ms, iso_ms, midnight

Window = tuple[date | None, date | None]
"""First and last day, both inclusive; None is no bound."""


def build_before(day: date) -> Body:
    """Select what happened before ``day``."""
    body: Body = Q("range", timestamp={"lt": iso_ms(midnight(day))}).to_dict()
    return body


def build_late(closed: date, at: datetime) -> Body:
    """Select what happened before ``closed`` and was indexed after that was closed."""
    came = Q("range", timestamp={"lt": iso_ms(midnight(closed))})
    body: Body = (came & Q("range", indexed_at={"gte": iso_ms(at)})).to_dict()
    return body


def build_days_with_private(start: date | None, end: date) -> Body:
    """Ask for the days from ``start`` on and before ``end`` that have private fields."""
    within = {"lt": iso_ms(midnight(end))} | ({"gte": iso_ms(midnight(start))} if start else {})
    search = Search().query(Q("range", timestamp=within) & _has_private()).extra(size=0)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days).metric("newest", A("max", field="indexed_at"))
    return search.to_dict()


def read_days_with_private(answer: Body) -> dict[date, str]:
    """Return those days, each with when the newest of its events was indexed (ISO text)."""
    buckets = answer.get("aggregations", {}).get("days", {}).get("buckets", [])
    return {from_ms(b["key"]).date(): iso_ms(from_ms(int(b["newest"]["value"]))) for b in buckets}


def build_private_of_day(day: date, until: str) -> Body:
    """Select a day's events with private fields that were indexed before ``until``."""
    of_day = Q("range", timestamp={"gte": iso_ms(midnight(day)), "lt": iso_ms(midnight(day + DAY))})
    body: Body = (of_day & Q("range", indexed_at={"lt": until}) & _has_private()).to_dict()
    return body


def build_users_of_day(day: date, since: str, until: str) -> Body:
    """Select what a day's rows by person are counted from and is indexed in between.

    Events of the next day's first seconds are among it: they push clicks out.
    """
    start, end = midnight(day), midnight(day + DAY) + DOUBLE_CLICK
    within = Q("range", timestamp={"gte": iso_ms(start), "lt": iso_ms(end)})
    stamped = Q("range", indexed_at={"lt": until} | ({"gte": since} if since else {}))
    body: Body = (within & stamped & Q("exists", field="private.user_id")).to_dict()
    return body


def build_user_days(user: str) -> Body:
    """Ask for the days of a user's events, in the form of ``build_find_days``."""
    search = Search().filter("term", **{"private.user_id": user}).extra(size=0)
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days)
    search.aggs.bucket("carry_overs", "filter", filter=Q("match_none")).bucket("days", days)
    return search.to_dict()


def build_import(import_id: str) -> Body:
    """Select the events that an import brought."""
    body: Body = Q("term", import_id=import_id).to_dict()
    return body


def build_rolled_up(source: str) -> Body:
    """Select the numbers of a source that are months, no longer days."""
    body: Body = (Q("term", source=source) & Q("term", interval="month")).to_dict()
    return body


def build_import_scrubbed(import_id: str) -> Body:
    """Select those of them that no longer say who did it."""
    body: Body = (Q("term", import_id=import_id) & Q("term", scrubbed=True)).to_dict()
    return body


def build_import_days(import_id: str) -> Body:
    """Ask for the days of an import's events, in the form of ``build_find_days``."""
    search = Search().filter("term", import_id=import_id).extra(size=0)
    _add_days(search)
    return search.to_dict()


def build_naming(ref: str) -> Body:
    """Select documents of events or of days that name ``ref``, whatever as."""
    fields = ("resource", "resources", "parents", "container")
    body: Body = _any(Q("term", **{name: ref}) for name in fields).to_dict()
    return body


def build_closed(naming: Body, closed: date | None) -> Body:
    """Select those daily documents among ``naming`` that cannot be counted again."""
    whole = Q("term", interval="month") | ~Q("term", source="events")
    before = Q("range", timestamp={"lt": closed.isoformat()}) if closed else Q("match_none")
    body: Body = (Q(naming) & (before | whole)).to_dict()
    return body


def build_ref_days(ref: str) -> Body:
    """Ask for the days of what names ``ref``, in the form of ``build_find_days``.

    Of daily documents, those of days that can be counted again are asked for.
    """
    counted = ~Q("term", interval="month") & ~Q("term", source="legacy")
    search = Search().filter(Q(build_naming(ref)) & counted).extra(size=0)
    _add_days(search)
    return search.to_dict()


def build_judged(window: Window) -> Body:
    """Select the events of a window whose user agent, or whose user and owner, are known."""
    by_owner = Q("exists", field="private.user_id") & Q("exists", field="owner_id")
    judged = _any([Q("exists", field="private.user_agent"), by_owner])
    body: Body = (_within(window) & judged).to_dict()
    return body


def build_without_agent(window: Window) -> Body:
    """Select the events of a window whose user agent was scrubbed, if they had one."""
    body: Body = (_within(window) & Q("term", scrubbed=True)).to_dict()
    return body


def build_months(before: date) -> Body:
    """Ask for the months before ``before`` that have documents of days."""
    search = Search().filter("range", timestamp={"lt": before.isoformat()}).extra(size=0)
    search = search.filter("term", interval="day")
    months = A("date_histogram", field="timestamp", calendar_interval="month", min_doc_count=1)
    search.aggs.bucket("months", months)
    return search.to_dict()


def read_months(answer: Body) -> list[date]:
    """Return the first days of those months, oldest first."""
    buckets = answer.get("aggregations", {}).get("months", {}).get("buckets", [])
    return [from_ms(bucket["key"]).date() for bucket in buckets]


def _add_days(search: Any) -> None:
    """Ask for the days, and those whose events may push clicks out of the day before."""
    days = A("date_histogram", field="timestamp", calendar_interval="day", min_doc_count=1)
    search.aggs.bucket("days", days)
    exists = Q("exists", field=CARRY_OVER_PARTITION)
    search.aggs.bucket("carry_overs", "filter", filter=exists).bucket("days", days)


def _within(window: Window) -> Any:
    start, end = window
    bounds = {"gte": iso_ms(midnight(start))} if start else {}
    if end:
        bounds["lt"] = iso_ms(midnight(end + DAY))
    return Q("range", timestamp=bounds) if bounds else Q("match_all")


def _has_private() -> Any:
    return _any(Q("exists", field=f"private.{name}") for name in PRIVATE)


def _any(queries: Iterable[Any]) -> Any:
    return Q("bool", should=list(queries), minimum_should_match=1)
