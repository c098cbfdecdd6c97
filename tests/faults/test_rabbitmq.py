"""RabbitMQ in an alarm, frozen, killed: publishing ends in time, hosts are not hurt."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from stats.errors import StoreBlocked, StoreUnavailable
from stats.service import create_app
from stats.stores.queues import EventQueues
from tests.faults.host import build_emitter
from tests.rabbitmq import Node

VIEW = "record-view"
TIMEOUT = 1.0
A_MOMENT = 0.05
"""Seconds that a request may lose to statistics that are known to be down."""
PATIENCE = 60.0


@pytest.fixture
def prefix() -> str:
    return f"t{secrets.token_hex(4)}-"


@pytest.fixture
def queues(rabbitmq: Node, prefix: str) -> Iterator[EventQueues]:
    found = EventQueues(rabbitmq.url, prefix=prefix, type_names=[VIEW], timeout=TIMEOUT)
    yield found
    found.purge(VIEW)
    found.close()


def persist(job: Callable[[], object]) -> None:
    """Do a job, again while the broker is away."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            job()
        except StoreUnavailable:
            assert time.monotonic() < end, "the broker did not come back"
            time.sleep(0.1)
        else:
            return


def seconds(job: Callable[[], object], error: type[Exception]) -> float:
    began = time.monotonic()
    with pytest.raises(error):
        job()
    return time.monotonic() - began


def bodies_in(queues: EventQueues) -> list[bytes]:
    with queues.consume(VIEW, prefetch=10_000) as consumer:
        deliveries = list(consumer.arriving(wait=0.5))
        if deliveries:
            consumer.ack(deliveries[-1].tag)
    return [delivery.body for delivery in deliveries]


def ids_in(queues: EventQueues) -> set[str]:
    """Return the ids of all events that wait; one may be there twice."""
    read = [json.loads(body) for body in bodies_in(queues)]
    events = [event for one in read for event in (one if isinstance(one, list) else [one])]
    return {event["id"] for event in events}


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_an_alarm_is_said_at_once_and_nothing_hangs(
    kind: str, rabbitmq: Node, queues: EventQueues, prefix: str
) -> None:
    queues.publish(VIEW, [b"1"])
    fresh = EventQueues(rabbitmq.url, prefix=prefix, type_names=[VIEW], timeout=TIMEOUT)
    with rabbitmq.alarm(kind):
        for job in (
            lambda: queues.publish(VIEW, [b"2"]),
            lambda: queues.publish(VIEW, [b"3" * 1000] * 5_000),
            lambda: fresh.publish(VIEW, [b"4"]),
            queues.ping,
        ):
            assert seconds(job, StoreBlocked) < 2 * TIMEOUT
        assert queues.depth(VIEW) >= 1, "what waits can be asked and worked on all the same"
        assert b"1" in bodies_in(queues)
        began = time.monotonic()
        fresh.close()
        queues.close()
        assert time.monotonic() - began < 2 * TIMEOUT
    persist(queues.ping)
    queues.publish(VIEW, [b"5"])
    assert b"5" in bodies_in(queues)


def test_a_broker_that_says_nothing_any_more_is_given_up_in_time(
    rabbitmq: Node, queues: EventQueues, prefix: str
) -> None:
    queues.publish(VIEW, [b"1"])
    fresh = EventQueues(rabbitmq.url, prefix=prefix, type_names=[VIEW], timeout=TIMEOUT)
    rabbitmq.freeze()
    try:
        for job in (
            lambda: queues.publish(VIEW, [b"2"]),
            lambda: fresh.publish(VIEW, [b"3"]),
            lambda: queues.depth(VIEW),
            queues.ping,
        ):
            assert seconds(job, StoreUnavailable) < 2.5 * TIMEOUT
    finally:
        rabbitmq.thaw()
    persist(lambda: queues.publish(VIEW, [b"4"]))
    assert b"4" in bodies_in(queues)


