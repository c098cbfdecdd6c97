"""``stats demo``: engines, an imported log, generated traffic, a worker and the service.

Invariant: whatever was started is stopped at the end, however it ends;
a second start on the same folder finds its data and adds nothing twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server

from stats import engines
from stats.demo.access_log import MAPPING, make_access_log
from stats.demo.repository import COMMUNITIES
from stats.demo.traffic import Traffic, make_traffic
from stats.engines.folder import free_port, is_free
from stats.ext import EXTENSION, StatsState
from stats.log_imports import build_log_imports
from stats.permissions.tokens import build_document, make_secret, parse_scope
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import DAY, utc_now

Report = Callable[[str], None]
_PUBLISHED = "demo-traffic"
_BATCH = 1_000
_HURRY = {"STATS_PROCESS_INTERVAL_SECONDS": "2", "STATS_AGGREGATE_INTERVAL_SECONDS": "5"}
"""Seconds: whoever tries the demo waits for their own event."""
_PORT = 8000
_THREADS = 8
_STOP_SECONDS = 30


@dataclass(frozen=True)
class Demo:
    """What the command line says: where the data is, which port, and what to import."""

    data: Path
    port: int | None = None
    log: Path | None = None
    mapping: Path | None = None
    traffic_visits: int = 350


def run_demo(demo: Demo, report: Report) -> None:
    """Run everything until SIGINT or SIGTERM."""
    demo.data.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)  # a shell in the background would have it ignored
    try:
        with _running_engines(demo, report):
            app = create_app({"STATS_PUBLIC_REPORTS": True})
            run_fill(app, demo, report)
            with _running_worker(demo):
                _serve(app, demo, report)
    except KeyboardInterrupt:
        report("stopped before it was ready")


def run_fill(app: Flask, demo: Demo, report: Report) -> None:
    """Take in a log and the generated traffic, and count it all."""
    state: StatsState = app.extensions[EXTENSION]
    state.init()
    _describe(state)
    _import(demo, state, report)
    _publish_traffic(demo, state, report)
    report("counting")
    report(f"counted {state.aggregate().days} days")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _running_engines(demo: Demo, report: Report) -> Iterator[None]:
    addresses = engines.start(demo.data, report=report)
    os.environ.update(addresses.as_env())
    os.environ.update(_HURRY)
    try:
        yield
    finally:
        report("stopping the engines")
        engines.stop(demo.data)


def _describe(state: StatsState) -> None:
    """Say what communities are called, which no event does."""
    now = utc_now()
    titled = [Description(ref, {"title": title}, now, True) for ref, title in COMMUNITIES.items()]
    state.stores.resources.describe(titled)


def _import(demo: Demo, state: StatsState, report: Report) -> None:
    """Import the log named, or one made for the purpose, and process it."""
    log, mapping = demo.log, demo.mapping
    if log is None or mapping is None:
        log, mapping = _make_log(demo, state)
    report(f"importing {log}")
    log_imports = build_log_imports(state.settings, state.stores, state.definitions)
    imported = log_imports.run_one(log, mapping)
    report(
        f"imported {imported.imported}, skipped {imported.skipped}, malformed {imported.malformed}"
    )
    state.process()


def _make_log(demo: Demo, state: StatsState) -> tuple[Path, Path]:
    log, mapping = demo.data / "access.log", demo.data / "access.toml"
    if not log.exists():
        yesterday = utc_now().date() - DAY
        lines = make_access_log(yesterday, state.enrichment.find_place)
        log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    mapping.write_text(MAPPING, "utf-8")
    return log, mapping


def _publish_traffic(demo: Demo, state: StatsState, report: Report) -> None:
    """Publish the traffic of the last 60 days, once a folder."""
    done = demo.data / _PUBLISHED
    if done.exists():
        report(f"the traffic of {done.read_text('utf-8')} is there already")
        return
    traffic = Traffic(utc_now().date() - DAY, visits=demo.traffic_visits)
    events: list[dict[str, Any]] = []
    published = 0
    for event in make_traffic(traffic, state.enrichment.find_place):
        events.append(event)
        if len(events) == _BATCH:
            published += _publish(state, events)
    published += _publish(state, events)
    report(f"published {published} events of {traffic.days} days")
    state.process()
    done.write_text(traffic.last_day.isoformat(), "utf-8")


def _publish(state: StatsState, events: list[dict[str, Any]]) -> int:
    state.publish(events)
    count = len(events)
    events.clear()
    return count


@contextmanager
def _running_worker(demo: Demo) -> Iterator[None]:
    """Run a Celery worker with its beat beside the service."""
    command = [sys.executable, "-m", "celery", "-A", "stats.worker", "worker", "--beat"]
    command += ["--concurrency", "1", "--loglevel", "WARNING", "--without-gossip"]
    command += ["--without-mingle", "--schedule", str(demo.data / "celerybeat-schedule")]
    with (demo.data / "worker.log").open("ab") as log:
        worker = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        worker.terminate()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, signal.SIGKILL)  # Celery's own children may outlive it
        worker.wait()


def _make_token(app: Flask, demo: Demo) -> str:
    """Return the admin's token of this folder; it is made at the first start."""
    file = demo.data / "admin-token"
    if file.exists():
        return file.read_text("utf-8")
    state: StatsState = app.extensions[EXTENSION]
    secret = make_secret()
    scope = parse_scope("admin", user=None, communities=())
    state.stores.tokens.add(build_document(secret, scope, now=utc_now(), expires=None))
    file.touch(mode=0o600)
    file.write_text(secret, "utf-8")
    return secret


def _serve(app: Flask, demo: Demo, report: Report) -> None:
    """Answer requests until a signal comes."""
    port = demo.port or (_PORT if is_free(_PORT) else free_port())
    server = create_server(app, host="127.0.0.1", port=port, threads=_THREADS)
    report(f"ready at {datetime.now():%H:%M:%S}; Ctrl-C stops everything. Open:")
    token = _make_token(app, demo)
    for path, what in _PAGES:
        report(f"  http://127.0.0.1:{port}{path}  {what}")
    report(f"  http://127.0.0.1:{port}/stats/sign-in#token={token}  signs in as admin")
    server.run()  # until KeyboardInterrupt, which it takes for the end


_PAGES = (
    ("/stats/", "the dashboard"),
    ("/widgets/record:1", "one record, as its landing page shows it"),
    ("/api/stats/totals/record:1", "one record's totals"),
    ("/api/stats/record-view-histogram?resource=site:all", "the site's views by day"),
    ("/api/openapi.json", "the description of all of it"),
)
