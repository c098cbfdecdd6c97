"""The schedule of the periodic jobs."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from celery import Celery

from stats import tasks
from stats.config import Settings
from stats.errors import StoreUnavailable
from stats.metrics import TASK_FAILURES, Recorder
from stats.tasks import build_schedule

LOOK = """
from celery import current_app
from stats.config import Settings
from stats.tasks import build_schedule
build_schedule(Settings())
assert not current_app.finalized, "a host's own application comes too late"
"""


def test_every_job_of_the_schedule_is_a_task() -> None:
    app = Celery("test", set_as_current=False)
    known = {name for name in app.tasks if name.startswith("stats.")}
    assert set(build_schedule(Settings())) <= known
    assert tasks.process.name == "stats.process"


def test_a_schedule_is_made_before_a_host_has_made_its_celery_application() -> None:
    subprocess.run([sys.executable, "-c", LOOK], check=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of tasks, and none of them has run."""
    now = [1000.0]
    monkeypatch.setattr(tasks, "monotonic", lambda: now[0])
    monkeypatch.setattr(tasks, "_ended", {})
    return now


def test_runs_that_piled_up_are_one(clock: list[float]) -> None:
    """Beat goes on while a worker is stopped, or held up by an engine: 100 messages wait then."""
    runs: list[float] = []

    def job() -> None:
        runs.append(clock[0])
        clock[0] += 7.0  # longer than the interval

    for _ in range(100):
        tasks.run_often("stats.process", job, interval=5.0)
    tasks.run_often("stats.aggregate", job, interval=5.0)
    assert runs == [1000.0, 1007.0], "of each task one"
    clock[0] += 2.5
    tasks.run_often("stats.process", job, interval=5.0)
    assert len(runs) == 3


def test_an_engine_that_is_away_is_one_line_for_all_that_piled_up(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def job() -> None:
        raise StoreUnavailable("MongoDB", "refused")

    state = SimpleNamespace(stores=SimpleNamespace(recorder=Recorder()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "current_stats", state)
        for _ in range(100):
            tasks.run_often("stats.process", job, interval=5.0)
    assert [record.getMessage() for record in caplog.records] == [
        "stats.process is put off to its next time: MongoDB is not reachable: refused"
    ]
    assert state.stores.recorder.take() == {(TASK_FAILURES, ("stats.process",)): 1}
