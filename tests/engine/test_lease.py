"""A worker keeps its day for as long as it works on it, however long that takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from stats.aggregations.runner import run_aggregation
from stats.ext import StatsState
from stats.stores.search import SearchStore
from tests.engine.slow_store import SlowStore

DAY = "2024-03-05"
EVENTS = 60


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"STATS_AGGREGATE_SLICE_EVENTS": 10}


class Slow(SlowStore):
    """Each page takes long."""

    def __init__(self, state: StatsState) -> None:
        super().__init__(state)
        self.taken: list[object] = []
        self.pages_read = 0

    def pages(self, *args: Any, **kwargs: Any) -> Iterator[list[dict[str, Any]]]:
        for page in self.store.pages(*args, **kwargs):
            self.now += self.state.aggregation_job.lease / 2
            self.pages_read += 1
            yield page
            lease = timedelta(seconds=1)
            self.taken.append(self.state.stores.day_claims.claim_day(self.now, lease=lease))


def test_a_day_is_not_taken_from_a_worker_that_is_slow(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.publish(
        [
            {
                "type": kind,
                "resource": f"record:r{n}",
                "session_id": f"s{n}",
                "timestamp": f"{DAY}T10:00:00Z",
            }
            for n in range(EVENTS)
            for kind in ("record-view", "file-download")
        ]
    )
    state.process()
    slow = Slow(state)
    monkeypatch.setattr("stats.aggregations.read_day.ahead", iter)  # in the order of the pages
    job = replace(state.aggregation_job, search=cast(SearchStore, slow))
    done = run_aggregation(job, slow.clock)
    assert slow.pages_read > 10
    assert slow.taken == [None] * slow.pages_read
    assert done.days == 1
    assert state.stores.day_claims.marked_days() == []
    assert state.totals(["site:all"])["site:all"]["views"] == EVENTS