def memory_alarm(node: Node) -> Iterator[None]:
    with node.alarm("memory"):
        yield


def frozen(node: Node) -> Iterator[None]:
    node.freeze()
    try:
        yield
    finally:
        node.thaw()


def killed(node: Node) -> Iterator[None]:
    node.kill()
    try:
        yield
    finally:
        node.start()


@pytest.mark.parametrize("trouble", [memory_alarm, frozen, killed])
def test_a_host_loses_a_moment_a_request_and_no_event(
    trouble: Callable[[Node], Iterator[None]],
    rabbitmq: Node,
    queues: EventQueues,
    prefix: str,
    tmp_path: Path,
) -> None:
    emitter = build_emitter(rabbitmq.url, tmp_path / "spool", prefix=prefix)
    events = [{"type": VIEW, "resource": "record:r1", "id": f"e{number}"} for number in range(300)]
    assert all(emitter.emit(event) for event in events[:50])
    times = []
    in_trouble = trouble(rabbitmq)
    next(in_trouble)
    try:
        assert emitter.emit(events[50])
        for event in events[51:250]:
            began = time.monotonic()
            assert emitter.emit(event)
            times.append(time.monotonic() - began)
            time.sleep(0.01)
    finally:
        with suppress(StopIteration):
            next(in_trouble)
    assert sorted(times)[-3] < A_MOMENT, "two outliers are the machine's"
    assert emitter.counts["spooled"] >= 200
    end = time.monotonic() + PATIENCE
    while emitter.spool is not None and emitter.spool.size():
        assert time.monotonic() < end, "the spool did not drain by itself"
        time.sleep(0.1)
    assert all(emitter.emit(event) for event in events[250:])
    assert ids_in(queues) == {event["id"] for event in events}
    assert emitter.counts["lost"] == 0


def hosts(node: Node, spool: Path, *limit: int) -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.host", node.url, str(spool), f"h{n}", "1500"]
            + [str(one) for one in limit],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for n in range(3)
    ]


def promised(processes: list[subprocess.Popen[str]]) -> tuple[set[str], list[float]]:
    """Return the ids that the hosts were told are safe, and each one's slowest call."""
    lines = [line for one in processes for line in one.communicate(timeout=PATIENCE)[0].split("\n")]
    slowest = [float(line.split()[1]) for line in lines if line.startswith("slowest")]
    return {line for line in lines if line.startswith("h")}, slowest


@pytest.mark.parametrize("limit", [(), (20_000,)], ids=["room", "full disk"])
def test_hosts_that_are_killed_while_the_broker_comes_and_goes_lose_nothing(
    limit: tuple[int, ...], rabbitmq: Node, tmp_path: Path
) -> None:
    own = EventQueues(rabbitmq.url, prefix="host-", type_names=[VIEW], timeout=TIMEOUT)
    own.purge(VIEW)
    processes = hosts(rabbitmq, tmp_path / "spool", *limit)
    with rabbitmq.alarm("memory"):
        time.sleep(2)
        processes[0].kill()
    time.sleep(1)
    with rabbitmq.alarm("disk"):
        time.sleep(1)
    ids, _ = promised(processes)
    assert len(ids) > 100
    emitter = build_emitter(rabbitmq.url, tmp_path / "spool")
    persist(emitter.drain)
    assert emitter.spool is not None
    assert emitter.spool.size() == 0
    assert ids <= ids_in(own)
    own.close()


@pytest.fixture
def service(rabbitmq: Node, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.delenv("STATS_BROKER_URL", raising=False)
    return create_app({"STATS_BROKER_URL": rabbitmq.url})


def test_readiness_says_that_the_broker_is_blocked(rabbitmq: Node, service: Flask) -> None:
    client = service.test_client()
    assert client.get("/readyz").json["engines"]["broker"] == {"ok": True}
    with rabbitmq.alarm("memory"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    reason = answer.json["engines"]["broker"]["reason"]
    assert reason == "blocked: it takes no messages while it is low on memory or disk space"
