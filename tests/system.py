"""The real system behind the `pipeline` fixture: stores, queue, jobs, nothing simulated.

`slow_process` and `begin_aggregation` stop real work at its most awkward moment: the first holds
a bulk request back after its documents were stamped, the second keeps a counted day unwritten.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from stats.aggregations.find_days import run_find_days
from stats.aggregations.job import CountedDay
from stats.aggregations.read_day import run_count
from stats.aggregations.totals import run_totals
from stats.aggregations.write_day import run_documents
from stats.events.process import run_process
from stats.ext import StatsState
from stats.log_imports import build_log_imports
from stats.stores.queues import EventConsumer, EventQueues
from stats.stores.search import Action, ItemResult, SearchStore
from stats.times import iso_ms, utc_now

PATIENCE = 60.0
TOTALS = ("views", "unique_views", "downloads", "unique_downloads", "volume", "events")
USER = ("views", "downloads", "via")
LAST = ("last_viewed", "last_downloaded")


class HeldBack(SearchStore):
    """A store whose bulk requests wait until they are let through."""

    def __init__(self, state: StatsState) -> None:
        settings = state.settings
        super().__init__(
            settings.elasticsearch_url,
            prefix=settings.index_prefix,
            type_names=state.event_types,
            request_timeout=settings.request_timeout,
        )
        self.arrived = threading.Event()
        self.let_through = threading.Event()

    def bulk(self, actions: Sequence[Action]) -> list[ItemResult]:
        self.arrived.set()
        assert self.let_through.wait(PATIENCE), "nobody called finish()"
        return super().bulk(actions)


class WaitingOnly:
    """Queues whose consumers get what waits now, and leave what comes later to others."""

    def __init__(self, queues: EventQueues) -> None:
        self._queues = queues

    def consume(self, type_name: str, *, prefetch: int) -> AbstractContextManager[EventConsumer]:
        waiting = self._queues.depth(type_name)
        return self._queues.consume(type_name, prefetch=min(prefetch, waiting))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queues, name)


class SlowProcess:
    """Processing that has stamped its documents and waits before they are sent."""

    def __init__(self, state: StatsState) -> None:
        self._store = HeldBack(state)
        queues: Any = WaitingOnly(state.stores.queues)
        processing = replace(state.processing, search=self._store, queues=queues)
        self._threads = [
            threading.Thread(target=run_process, args=(name,), kwargs={"processing": processing})
            for name in state.event_types
            if state.stores.queues.depth(name)
        ]
        for thread in self._threads:
            thread.start()
        assert not self._threads or self._store.arrived.wait(PATIENCE)

    def finish(self) -> None:
        self._store.let_through.set()
        for thread in self._threads:
            thread.join(PATIENCE)


class BegunAggregation:
    """Days that were read and counted, and not written yet."""

    def __init__(self, state: StatsState) -> None:
        self._job = state.aggregation_job
        run_find_days(self._job, utc_now())
        self._counted = list(self._count())
        for counted in self._counted:  # as if the lease had ended: others may count it too
            self._job.day_claims.release_day(counted.claim)

    def _count(self) -> Iterator[CountedDay]:
        while claim := self._job.day_claims.claim_day(utc_now(), lease=self._job.lease):
            yield run_count(self._job, claim, utc_now())

    def finish(self) -> None:
        for counted in self._counted:
            written = run_documents(self._job, counted)
            run_totals(self._job, written.months, written.pairs, now=utc_now())
            self._job.day_claims.finish_day(counted.claim)


class System:
    """The `Pipeline` of tests/pipeline.py on a `StatsState`."""

    def __init__(self, state: StatsState) -> None:
        self.state = state

    def publish(self, events: list[dict[str, Any]]) -> None:
        self.state.publish(events)

    def process(self) -> None:
        self.state.process()

    def aggregate(self) -> None:
        self.state.aggregate()

    def import_log(self, path: Path, mapping: Path) -> Any:
        state = self.state
        log_imports = build_log_imports(state.settings, state.stores, state.definitions)
        return log_imports.run_one(path, mapping)

    def slow_process(self) -> SlowProcess:
        return SlowProcess(self.state)

    def begin_aggregation(self) -> BegunAggregation:
        return BegunAggregation(self.state)

    def daily(self, type: str) -> dict[tuple[str, str], dict[str, Any]]:
        fields = ("count", "unique_count", "volume", "excluded_count")
        return {
            (source["timestamp"][:10], source["resource"]): {
                **{field: source[field] for field in fields},
                **{field: source.get(field) for field in ("max", "last_value", "last")},
                "sum": source.get("sum", 0),
                "breakdown": _by_value(source["breakdown"], columns=3),
            }
            for source in self._documents(type)
        }

    def usage(self) -> dict[tuple[str, str], dict[str, Any]]:
        metrics = [
            f"{one}_{what}"
            for what in ("investigations", "requests")
            for one in ("total", "unique")
        ]
        return {
            (source["timestamp"][:10], source["resource"]): {
                **{metric: source[metric] for metric in metrics},
                "breakdown": _by_value(source["breakdown"], columns=4),
            }
            for source in self._documents("usage")
        }

    def totals(self) -> dict[str, dict[str, Any]]:
        found = self.state.stores.database["statistic_totals"].find()
        return {total["_id"]: _pick(total, TOTALS) for total in found}

    def users(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = self.state.stores.database["statistic_users"].find()
        return {(row["user_id"], row["resource"]): _pick(row, USER) for row in found}

    def _documents(self, family: str) -> Iterator[dict[str, Any]]:
        search = self.state.stores.search
        search.refresh(search.daily(family))
        for hits in search.pages(search.daily(family), {}):
            yield from (hit["_source"] for hit in hits)


def _by_value(breakdown: dict[str, Any], *, columns: int) -> dict[str, dict[str, list[int]]]:
    return {
        name: {row[0]: row[1 : columns + 1] for row in rows} for name, rows in breakdown.items()
    }


def _pick(document: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    times = {field: document[field] for field in LAST}
    return {field: document[field] for field in fields} | {
        field: iso_ms(time) if time else None for field, time in times.items()
    }
