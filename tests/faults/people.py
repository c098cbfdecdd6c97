"""The processes that a fault suite hurts. Each is forked from one that has imported everything.

What they do is what commands and workers do; what an engine that is away makes impossible
they try again, as Celery does.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from stats.errors import StatsError, StoreUnavailable
from stats.ext import StatsState
from stats.retention.erase import run_erase
from stats.retention.reflag import Rules, run_reflag
from stats.retention.run import run_retention
from stats.setting_sources import load_settings
from stats.times import EPOCH

PAUSE = 0.1
BATCH = 20

Config = dict[str, Any]


def open_state(config: Config) -> StatsState:
    return StatsState(load_settings(config, {}))


def again_and_again(job: Callable[[], object]) -> None:
    """Do a job for ever; an engine that is away is waited for."""
    while True:
        with suppress(StoreUnavailable):
            job()
        time.sleep(PAUSE)


def process(config: Config) -> None:
    """A processing worker."""
    again_and_again(open_state(config).process)


def aggregate(config: Config) -> None:
    """An aggregating worker."""
    again_and_again(open_state(config).aggregate)


def process_elsewhen(config: Config) -> None:
    """A worker whose own clock is wrong by an hour, one way or the other."""
    import stats.times  # noqa: PLC0415 - its clock is changed in this process

    hours = random.Random(os.getpid()).choice((-1, 1))

    class Elsewhen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Elsewhen:
            return super().now(tz) + timedelta(hours=hours)

    stats.times.datetime = Elsewhen  # type: ignore[misc]
    state = open_state(config)

    def work() -> None:
        state.process()
        state.aggregate()

    again_and_again(work)


def publish(config: Config, events: str, done: str) -> None:
    """Publish the events of a file; one that is killed is followed by one that goes on."""
    state = open_state(config)
    lines = Path(events).read_text("utf-8").splitlines()
    progress = Path(done)
    while True:
        at = int(progress.read_text()) if progress.exists() else 0
        batch = [json.loads(line) for line in lines[at : at + BATCH]]
        if not batch:
            return
        try:
            state.publish(batch)
        except StoreUnavailable:
            time.sleep(PAUSE)
            continue
        fresh = progress.with_suffix(".new")
        fresh.write_text(str(at + len(batch)))
        fresh.replace(progress)
        time.sleep(PAUSE / 2)


def redo(config: Config, days: list[str]) -> None:
    """Count days again, whole."""
    state = open_state(config)
    with suppress(StatsError):
        state.stores.day_claims.mark_days([date.fromisoformat(d) for d in days], since=EPOCH)
        state.aggregate()


def retention(config: Config) -> None:
    """A run of retention, which finds nothing that is old enough and looks at everything."""
    state = open_state(config)
    with suppress(StatsError):
        run_retention(state.retention_job(wait=lambda seconds: None))


def erase(config: Config) -> None:
    """Forget somebody who did nothing: everything is looked at, and no number may change."""
    state = open_state(config)
    with suppress(StatsError):
        job = state.retention_job(wait=lambda seconds: None)
        run_erase(job, "nobody", tokens=state.stores.tokens)


def reflag(config: Config) -> None:
    """Judge all events again by the rules that they were judged by."""
    state = open_state(config)
    found = state.enrichment
    rules = Rules(found.read_agent, found.robots_list, found.exclude_owners)
    with suppress(StatsError):
        run_reflag(state.retention_job(wait=lambda seconds: None), (None, None), rules=rules)


PRELOADED = ["tests.faults.people", "stats.ext", "stats.retention.run"]


class Crowd:
    """The processes of one suite, by name; one that is missing is started again."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._context = ForkServerContext()
        self._context.set_forkserver_preload(PRELOADED)
        self._running: dict[str, BaseProcess] = {}
        self._how: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {}

    def start(self, name: str, job: Callable[..., None], *arguments: Any) -> BaseProcess:
        """Start a process under a name."""
        self._how[name] = (job, arguments)
        found = self._context.Process(target=job, args=(self.config, *arguments), daemon=True)
        found.start()
        self._running[name] = found
        return found

    def kill(self, name: str) -> bool:
        """Kill a process and start it again; False when it had ended by itself."""
        one = self._running[name]
        if one.exitcode is not None:
            return False
        one.kill()
        one.join()
        job, arguments = self._how[name]
        self.start(name, job, *arguments)
        return True

    def end(self, name: str) -> None:
        """Kill a process, and start none in its place."""
        one = self._running.pop(name)
        one.kill()
        one.join()

    def pid(self, name: str) -> int:
        pid = self._running[name].pid
        assert pid is not None
        return pid

    def failed(self) -> list[str]:
        """Return the processes that ended with an error of their own."""
        return [name for name, one in self._running.items() if one.exitcode not in (None, 0)]

    def is_done(self, name: str) -> bool:
        return self._running[name].exitcode == 0

    def stop(self) -> None:
        """End all of them."""
        for one in self._running.values():
            one.kill()
            one.join()
