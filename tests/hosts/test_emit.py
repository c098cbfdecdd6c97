"""Publishing from a host that must not suffer: spool, breaker, outcomes. No engine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from stats.errors import StoreUnavailable
from stats.events.catalogue import EVENT_TYPES
from stats.events.types import Event
from stats.hosts.breaker import FIRST_PAUSE, Breaker
from stats.hosts.emit import DRAIN_EVERY, Emitter, emit
from stats.hosts.spool import Spool

TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
VIEW = {"type": "record-view", "resource": "record:r1"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Broker:
    """Takes events, or is down."""

    def __init__(self) -> None:
        self.down = False
        self.asked = 0
        self.taken: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        self.asked += 1
        if self.down:
            raise StoreUnavailable("The AMQP broker", "refused")
        self.taken.extend(events)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.ndjson", max_bytes=100_000)


@pytest.fixture
def emitter(broker: Broker, spool: Spool, clock: Clock) -> Emitter:
    return Emitter(broker.publish, types=TYPES, spool=spool, clock=clock)


def join_drains() -> None:
    for thread in threading.enumerate():
        if thread.name == "stats-spool":
            thread.join(10)


def test_what_could_not_be_published_is_published_later(
    emitter: Emitter, broker: Broker, spool: Spool, clock: Clock
) -> None:
    broker.down = True
    assert emitter.emit(VIEW, VIEW)
    assert emitter.counts["spooled"] == 2
    assert spool.size() > 0
    broker.down = False
    clock.now += FIRST_PAUSE * 2
    assert emitter.emit(VIEW)
    join_drains()
    assert len(broker.taken) == 3
    assert len({event.id for event in broker.taken}) == 3
    assert spool.size() == 0


def test_a_broker_that_is_down_is_not_asked_at_every_event(
    emitter: Emitter, broker: Broker, clock: Clock
) -> None:
    broker.down = True
    for _ in range(50):
        emitter.emit(VIEW)
    assert broker.asked == 1
    clock.now += FIRST_PAUSE + 0.1
    for _ in range(50):
        emitter.emit(VIEW)
    assert broker.asked == 2
    assert emitter.counts["spooled"] == 100


def test_without_a_spool_events_are_lost_and_counted(broker: Broker) -> None:
    emitter = Emitter(broker.publish, types=TYPES, spool=None)
    broker.down = True
    assert not emitter.emit(VIEW)
    assert emitter.counts["lost"] == 1


def test_an_object_that_is_no_event_is_refused_and_the_others_go(
    emitter: Emitter, broker: Broker
) -> None:
    assert not emitter.emit({"type": "no-such-type"}, VIEW, 7)
    assert emitter.counts == {"published": 1, "refused": 2, "spooled": 0, "lost": 0}
    assert [event.resource for event in broker.taken] == ["record:r1"]


def test_a_mistake_of_ours_is_none_of_the_hosts(spool: Spool) -> None:
    def broken(events: Sequence[Event]) -> None:
        raise RuntimeError("a bug")

    emitter = Emitter(broken, types=TYPES, spool=spool)
    assert not emitter.emit(VIEW)
    assert emitter.counts["lost"] == 1


def test_outside_of_an_application_nothing_is_raised() -> None:
    assert not emit(VIEW)


def test_a_full_spool_loses_and_says_so(broker: Broker, tmp_path: Path) -> None:
    broker.down = True
    emitter = Emitter(broker.publish, types=TYPES, spool=Spool(tmp_path / "s.ndjson", max_bytes=1))
    assert emitter.emit(VIEW)
    assert not emitter.emit(VIEW)
    assert emitter.counts["lost"] == 1


def test_a_spool_that_cannot_be_written_loses_and_says_so(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broker.down = True
    emitter = Emitter(
        broker.publish, types=TYPES, spool=Spool(tmp_path / "file" / "s", max_bytes=10)
    )
    assert not emitter.emit(VIEW)


def test_a_drain_that_was_killed_is_done_again(spool: Spool, tmp_path: Path) -> None:
    lines = [json.dumps({"n": n}).encode() for n in range(1200)]
    assert spool.add(lines)
    seen: list[bytes] = []

    def dies(batch: Sequence[bytes]) -> None:
        if seen:
            raise StoreUnavailable("The AMQP broker", "gone")
        seen.extend(batch)

    with pytest.raises(StoreUnavailable):
        spool.drain(dies)
    assert spool.add([b"late"])
    again: list[bytes] = []
    assert spool.drain(again.extend) == 1201
    assert again == [*lines, b"late"]
    assert spool.size() == 0
    assert spool.drain(again.extend) == 0


def test_a_cut_off_line_keeps_no_other_back(emitter: Emitter, broker: Broker, spool: Spool) -> None:
    spool.add([json.dumps(VIEW).encode(), b'{"type": "rec'])
    emitter.drain()
    assert len(broker.taken) == 1


def test_only_its_owner_reads_the_spool(spool: Spool, tmp_path: Path) -> None:
    spool.add([b"{}"])
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}


def test_many_threads_and_processes_share_a_spool(spool: Spool, tmp_path: Path) -> None:
    other = Spool(tmp_path / "spool.ndjson", max_bytes=1_000_000)
    child = os.fork()
    if child == 0:
        for n in range(100):
            other.add([b"c%d" % n])
        os._exit(0)
    threads = [
        threading.Thread(target=lambda t=t: [spool.add([b"t%d-%d" % (t, n)]) for n in range(50)])
        for t in range(4)
    ]
    for thread in threads:
        thread.start()
    found: list[bytes] = []
    for _ in range(20):
        spool.drain(found.extend)
    for thread in threads:
        thread.join()
    os.waitpid(child, 0)
    spool.drain(found.extend)
    assert len(found) == len(set(found)) == 300


def test_the_breaker_lets_one_through_after_each_pause(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    assert breaker.may_ask()
    breaker.failed()
    assert not breaker.may_ask()
    clock.now += FIRST_PAUSE
    assert [breaker.may_ask(), breaker.may_ask()] == [True, False]
    breaker.failed()
    clock.now += FIRST_PAUSE
    assert not breaker.may_ask()
    clock.now += FIRST_PAUSE
    assert breaker.may_ask()
    breaker.answered()
    assert breaker.may_ask()


def test_the_spool_is_looked_at_now_and_then_only(
    emitter: Emitter, broker: Broker, spool: Spool, clock: Clock
) -> None:
    emitter.emit(VIEW)
    spool.add([json.dumps(VIEW).encode()])
    emitter.emit(VIEW)
    join_drains()
    assert spool.size() > 0
    clock.now += DRAIN_EVERY
    emitter.emit(VIEW)
    join_drains()
    assert spool.size() == 0
