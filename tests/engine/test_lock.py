"""Jobs that change what is stored keep others out for as long as they take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from stats.engines.namespace import Namespace
from stats.events.agents import AgentFlags
from stats.ext import StatsState
from stats.retention.erase import run_erase
from stats.retention.job import LEASE, LOCK, RetentionJob
from stats.retention.reflag import Rules, run_reflag
from stats.retention.run import run_retention
from stats.stores.search import Action, ItemResult, SearchStore
from stats.times import utc_now
from tests.engine.days.test_retention import people_day
from tests.engine.forgetting import Day, everything, job_of, open_state, raw, send
from tests.engine.slow_store import SlowStore

PAGE, BULK = LEASE * 2 / 3, LEASE / 6
MONTHS_AGO, WEEKS_AGO, LATELY = Day(800), Day(40), Day(3)


class Slow(SlowStore):
    """Pages and bulk requests take long, while another one waits for the lock."""

    def __init__(self, state: StatsState) -> None:
        super().__init__(state)
        self.steps = 0
        self.begun = 0

    def pages(self, *args: Any, **kwargs: Any) -> Iterator[list[dict[str, Any]]]:
        for page in self.store.pages(*args, **kwargs):
            self._go_by(PAGE)
            yield page

    def bulk(self, actions: Sequence[Action]) -> list[ItemResult]:
        self._go_by(BULK)
        return self.store.bulk(actions)

    def _go_by(self, time: timedelta) -> None:
        self.now += time
        self.steps += 1
        locks, lease = self.state.stores.job_locks, timedelta(seconds=1)
        self.begun += locks.lock(LOCK, "another", now=self.now, lease=lease)


def erase(job: RetentionJob, state: StatsState) -> None:
    assert run_erase(job, "anna", tokens=state.stores.tokens).busy == ()


def reflag(job: RetentionJob, _state: StatsState) -> None:
    robots = AgentFlags(is_robot=True, is_machine=False)
    run_reflag(job, (None, None), rules=Rules(lambda agent: robots, "new"))


def retain(job: RetentionJob, _state: StatsState) -> None:
    assert run_retention(job).refused == ()


@pytest.mark.parametrize("run", [erase, reflag, retain])
def test_a_second_one_cannot_begin_while_a_slow_one_works(
    run: Callable[[RetentionJob, StatsState], None],
    stats_namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = open_state(stats_namespace)
    send(state, [event for day in (MONTHS_AGO, WEEKS_AGO, LATELY) for event in people_day(day)])
    slow = Slow(state)
    job = job_of(state)
    counting = replace(job.aggregation, search=cast(SearchStore, slow))
    monkeypatch.setattr("stats.retention.rewrite._PAGE", 2)
    monkeypatch.setattr("stats.aggregations.read_day.ahead", iter)  # in the order of the pages
    monkeypatch.setattr("stats.aggregations.write_day.ahead", iter)
    run(replace(job, aggregation=counting, clock=slow.clock), state)
    assert slow.steps > 10
    assert slow.begun == 0
    assert state.stores.job_locks.lock(LOCK, "another", now=utc_now(), lease=PAGE)
    assert "anna" in str(everything(state)) or run is erase
    assert raw(state)
    state.stores.search.close()
