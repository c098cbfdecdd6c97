"""Engines that are killed, restarted or full while the pipeline works.

On engines of their own, since other tests share theirs. Invariant: what an engine that
is away makes impossible raises `StoreUnavailable` in time and is done when it is back.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stats import engines
from stats.engines.folder import Addresses, Folder
from stats.errors import StoreUnavailable
from stats.events.process import Processed, run_process
from stats.ext import StatsState
from tests.faults.traffic import assert_equals_model, make_events
from tests.search_server import call
from tests.system import System

PATIENCE = 120.0
EVENTS = 300
A_MOMENT = 0.3
TIMEOUT = 2.0

pytestmark = pytest.mark.parametrize("overrides", [{"STATS_CONNECT_TIMEOUT": TIMEOUT}])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of engines that these tests may kill."""
    data = tmp_path_factory.mktemp("stats-faults")
    engines.start(data, attached=True, usual_ports=False)
    yield data
    engines.stop(data)


@pytest.fixture
def stats_engines(folder: Path) -> Addresses:
    """All of them run, whatever the test before did."""
    return engines.start(folder, attached=True, usual_ports=False)


def kill(folder: Path, name: str) -> None:
    """End an engine without a chance to write anything more."""
    process = Folder(folder).process(name)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    while Folder(folder).process(name) is not None:
        time.sleep(0.01)


def end(folder: Path, name: str) -> None:
    """Ask an engine to end, as an administrator does."""
    process = Folder(folder).process(name)
    assert process is not None
    os.kill(process.pid, signal.SIGTERM)
    while Folder(folder).process(name) is not None:
        time.sleep(0.01)


def start(folder: Path) -> None:
    engines.start(folder, attached=True, usual_ports=False)


def persist(job: Callable[[], Any]) -> int:
    """Do a job, again while an engine is away, as Celery does; return how often it was away."""
    deadline = time.monotonic() + PATIENCE
    for failures in range(10_000):
        try:
            job()
        except StoreUnavailable:
            assert time.monotonic() < deadline, "the engine did not come back"
            time.sleep(0.05)
        else:
            return failures
    raise AssertionError("the engine did not come back")


def impatient(state: StatsState, patience: float) -> dict[str, Processed]:
    """Drain the queues, trying again for ``patience`` seconds and not longer."""
    processing = replace(state.processing, patience=patience)
    return {
        name: run_process(name, processing=processing)
        for name in state.event_types
        if state.stores.queues.depth(name)
    }


def waiting(state: StatsState) -> int:
    return sum(state.stores.queues.depths(state.event_types).values())


def blocks(state: StatsState, index: str, block: str, value: bool | None) -> None:
    """Set or lift a block of an index, as an administrator or a full disk does."""
    url = state.settings.elasticsearch_url
    call(url, "PUT", f"{index}/_settings", {f"index.blocks.{block}": value})


def publish_twice(pipeline: System, *, seed: int) -> list[dict[str, Any]]:
    """Publish events, process the first hundred, and leave the others in the queue."""
    events = make_events(random.Random(seed), EVENTS)
    pipeline.publish(events[:100])
    pipeline.process()
    pipeline.publish(events[100:])
    return events


def test_a_broker_killed_while_events_come_and_go_loses_none(
    folder: Path, state: StatsState, pipeline: System
) -> None:
    events = make_events(random.Random(3), EVENTS)
    batches = [events[at : at + 10] for at in range(0, EVENTS, 10)]
    published = threading.Event()

    def publish() -> int:
        failures = 0
        for batch in batches:
            failures += persist(lambda batch=batch: pipeline.publish(batch))
            time.sleep(0.02)
        published.set()
        return failures

    def consume() -> int:
        failures = 0
        while not published.is_set():
            failures += persist(pipeline.process)
        return failures

    with ThreadPoolExecutor(2) as executor:
        jobs = [executor.submit(publish), executor.submit(consume)]
        time.sleep(A_MOMENT)
        assert not published.is_set(), "all was published before the broker was killed"
        kill(folder, "amqp")
        start(folder)
        assert sum(job.result(PATIENCE) for job in jobs), "nobody met the broker that was away"
    pipeline.process()
    pipeline.aggregate()
    assert_equals_model(pipeline, events)


