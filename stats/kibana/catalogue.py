"""The data views and dashboards of one installation.

Comes in: the index prefix, and which program opens them. Goes out: saved objects, each
after those that it refers to. Ids follow from the prefix, so that importing again
replaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from stats.kibana.maps import build_map, build_map_charts
from stats.kibana.objects import (
    Bucket,
    Chart,
    Control,
    DataView,
    Measure,
    Panel,
    SavedObject,
    build_chart,
    build_control_chart,
    build_dashboard,
    build_note,
    build_search,
    build_view,
)
from stats.kibana.targets import KIBANA_8, Target
from stats.templates import daily_name, raw_name

_TIME = Bucket("timestamp", by_time=True)
_BY_TYPE = Bucket("type", schema="group", size=20)
_EVENT_COLUMNS = (
    *("type", "resource", "title", "url", "parents", "feature", "value"),
    *("country", "via", "excluded", "referrer_domain"),
)
_PRIVATE_COLUMNS = ("private.user_id", "private.ip_address", "private.user_agent")
_OF_SITE_BY_DAY = 'resource: "site:all" and interval: "day"'
_CONTROLS = (
    Control("private.user_id", "User"),
    Control("parents", "Community, collection, record"),
    Control("type", "Type of event"),
    Control("country", "Country"),
)
_KINDS_OF_VISITORS = (
    ("People", "not is_robot: true and not is_machine: true"),
    ("Machines", "is_machine: true"),
    ("Robots", "is_robot: true"),
)
_PRIVATE_NOTE = (
    "User, address, agent and session are kept for **STATS_PRIVATE_DAYS** (30 days by default),"
    " and at least until the day is counted. After that these lists are empty for the days"
    " before; everything else stays. Click a user, an address or a session to filter by it."
)


@dataclass(frozen=True)
class _Builder:
    """Builds the objects of one installation for one program."""

    prefix: str
    target: Target
    raw: DataView
    daily: DataView

    def chart(self, name: str, title: str, kind: str, *buckets: Bucket, query: str = "") -> Panel:
        """Build a chart of events."""
        chart = Chart(f"{self.prefix}stats-{name}", title, kind, self.raw, buckets, query=query)
        return Panel(build_chart(chart, self.target))

    def table(self, name: str, title: str, field: str, *, size: int, query: str = "") -> Panel:
        """Build a table of the most frequent values of a field."""
        return self.chart(name, title, "table", Bucket(field, "bucket", size), query=query)

    def daily_chart(self, name: str, title: str, kind: str, *buckets: Bucket) -> Panel:
        """Build a chart of the site's daily numbers; months that were rolled up are left out."""
        measures = [Measure("sum", "count")]
        if kind == "table":
            measures += [Measure("sum", "unique_count"), Measure("sum", "excluded_count")]
            measures += [Measure("max", "counted_at")]
        chart = Chart(
            f"{self.prefix}stats-{name}",
            title,
            kind,
            self.daily,
            buckets,
            tuple(measures),
            _OF_SITE_BY_DAY,
        )
        return Panel(build_chart(chart, self.target))

    def events(self, name: str, title: str, columns: Iterable[str], *, query: str = "") -> Panel:
        """Build a list of events."""
        identity = f"{self.prefix}stats-{name}"
        build = partial(build_search, identity, title, self.raw, query=query, target=self.target)
        return Panel(build(list(columns)), 48, 22)

    def maps(self, name: str, title: str) -> list[Panel]:
        """Build the map, or the two that stand for it."""
        identity = f"{self.prefix}stats-{name}"
        if self.target.maps:
            return [Panel(build_map(identity, title, self.raw, target=self.target), 28)]
        charts = build_map_charts(identity, title, self.raw, target=self.target)
        return [Panel(chart) for chart in charts]

    def controls(self, name: str) -> list[Panel]:
        """Build the controls that a dashboard of this program cannot have itself."""
        if self.target.controls:
            return []
        identity = f"{self.prefix}stats-{name}-controls"
        build = partial(build_control_chart, identity, "Filters", self.raw, target=self.target)
        return [Panel(build(_CONTROLS), 48, 6)]

    def note(self, name: str, title: str, markdown: str) -> Panel:
        """Build a text."""
        identity = f"{self.prefix}stats-{name}"
        return Panel(build_note(identity, title, markdown, target=self.target), 48, 5)

    def dashboard(
        self, name: str, title: str, description: str, panels: list[Panel], *, since: str
    ) -> list[SavedObject]:
        """Build a dashboard, after what it shows."""
        dashboard = build_dashboard(
            f"{self.prefix}stats-{name}",
            title,
            description,
            panels,
            since=since,
            controls=_CONTROLS,
            view=self.raw,
            target=self.target,
        )
        return [*(panel.shown for panel in panels), dashboard]


