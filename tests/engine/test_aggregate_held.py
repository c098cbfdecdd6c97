"""Days that another worker holds: said, waited for, taken over when it dies."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from click.testing import CliRunner, Result

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.stores.locks import holder
from tests.faults.workers import PATIENCE, environment_of, worker

REF = "record:r"
DAY = date(2024, 3, 5)
LEASE = 10.0


@pytest.fixture(autouse=True)
def _settings(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("STATS_DAY_LEASE_SECONDS", str(LEASE))


@pytest.fixture
def waiting(state: StatsState) -> StatsState:
    """A day that waits to be counted, beside one that nobody holds."""
    state.publish(
        [
            {"type": "record-view", "resource": REF, "timestamp": f"{day}T10:00:00Z"}
            for day in (DAY, DAY + timedelta(days=9))
        ]
    )
    state.process()
    return state


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stats, ["aggregate", *arguments])


def test_the_days_of_a_worker_that_was_killed_are_named_and_then_taken_over(
    waiting: StatsState, stats_namespace: Namespace
) -> None:
    environment = environment_of(stats_namespace, lease=LEASE)
    with worker(environment, "--only", "aggregate", "--die", "after", "bookmarks.ticket", "1") as w:
        w.wait(PATIENCE)
    left = run()
    assert left.exit_code == 1
    assert "counted 1 days" in left.output
    host = holder().split(":")[0]
    assert f"left {DAY} to {host}:{w.pid}, free at 20" in left.output
    done = run("--wait", str(PATIENCE))
    assert done.exit_code == 0
    assert "counted 1 days" in done.output
    assert waiting.totals([REF])[REF]["views"] == 2


def test_a_lease_of_a_clock_that_is_far_ahead_holds_nobody_up(waiting: StatsState) -> None:
    claims, clock = waiting.stores.day_claims, waiting.stores.clock
    lease = timedelta(seconds=LEASE)
    claims.mark_days([DAY], since=clock())
    assert claims.claim_day(clock() + timedelta(hours=1), lease=lease, among=[DAY])
    assert claims.claim_day(clock(), lease=lease, among=[DAY])
    assert claims.claim_day(clock(), lease=lease, among=[DAY]) is None
    assert [held.day for held in claims.held_days(clock())] == [DAY]


def test_a_worker_that_takes_longer_than_its_lease_keeps_its_day(
    waiting: StatsState, stats_namespace: Namespace
) -> None:
    environment = environment_of(stats_namespace, lease=LEASE)
    slow = ("--only", "aggregate", "--sleep", "after", "bookmarks.ticket", "1", "25")
    with worker(environment, *slow) as process:
        assert "sleeping" in (process.stdout.readline() if process.stdout else "")
        assert run("--wait", "5").exit_code == 1, "it was taken from a living worker"
        assert run("--wait", str(PATIENCE)).exit_code == 0
    assert waiting.totals([REF])[REF]["views"] == 2