def test_publishing_without_a_broker_gives_up_in_time_and_goes_on_when_it_is_back(
    folder: Path, state: StatsState, pipeline: System
) -> None:
    events = make_events(random.Random(4), 40)
    pipeline.publish(events[:20])
    kill(folder, "amqp")
    for _ in range(2):  # on the connection that was open, and on a new one
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            pipeline.publish(events[20:])
        assert time.monotonic() - began < 2 * TIMEOUT
    with pytest.raises(StoreUnavailable):
        pipeline.process()
    start(folder)
    pipeline.publish(events[20:])
    pipeline.process()
    pipeline.aggregate()
    assert_equals_model(pipeline, events)


def test_without_elasticsearch_nothing_is_acknowledged_and_all_is_done_later(
    folder: Path, state: StatsState, pipeline: System
) -> None:
    events = publish_twice(pipeline, seed=5)
    before = waiting(state)
    kill(folder, "elasticsearch")
    for job in (lambda: impatient(state, A_MOMENT), pipeline.aggregate):
        with pytest.raises(StoreUnavailable):
            job()
    assert waiting(state) == before
    start(folder)
    pipeline.process()
    pipeline.aggregate()
    assert state.stores.dead_letters.count() == 0
    assert_equals_model(pipeline, events)


@pytest.mark.parametrize("block", ["write", "read_only_allow_delete"], ids=["403", "429"])
def test_an_index_that_takes_no_writes_is_waited_for(
    block: str, state: StatsState, pipeline: System
) -> None:
    """Elasticsearch answers 403 to what an administrator blocked, 429 when its disk is full."""
    events = publish_twice(pipeline, seed=6)
    before = waiting(state)
    blocks(state, state.stores.search.raw("*"), block, True)
    with pytest.raises(StoreUnavailable):
        impatient(state, A_MOMENT)
    assert waiting(state) == before
    lifting = threading.Timer(
        3 * A_MOMENT, blocks, [state, state.stores.search.raw("*"), block, None]
    )
    lifting.start()
    done = impatient(state, PATIENCE)
    lifting.join()
    assert sum(processed.created for processed in done.values()) == 200
    pipeline.aggregate()
    assert state.stores.dead_letters.count() == 0
    assert_equals_model(pipeline, events)


def test_daily_documents_that_cannot_be_written_are_written_later(
    state: StatsState, pipeline: System
) -> None:
    events = make_events(random.Random(7), EVENTS)
    pipeline.publish(events[:100])
    pipeline.process()
    pipeline.aggregate()
    pipeline.publish(events[100:])
    pipeline.process()
    blocks(state, state.stores.search.daily("record-view"), "write", True)
    with pytest.raises(StoreUnavailable):
        pipeline.aggregate()
    assert state.stores.day_claims.marked_days()
    blocks(state, state.stores.search.daily("record-view"), "write", None)
    pipeline.aggregate()
    assert state.stores.day_claims.marked_days() == []
    assert_equals_model(pipeline, events)


def test_a_mongodb_that_restarts_meanwhile_only_delays(
    folder: Path, state: StatsState, pipeline: System
) -> None:
    events = make_events(random.Random(8), EVENTS)
    batches = [events[at : at + 50] for at in range(0, EVENTS, 50)]
    began = threading.Event()

    def work() -> int:
        failures = 0
        for batch in batches:
            pipeline.publish(batch)
            failures += persist(pipeline.process)
            failures += persist(pipeline.aggregate)
            began.set()
        return failures

    with ThreadPoolExecutor(1) as executor:
        job = executor.submit(work)
        assert began.wait(PATIENCE)
        time.sleep(A_MOMENT)
        end(folder, "mongo")
        time.sleep(TIMEOUT)
        start(folder)
        assert job.result(PATIENCE), "nobody met the MongoDB that was away"
    pipeline.aggregate()
    assert state.stores.day_claims.marked_days() == []
    assert_equals_model(pipeline, events)