def build_saved_objects(prefix: str, target: Target = KIBANA_8) -> list[SavedObject]:
    """Return all objects of an installation with that prefix, for that program."""
    raw = DataView(f"{prefix}stats-raw", "Usage: events", raw_name(prefix, "*"))
    daily = DataView(f"{prefix}stats-daily", "Usage: daily numbers", daily_name(prefix, "*"))
    build = _Builder(prefix, target, raw, daily)
    return [
        build_view(raw, target),
        build_view(daily, target),
        *_explorer(build),
        *_investigation(build),
        *_robots(build),
        *_pipeline(build),
    ]


def _explorer(build: _Builder) -> list[SavedObject]:
    panels = [
        *build.controls("explorer"),
        _sized(
            build.chart(
                "events-over-time", "Events over time, by type", "histogram", _TIME, _BY_TYPE
            ),
            48,
            12,
        ),
        *build.maps("events-map", "Where events come from"),
        _sized(build.table("events-by-country", "Events by country", "country", size=50), 20),
        build.table("events-by-resource", "Most used resources", "resource", size=25),
        build.table(
            "events-by-parent",
            "Events in communities, collections, records (parents)",
            "parents",
            size=25,
        ),
        build.table("events-by-any", "Events of anything, the owner too", "resources", size=25),
        build.table("events-by-feature", "Features used", "feature", size=25, query="feature: *"),
        build.events("events", "Events", _EVENT_COLUMNS),
    ]
    about = "All events, counted or not; filter by any field, or by the controls."
    title = "Usage: events explorer"
    return build.dashboard("explorer", title, about, panels, since="now-90d/d")


def _investigation(build: _Builder) -> list[SavedObject]:
    known = "private.user_id: * or private.ip_address: * or private.session_id: *"
    panels = [
        *build.controls("investigation"),
        build.note("private-note", "What empties here, and when", _PRIVATE_NOTE),
        _sized(
            build.chart(
                "activity-over-time",
                "Activity of the people, addresses or sessions that are chosen",
                "histogram",
                _TIME,
                _BY_TYPE,
                query=known,
            ),
            48,
            12,
        ),
        build.table("people", "People by events", "private.user_id", size=50),
        build.table("addresses", "Addresses by events", "private.ip_address", size=50),
        build.table("sessions", "Sessions by events", "private.session_id", size=50),
        build.table("visitors", "Anonymous visitors of a day by events", "visitor_id", size=50),
        build.events(
            "person-events",
            "Events of people, addresses and sessions",
            (*_PRIVATE_COLUMNS, "private.session_id", *_EVENT_COLUMNS),
            query=known,
        ),
    ]
    about = "Who did what, signed in or not, while private fields are kept."
    title = "Usage: user investigation"
    return build.dashboard("investigation", title, about, panels, since="now-30d/d")


def _robots(build: _Builder) -> list[SavedObject]:
    visitors = Bucket(schema="group", queries=_KINDS_OF_VISITORS)
    reasons = Bucket("excluded", schema="group")
    panels = [
        *build.controls("robots"),
        build.chart(
            "visitors-over-time", "People, machines and robots", "histogram", _TIME, visitors
        ),
        build.chart(
            "excluded-over-time",
            "Events that do not count, by reason",
            "histogram",
            _TIME,
            reasons,
            query="excluded: *",
        ),
        build.table(
            "robot-agents",
            "Robots by user agent",
            "private.user_agent",
            size=50,
            query="is_robot: true",
        ),
        build.table(
            "machine-agents",
            "Machines by user agent",
            "private.user_agent",
            size=50,
            query="is_machine: true",
        ),
        build.chart(
            "robot-lists", "Events by version of the robots list", "pie", Bucket("robots_list")
        ),
    ]
    about = "What is kept and not counted, and why, beside what counts."
    title = "Usage: robots and other exclusions"
    return build.dashboard("robots", title, about, panels, since="now-90d/d")


def _pipeline(build: _Builder) -> list[SavedObject]:
    indexed = Bucket("indexed_at", by_time=True)
    event = Bucket("event", schema="group", size=20)
    panels = [
        *build.controls("pipeline"),
        _sized(
            build.chart(
                "indexed-over-time",
                "Events by the time they were indexed",
                "histogram",
                indexed,
                _BY_TYPE,
            ),
            48,
            12,
        ),
        build.daily_chart(
            "counted",
            "Days of the site by event: counted, unique, not counted, last counted at",
            "table",
            Bucket("event", "bucket", 50),
        ),
        build.daily_chart(
            "counted-over-time", "Daily numbers of the site", "histogram", _TIME, event
        ),
    ]
    about = "What came in when, and what is counted. Months that were rolled up are left out."
    return build.dashboard("pipeline", "Usage: pipeline", about, panels, since="now-90d/d")


def _sized(panel: Panel, width: int, height: int = 15) -> Panel:
    return Panel(panel.shown, width, height)
