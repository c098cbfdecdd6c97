"""Publishing from a host that must not suffer: spool, outage, outcomes. No engine."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stats.errors import StoreUnavailable
from stats.events.catalogue import EVENT_TYPES
from stats.events.types import Event
from stats.hosts.emit import DRAIN_EVERY, Emitter, emit
from stats.hosts.outage import FIRST_PAUSE, LONGEST_PAUSE, TICK, Outage
from stats.hosts.spool import LOCK_SECONDS, Spool

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

    def send(self, events: Sequence[Event]) -> Callable[[], None]:
        self.asked += 1
        if self.down:
            raise StoreUnavailable("The AMQP broker", "refused")

        def confirm() -> None:
            if self.down:
                raise StoreUnavailable("The AMQP broker", "refused")
            self.taken.extend(events)

        return confirm

    def probe(self) -> None:
        if self.down:
            raise StoreUnavailable("The AMQP broker", "refused")


class Sleep:
    """Time that passes in the background when the test says so."""

    def __init__(self) -> None:
        self.steps: queue.Queue[float] = queue.Queue()

    def __call__(self, seconds: float) -> None:
        self.steps.get()


@pytest.fixture
def sleep() -> Sleep:
    return Sleep()


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
def emitter(broker: Broker, spool: Spool, clock: Clock, sleep: Sleep) -> Emitter:
    return Emitter(
        broker.send, types=TYPES, spool=spool, probe=broker.probe, clock=clock, sleep=sleep
    )


def join(outage: Outage) -> None:
    outage._thread.join(10)
    assert not outage.is_on()


def join_drains() -> None:
    for thread in threading.enumerate():
        if thread.name == "stats-spool":
            thread.join(10)


def test_what_could_not_be_published_is_published_later(
    emitter: Emitter, broker: Broker, spool: Spool, sleep: Sleep
) -> None:
    broker.down = True
    assert emitter.emit(VIEW, VIEW)
    assert emitter.counts["spooled"] == 2
    assert spool.size() > 0
    broker.down = False
    sleep.steps.put(FIRST_PAUSE)
    join(emitter._outage)
    assert emitter.emit(VIEW)
    assert len(broker.taken) == 3
    assert len({event.id for event in broker.taken}) == 3
    assert spool.size() == 0


def test_a_broker_that_is_down_is_asked_by_nobody_but_the_background(
    emitter: Emitter, broker: Broker, sleep: Sleep
) -> None:
    broker.down = True
    for _ in range(50):
        emitter.emit(VIEW)
    for _ in range(3):
        sleep.steps.put(0)
    for _ in range(50):
        emitter.emit(VIEW)
    assert broker.asked == 1
    assert emitter.counts["spooled"] == 100


def test_what_waits_is_published_though_nothing_more_is_emitted(
    emitter: Emitter, broker: Broker, spool: Spool, sleep: Sleep
) -> None:
    broker.down = True
    emitter.emit(VIEW)
    broker.down = False
    sleep.steps.put(FIRST_PAUSE)
    join(emitter._outage)
    assert len(broker.taken) == 1
    assert spool.size() == 0


def test_without_a_spool_events_are_lost_and_counted(broker: Broker) -> None:
    emitter = Emitter(broker.send, types=TYPES, spool=None, probe=broker.probe)
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
    def broken(events: Sequence[Event]) -> Callable[[], None]:
        raise RuntimeError("a bug")

    def broken_probe() -> None:
        raise RuntimeError("a bug")

    emitter = Emitter(broken, types=TYPES, spool=spool, probe=broken_probe)
    assert not emitter.emit(VIEW)
    assert emitter.counts["lost"] == 1


def test_what_is_sent_waits_for_the_broker_when_it_is_asked_to(
    emitter: Emitter, broker: Broker
) -> None:
    finish = emitter.send(VIEW)
    assert (broker.asked, broker.taken, emitter.counts["published"]) == (1, [], 0)
    assert finish()
    assert len(broker.taken) == emitter.counts["published"] == 1


def test_what_the_broker_did_not_take_is_spooled(
    emitter: Emitter, broker: Broker, spool: Spool
) -> None:
    finish = emitter.send(VIEW)
    broker.down = True
    assert finish()
    assert emitter.counts["spooled"] == 1
    assert spool.size() > 0


def test_outside_of_an_application_nothing_is_raised() -> None:
    assert not emit(VIEW)


def test_a_full_spool_loses_and_says_so(broker: Broker, tmp_path: Path) -> None:
    broker.down = True
    small = Spool(tmp_path / "s.ndjson", max_bytes=1)
    emitter = Emitter(broker.send, types=TYPES, spool=small, probe=broker.probe)
    assert emitter.emit(VIEW)
    assert not emitter.emit(VIEW)
    assert emitter.counts["lost"] == 1


def test_a_spool_that_cannot_be_written_loses_and_says_so(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broker.down = True
    nowhere = Spool(tmp_path / "file" / "s", max_bytes=10)
    emitter = Emitter(broker.send, types=TYPES, spool=nowhere, probe=broker.probe)
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


def test_an_outage_asks_less_and_less_often_and_ends_with_an_answer() -> None:
    slept: list[float] = []
    answers = iter([False] * 8 + [True])
    ended = []

    def ask() -> None:
        if not next(answers):
            raise StoreUnavailable("The AMQP broker", "refused")

    outage = Outage(ask, over=lambda: ended.append(1), sleep=slept.append)
    outage.begin()
    join(outage)
    assert ended == [1]
    assert not outage.is_on()
    assert max(slept) == TICK
    pauses = [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(9)]
    assert sum(slept) == pytest.approx(sum(pauses))


def test_a_forked_process_asks_for_itself(sleep: Sleep) -> None:
    outage = Outage(lambda: None, sleep=sleep)
    outage.begin()
    assert outage.is_on()
    child = os.fork()
    if child == 0:
        os._exit(int(outage.is_on()))
    assert os.waitpid(child, 0)[1] == 0
    sleep.steps.put(0)
    join(outage)


def test_a_process_that_stands_still_with_the_lock_keeps_nobody_waiting(
    spool: Spool, tmp_path: Path
) -> None:
    spool.add([b"1"])
    with (tmp_path / "spool.ndjson.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        assert spool.add([b"2"])
        assert time.monotonic() - began < 10 * LOCK_SECONDS
    found: list[bytes] = []
    assert spool.drain(found.extend) == 2
    assert sorted(found) == [b"1", b"2"]


def test_what_a_crash_cut_off_does_not_spoil_what_follows(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "spool.ndjson").write_bytes(b'{"type": "rec')
    spool.add([b"{}"])
    found: list[bytes] = []
    spool.drain(found.extend)
    assert found == [b'{"type": "rec', b"{}"]


def test_a_line_that_the_disk_has_no_room_for_leaves_nothing_behind(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.add([b"1"])
    before = (tmp_path / "spool.ndjson").read_bytes()
    write = os.write
    written = []

    def fill_up(descriptor: int, data: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(data)
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", fill_up)
    assert not spool.add([b"a long line"])
    monkeypatch.undo()
    assert (tmp_path / "spool.ndjson").read_bytes() == before
    assert spool.add([b"2"])
    found: list[bytes] = []
    assert spool.drain(found.extend) == 2
    assert found == [b"1", b"2"]


def test_the_spool_is_looked_at_now_and_then_only(
    emitter: Emitter, broker: Broker, spool: Spool, clock: Clock
) -> None:
    emitter.emit(VIEW)
    join_drains()
    spool.add([json.dumps(VIEW).encode()])
    emitter.emit(VIEW)
    join_drains()
    assert spool.size() > 0
    clock.now += DRAIN_EVERY
    emitter.emit(VIEW)
    join_drains()
    assert spool.size() == 0
