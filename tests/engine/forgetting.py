"""What the tests of retention, erasure, re-flagging and audits share: a system with old events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stats.engines.namespace import Namespace
from stats.events.types import BY_ACCESS, BY_USER, EventType
from stats.ext import StatsState
from stats.retention.erase import Erased, run_erase
from stats.retention.job import Retained, RetentionJob
from stats.retention.run import run_retention
from stats.setting_sources import load_settings
from stats.times import utc_now

Event = dict[str, Any]

UPLOAD = EventType(
    "upload",
    "New records",
    breakdowns=(BY_USER, BY_ACCESS),
    metrics=("count", "unique_count", "volume", "sum", "max", "last_value", "average"),
)
HUMAN = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def open_state(namespace: Namespace, **settings: Any) -> StatsState:
    """Return a system of the test's own."""
    given = {
        "STATS_EVENTS": [UPLOAD],
        "STATS_REQUEST_TIMEOUT": 20,
        "STATS_BULK_VISIBLE_SECONDS": 21,
        **settings,
    }
    state = StatsState(load_settings({**namespace.as_config(), **given}, {}))
    namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    return state


def send(state: StatsState, events: Sequence[Event], *, aggregate: bool = True) -> None:
    """Publish events, make them raw documents, and count them."""
    state.publish(events)
    assert not any(done.dead_letters for done in state.process().values())
    if aggregate:
        state.aggregate()


def job_of(state: StatsState) -> RetentionJob:
    """Return the job, not waiting: nothing is ever on its way in these tests."""
    return state.retention_job(wait=lambda seconds: None)


def retain(state: StatsState, *, dry_run: bool = False) -> Retained:
    """Run retention."""
    return run_retention(job_of(state), dry_run=dry_run)


def forget(state: StatsState, user: str) -> Erased:
    """Forget a person."""
    return run_erase(job_of(state), user, tokens=state.stores.tokens)


@dataclass(frozen=True)
class Day:
    """A day so many days ago, to write events of."""

    ago: int

    @property
    def date(self) -> date:
        return (utc_now() - timedelta(days=self.ago)).date()

    def at(self, time: str, **fields: Any) -> Event:
        """Return an event at a time ``HH:MM:SS`` of the day."""
        event = {
            "type": "record-view",
            "resource": "record:r1",
            "timestamp": f"{self.date.isoformat()}T{time}Z",
            "user_agent": HUMAN,
        }
        return event | fields


def raw(state: StatsState) -> list[dict[str, Any]]:
    """Return all raw documents."""
    names = ",".join(state.stores.search.raw(name) for name in state.event_types)
    return list(_all(state, names))


def documents(state: StatsState, family: str) -> list[dict[str, Any]]:
    """Return all daily documents of a family, without when they were counted."""
    found = _all(state, state.stores.search.daily(family))
    bare = [{k: v for k, v in one.items() if k != "counted_at"} for one in found]
    return sorted(bare, key=lambda d: (d["timestamp"], d["resource"], d.get("user_id", "")))


def everything(state: StatsState) -> dict[str, Any]:
    """Return all that was counted: documents of all families, totals, rows of people."""
    families = [*state.event_types, "usage", "users"]
    database = state.stores.database
    found: dict[str, Any] = {family: documents(state, family) for family in families}
    for name in ("statistic_totals", "statistic_users"):
        rows = database[name].find({}, {"ticket": 0, "updated": 0, "counted_until": 0})
        found[name] = {row["_id"]: row for row in rows}
    return found


def recount(state: StatsState, *days: Day) -> None:
    """Count days again, whole."""
    for day in days:
        state.aggregate((day.date, day.date))


def _all(state: StatsState, names: str) -> Iterator[dict[str, Any]]:
    search = state.stores.search
    search.refresh(names)
    for hits in search.pages(names, {"query": {"match_all": {}}}):
        yield from (hit["_source"] for hit in hits)
