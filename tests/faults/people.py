"""What the processes do that a fault suite hurts.

What they do is what commands and workers do; what an engine that is away makes impossible
they try again, as Celery does.
"""

from __future__ import annotations

import json
import os
import random
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from celery.platforms import SecurityWarning
from gunicorn.app.base import BaseApplication

from stats.errors import StatsError, StoreUnavailable
from stats.ext import StatsState
from stats.log_imports import build_log_imports
from stats.retention.erase import run_erase
from stats.retention.reflag import Rules, run_reflag
from stats.retention.run import run_retention
from stats.retention.withdraw import run_withdraw
from stats.service import create_app
from stats.setting_sources import load_settings
from stats.times import EPOCH
from tests.faults.crowd import Config
from tests.faults.worker import act_at, die

PAUSE = 0.1
BATCH = 20
ANSWER_SECONDS = 20.0


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
    """Publish the events of a file into the queue."""
    _publish_file(open_state(config).publish, events, done)


def _publish_file(send: Callable[[list[Any]], object], events: str, done: str) -> None:
    """Send the events of a file; one that is killed is followed by one that goes on."""
    lines = Path(events).read_text("utf-8").splitlines()
    progress = Path(done)
    while True:
        at = int(progress.read_text()) if progress.exists() else 0
        batch = [json.loads(line) for line in lines[at : at + BATCH]]
        if not batch:
            return
        try:
            send(batch)
        except StoreUnavailable:
            time.sleep(PAUSE)
            continue
        fresh = progress.with_suffix(".new")
        fresh.write_text(str(at + len(batch)))
        fresh.replace(progress)
        time.sleep(PAUSE)


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


def _die_at(state: StatsState, point: str) -> None:
    moment, call = point.split()
    act_at(state, moment, call, number=1, act=die)


def import_log(config: Config, path: str, mapping: str, point: str) -> None:
    """Import a log, up to a point."""
    state = open_state(config)
    _die_at(state, point)
    imports = build_log_imports(state.settings, state.stores, state.definitions)
    with suppress(StatsError):
        imports.run_one(Path(path), Path(mapping))


def withdraw(config: Config, import_id: str, point: str) -> None:
    """Withdraw an import, up to a point."""
    state = open_state(config)
    _die_at(state, point)
    _die_at(state, "before imports.finish_withdrawal")
    job = state.retention_job(wait=lambda seconds: None)
    with suppress(StatsError):
        run_withdraw(job, import_id, imports=state.stores.imports)


def post(config: Config, events: str, done: str, url: str, token: str) -> None:
    """Publish the events of a file over HTTP; what is not answered with 202 is sent again."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(batch: list[Any]) -> None:
        request = Request(url, json.dumps(batch).encode(), headers)
        try:
            with urlopen(request, timeout=ANSWER_SECONDS) as answer:
                assert json.load(answer)["accepted"] == len(batch)
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError) and error.code != 503:
                raise
            raise StoreUnavailable("the service", str(error)) from error

    _publish_file(send, events, done)


class Web(BaseApplication):  # type: ignore[misc]
    """Gunicorn with the service, as `docs/deployment.md` has it."""

    def __init__(self, port: int) -> None:
        self._port = port
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", f"127.0.0.1:{self._port}")
        self.cfg.set("workers", 2)
        self.cfg.set("worker_class", "gthread")  # notices within a second that its parent is gone
        self.cfg.set("loglevel", "critical")

    def load(self) -> Any:
        return create_app()


def serve(config: Config, port: int) -> None:
    """A server of several web processes."""
    _take_environment(config)
    Web(port).run()


def celery_worker(config: Config) -> None:
    """A Celery worker, for what beat sends."""
    _take_environment(config)
    from stats.worker import celery  # noqa: PLC0415 - reads the environment

    warnings.simplefilter("ignore", SecurityWarning)
    celery.Worker(pool="solo", loglevel="CRITICAL", quiet=True, without_mingle=True).start()


def beat(config: Config, schedule: str) -> None:
    """Celery's beat, which sends the tasks of the schedule."""
    _take_environment(config)
    from stats.worker import celery  # noqa: PLC0415 - reads the environment

    celery.Beat(schedule=schedule, loglevel="CRITICAL", quiet=True).run()


def _take_environment(config: Config) -> None:
    for name in [name for name in os.environ if name.startswith("STATS_")]:
        del os.environ[name]
    os.environ.update({name: str(value) for name, value in config.items()})
