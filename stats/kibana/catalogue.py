"""The data views and dashboards of one installation.

Comes in: the index prefix. Goes out: saved objects, each after those that it
refers to. Ids follow from the prefix, so that importing again replaces.
"""

from __future__ import annotations

from stats.kibana.objects import (
    Bucket,
    Chart,
    DataView,
    Measure,
    Panel,
    SavedObject,
    build_chart,
    build_dashboard,
    build_map,
    build_search,
    build_view,
)
from stats.templates import daily_name, raw_name

_TIME = Bucket("timestamp", by_time=True)
_EVENT_COLUMNS = ("type", "resource", "country", "via", "excluded", "referrer_domain")
_PRIVATE_COLUMNS = ("private.user_id", "private.ip_address", "private.user_agent")


def build_saved_objects(prefix: str) -> list[SavedObject]:
    """Return all objects of an installation with that prefix."""
    raw = DataView(f"{prefix}stats-raw", "Usage: events", raw_name(prefix, "*"))
    daily = DataView(f"{prefix}stats-daily", "Usage: daily numbers", daily_name(prefix, "*"))
    views = [build_view(raw), build_view(daily)]
    return [
        *views,
        *_explorer(prefix, raw),
        *_investigation(prefix, raw),
        *_robots(prefix, raw),
        *_pipeline(prefix, raw, daily),
    ]


def _explorer(prefix: str, raw: DataView) -> list[SavedObject]:
    over_time = build_chart(
        Chart(
            f"{prefix}stats-events-over-time",
            "Events over time, by type",
            "histogram",
            raw,
            (_TIME, Bucket("type", schema="group", size=20)),
        )
    )
    countries = build_chart(
        Chart(
            f"{prefix}stats-events-by-country",
            "Events by country",
            "table",
            raw,
            (Bucket("country", schema="bucket", size=50),),
        )
    )
    where = build_map(f"{prefix}stats-events-map", "Where events come from", raw, "location")
    resources = build_chart(
        Chart(
            f"{prefix}stats-events-by-resource",
            "Most used resources",
            "table",
            raw,
            (Bucket("resource", schema="bucket", size=25),),
        )
    )
    listed = build_search(f"{prefix}stats-events", "Events", raw, _EVENT_COLUMNS)
    panels = [Panel(over_time, 48, 12), Panel(where, 28), Panel(countries, 20)]
    panels += [Panel(resources, 20, 20), Panel(listed, 28, 20)]
    dashboard = build_dashboard(
        f"{prefix}stats-explorer",
        "Usage: events explorer",
        "All events, counted or not; filter by any field.",
        panels,
    )
    return [*(panel.shown for panel in panels), dashboard]


def _investigation(prefix: str, raw: DataView) -> list[SavedObject]:
    people = build_chart(
        Chart(
            f"{prefix}stats-people",
            "People by events",
            "table",
            raw,
            (Bucket("private.user_id", schema="bucket", size=50),),
        )
    )
    addresses = build_chart(
        Chart(
            f"{prefix}stats-addresses",
            "Addresses by events",
            "table",
            raw,
            (Bucket("private.ip_address", schema="bucket", size=50),),
        )
    )
    listed = build_search(
        f"{prefix}stats-person-events",
        "Events of people",
        raw,
        (*_PRIVATE_COLUMNS, *_EVENT_COLUMNS),
        query="private.user_id: *",
    )
    panels = [Panel(people), Panel(addresses), Panel(listed, 48, 25)]
    dashboard = build_dashboard(
        f"{prefix}stats-investigation",
        "Usage: user investigation",
        "Who did what, while private fields are kept; click a person to filter.",
        panels,
    )
    return [*(panel.shown for panel in panels), dashboard]


def _robots(prefix: str, raw: DataView) -> list[SavedObject]:
    reasons = build_chart(
        Chart(
            f"{prefix}stats-excluded-over-time",
            "Events that do not count, by reason",
            "histogram",
            raw,
            (_TIME, Bucket("excluded", schema="group")),
            query="excluded: *",
        )
    )
    agents = build_chart(
        Chart(
            f"{prefix}stats-robot-agents",
            "Robots by user agent",
            "table",
            raw,
            (Bucket("private.user_agent", schema="bucket", size=50),),
            query="is_robot: true",
        )
    )
    lists = build_chart(
        Chart(
            f"{prefix}stats-robot-lists",
            "Events by version of the robots list",
            "pie",
            raw,
            (Bucket("robots_list"),),
        )
    )
    panels = [Panel(reasons, 48, 12), Panel(agents, 32, 20), Panel(lists, 16, 20)]
    dashboard = build_dashboard(
        f"{prefix}stats-robots",
        "Usage: robots and other exclusions",
        "What is kept and not counted, and why.",
        panels,
    )
    return [*(panel.shown for panel in panels), dashboard]


def _pipeline(prefix: str, raw: DataView, daily: DataView) -> list[SavedObject]:
    indexed = build_chart(
        Chart(
            f"{prefix}stats-indexed-over-time",
            "Events by the time they were indexed",
            "histogram",
            raw,
            (Bucket("indexed_at", by_time=True), Bucket("type", schema="group", size=20)),
        )
    )
    counted = build_chart(
        Chart(
            f"{prefix}stats-counted",
            "Site totals by event: counted, unique, not counted, last counted at",
            "table",
            daily,
            (Bucket("event", schema="bucket", size=50),),
            (
                Measure("sum", "count"),
                Measure("sum", "unique_count"),
                Measure("sum", "excluded_count"),
                Measure("max", "counted_at"),
            ),
            query='resource: "site:all"',
        )
    )
    days = build_chart(
        Chart(
            f"{prefix}stats-counted-over-time",
            "Daily numbers of the site",
            "histogram",
            daily,
            (_TIME, Bucket("event", schema="group", size=20)),
            (Measure("sum", "count"),),
            query='resource: "site:all"',
        )
    )
    panels = [Panel(indexed, 48, 12), Panel(counted, 24, 18), Panel(days, 24, 18)]
    dashboard = build_dashboard(
        f"{prefix}stats-pipeline",
        "Usage: pipeline",
        "What came in when, and what is counted.",
        panels,
    )
    return [*(panel.shown for panel in panels), dashboard]
