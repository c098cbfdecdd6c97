"""Faults at random moments, of many kinds, for as long as one likes; then every number is checked.

    ./run-tests.sh --faults SECONDS --seed N

Processes process, aggregate and publish through proxies to engines of the suite's own, while
one fault after the other is injected. In the end everything is mended and drained: each event is
a raw document once, every number is the independent model's, and the audit finds nothing. A
seed repeats the faults, their order and their pauses; what they meet depends on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from stats import engines
from stats.audit.differences import Difference
from stats.audit.job import AuditJob
from stats.audit.run import run_audit
from stats.engines.folder import Folder
from stats.engines.namespace import fresh_namespace
from stats.errors import StatsError, StoreUnavailable
from stats.ext import StatsState
from stats.times import utc_now
from tests import rabbitmq
from tests.faults import people
from tests.faults.people import Crowd, open_state
from tests.faults.proxy import Mode, Proxy
from tests.faults.traffic import make_events
from tests.golden.case import all_differences, read_pipeline
from tests.model import count
from tests.model.country import shipped_country
from tests.system import System

LEASE = 3.0
TIMEOUT = 2.0
EVENTS_A_SECOND = 60
HEAL_SECONDS = 240.0
GONE_SECONDS = 60.0
POISON = [b"\x00 no JSON", b'{"type":"record-view"}', b"[[[["]
INDEX_ENGINE, MONGO, BROKER = "elasticsearch", "mongo", "amqp"


@dataclass
class Place:
    """Where a suite works."""

    data: Path
    state: StatsState  # past the proxies, for looking and for faults of the data
    crowd: Crowd
    proxies: dict[str, Proxy]
    node: rabbitmq.Node | None
    events: list[dict[str, Any]]
    progress: Path
    chance: random.Random
    injected: Counter[str] = field(default_factory=Counter)

    @property
    def published(self) -> int:
        return int(self.progress.read_text()) if self.progress.exists() else 0


Fault = Callable[[Place], bool]
"""Injects one fault; returns whether it met something."""


def kill(name: str) -> Fault:
    return lambda place: place.crowd.kill(name)


def stand_still(name: str) -> Fault:
    """SIGSTOP for longer than a lease, then SIGCONT."""

    def inject(place: Place) -> bool:
        pid = place.crowd.pid(name)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(LEASE + place.chance.random())
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        return True

    return inject


def cut(engine: str) -> Fault:
    def inject(place: Place) -> bool:
        place.proxies[engine].cut()
        return True

    return inject


def trouble(engine: str, mode: Mode, seconds: float) -> Fault:
    def inject(place: Place) -> bool:
        proxy = place.proxies[engine]
        proxy.mode = mode
        time.sleep(seconds * place.chance.random())
        proxy.mode = "through"
        if mode == "half-open":
            proxy.cut()
        return True

    return inject


def gone(engine: str) -> Fault:
    """An engine that nobody reaches, for longer than anything waits for it."""

    def inject(place: Place) -> bool:
        proxy = place.proxies[engine]
        proxy.mode = "refuse"
        proxy.cut()
        time.sleep(GONE_SECONDS)
        proxy.mode = "through"
        return True

    return inject


def kill_engine(engine: str) -> Fault:
    def inject(place: Place) -> bool:
        if engine == BROKER and place.node is not None:
            place.node.kill()
            place.node.start()
            return True
        process = Folder(place.data).process(engine)
        if process is None:
            return False
        os.kill(process.pid, signal.SIGKILL)
        while Folder(place.data).process(engine) is not None:
            time.sleep(0.01)
        engines.start(place.data, attached=True, usual_ports=False, report=lambda line: None)
        return True

    return inject


def alarm(kind: str) -> Fault:
    def inject(place: Place) -> bool:
        if place.node is None:
            return False
        with place.node.alarm(kind):
            time.sleep(2 * place.chance.random())
        return True

    return inject


def block(name: str) -> Fault:
    """Indices that take no writes for a while: by hand, or as on a full disk."""

    def inject(place: Place) -> bool:
        search = place.state.stores.search
        found = search.indices(f"{search.prefix}*")
        if not found:
            return False
        index = place.chance.choice(sorted(found))
        path = f"/{index}/_settings"
        search._ask("PUT", path, {f"index.blocks.{name}": True})
        time.sleep(place.chance.random())
        search._ask("PUT", path, {f"index.blocks.{name}": None})
        return True

    return inject


def delete_daily_index(place: Place) -> bool:
    search = place.state.stores.search
    families = [*(a.family for a in place.state.aggregations), "usage"]
    found = [name for family in families for name in search.members(search.daily(family))]
    if not found:
        return False
    search.delete_index(place.chance.choice(sorted(found)))
    return True


def publish_again(place: Place) -> bool:
    """Messages that come twice, and in another order."""
    known = place.events[: place.published]
    if not known:
        return False
    place.state.publish(place.chance.choices(known, k=20))
    return True


def poison(place: Place) -> bool:
    place.state.stores.queues.publish("record-view", [place.chance.choice(POISON)])
    return True


def job_that_is_killed(job: Callable[..., None], *arguments: Any) -> Fault:
    def inject(place: Place) -> bool:
        place.crowd.start("job", job, *arguments)
        time.sleep(place.chance.random())
        met = place.crowd.pid("job") is not None and not place.crowd.is_done("job")
        place.crowd.end("job")
        return met

    return inject


DAYS = ["2024-02-28", "2024-02-29"]

KINDS: dict[str, tuple[int, Fault]] = {
    "processing worker killed": (12, kill("process")),
    "aggregating worker killed": (12, kill("aggregate")),
    "second aggregating worker killed": (6, kill("aggregate-too")),
    "publisher killed": (8, kill("publish")),
    "worker with a clock an hour off killed": (4, kill("elsewhen")),
    "processing worker stands still for longer than a lease": (1, stand_still("process")),
    "aggregating worker stands still for longer than a lease": (1, stand_still("aggregate")),
    "connections to the broker cut": (12, cut(BROKER)),
    "connections to the search engine cut": (12, cut(INDEX_ENGINE)),
    "connections to MongoDB cut": (12, cut(MONGO)),
    "half-open connections to the broker": (2, trouble(BROKER, "half-open", 3)),
    "half-open connections to the search engine": (2, trouble(INDEX_ENGINE, "half-open", 3)),
    "half-open connections to MongoDB": (2, trouble(MONGO, "half-open", 3)),
    "search engine answers slowly": (3, trouble(INDEX_ENGINE, "slow", 2)),
    "MongoDB answers slowly": (3, trouble(MONGO, "slow", 2)),
    "search engine answers 503": (6, trouble(INDEX_ENGINE, "busy", 1)),
    "search engine answers 429": (6, trouble(INDEX_ENGINE, "overloaded", 1)),
    "broker refuses connections": (4, trouble(BROKER, "refuse", 1)),
    "MongoDB refuses connections": (4, trouble(MONGO, "refuse", 1)),
    "index read-only by hand": (4, block("write")),
    "index read-only as on a full disk": (4, block("read_only_allow_delete")),
    "daily index deleted": (2, delete_daily_index),
    "messages twice and out of order": (6, publish_again),
    "poison between good messages": (4, poison),
    "recount killed": (4, job_that_is_killed(people.redo, DAYS)),
    "retention killed": (3, job_that_is_killed(people.retention)),
    "erasure killed": (3, job_that_is_killed(people.erase)),
    "re-flagging killed": (3, job_that_is_killed(people.reflag)),
    "broker in a memory alarm": (1, alarm("memory")),
}
ENGINE_KILLS: dict[str, Fault] = {
    "broker killed": kill_engine(BROKER),
    "search engine killed": kill_engine(INDEX_ENGINE),
    "MongoDB killed": kill_engine(MONGO),
    "MongoDB gone for a minute": gone(MONGO),
}
ENGINE_KILL_EVERY = 60.0
"""Seconds: an engine needs some of them to start."""


@dataclass(frozen=True)
class Outcome:
    """What a run did and what is wrong after it."""

    injected: Counter[str]
    events: int
    lost: int
    doubled: int
    differences: list[str]
    audit: list[str]
    strange_letters: int
    ended: list[str]

    @property
    def is_good(self) -> bool:
        wrong = self.lost or self.doubled or self.differences or self.audit
        return not (wrong or self.strange_letters or self.ended)

    def lines(self) -> Iterator[str]:
        for kind, number in sorted(self.injected.items()):
            yield f"{number:6d}  {kind}"
        yield f"{self.injected.total():6d}  faults of {len(self.injected)} kinds"
        yield f"{self.events:6d}  events, {self.lost} lost, {self.doubled} doubled"
        yield f"{len(self.differences):6d}  numbers that are not the model's"
        yield f"{len(self.audit):6d}  differences of the audit"
        yield from (f"        {line}" for line in (*self.differences[:20], *self.audit[:20]))
        if self.strange_letters:
            yield f"{self.strange_letters:6d}  dead letters that are no poison"
        yield from (f"        a process ended by itself: {name}" for name in self.ended)


def run_suite(seconds: float, *, seed: int, data: Path) -> Outcome:
    """Inject faults for so long, mend everything, and check every number."""
    with _place(seconds, seed=seed, data=data) as place:
        _inject(place, time.monotonic() + seconds)
        for proxy in place.proxies.values():
            proxy.mode = "through"
        return _check(place)


@contextmanager
def _place(seconds: float, *, seed: int, data: Path) -> Iterator[Place]:
    chance = random.Random(seed)
    with ExitStack() as stack:
        stack.callback(engines.stop, data / "engines", report=lambda line: None)
        addresses = engines.start(data / "engines", attached=True, usual_ports=False)
        node = None
        if rabbitmq.is_installed():
            (data / "rabbitmq").mkdir()
            node = stack.enter_context(rabbitmq.running(data / "rabbitmq"))
        broker = node.url if node else addresses.broker
        namespace = fresh_namespace(addresses)
        direct = {**namespace.as_config(), "STATS_BROKER_URL": broker}
        direct |= {
            "STATS_CONNECT_TIMEOUT": TIMEOUT,
            "STATS_REQUEST_TIMEOUT": 10,
            "STATS_BULK_VISIBLE_SECONDS": 20,
            "STATS_DAY_LEASE_SECONDS": LEASE,
        }
        proxies, config = {}, dict(direct)
        for engine, setting in (
            (BROKER, "STATS_BROKER_URL"),
            (INDEX_ENGINE, "STATS_ELASTICSEARCH_URL"),
            (MONGO, "STATS_MONGO_URL"),
        ):
            address = urlsplit(str(direct[setting]))
            proxy = proxies[engine] = Proxy((str(address.hostname), int(address.port or 0)))
            stack.callback(proxy.close)
            before, _, _ = address.netloc.rpartition("@")
            netloc = f"{before}@127.0.0.1:{proxy.port}" if before else f"127.0.0.1:{proxy.port}"
            config[setting] = urlunsplit(address._replace(netloc=netloc))
        state = open_state(direct)
        state.init()
        events = make_events(chance, int(seconds * EVENTS_A_SECOND))
        (data / "events").write_text("".join(json.dumps(event) + "\n" for event in events))
        crowd = Crowd(config)
        stack.callback(crowd.stop)
        place = Place(data / "engines", state, crowd, proxies, node, events, data / "done", chance)
        crowd.start("process", people.process)
        crowd.start("aggregate", people.aggregate)
        crowd.start("aggregate-too", people.aggregate)
        crowd.start("elsewhen", people.process_elsewhen)
        crowd.start("publish", people.publish, str(data / "events"), str(place.progress))
        yield place


def _inject(place: Place, end: float) -> None:
    names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    next_engine = time.monotonic() + ENGINE_KILL_EVERY / 3
    engine_kills = list(ENGINE_KILLS)
    while time.monotonic() < end:
        if time.monotonic() > next_engine:
            name = engine_kills[0]
            engine_kills = [*engine_kills[1:], name]
            fault = ENGINE_KILLS[name]
            next_engine = time.monotonic() + ENGINE_KILL_EVERY
        else:
            (name,) = place.chance.choices(names, weights)
            fault = KINDS[name][1]
        with suppress(StoreUnavailable):  # of the look that a fault takes first
            if fault(place):
                place.injected[name] += 1
        time.sleep(0.4 * place.chance.random())


def _check(place: Place) -> Outcome:
    """Let all be published, drain, count, and compare."""
    end = time.monotonic() + HEAL_SECONDS
    while place.published < len(place.events) and time.monotonic() < end:
        time.sleep(0.2)
    ended = place.crowd.failed()
    place.crowd.stop()
    place.state.stores.queues.publish("record-view", [])
    pipeline = System(place.state)
    while time.monotonic() < end:
        with suppress(StatsError):
            pipeline.process()
            result = place.state.aggregate()
            waiting = sum(place.state.stores.queues.depths(place.state.event_types).values())
            if not (waiting or result.left or place.state.stores.day_claims.marked_days()):
                break
        time.sleep(0.5)
    events = place.events[: place.published]
    ids = _raw_ids(place.state)
    letters = {letter.payload for letter in place.state.stores.dead_letters.read()}
    found: list[Difference] = []
    run_audit(
        AuditJob(place.state.aggregation_job, utc_now, time.sleep, found.append), (None, None)
    )
    return Outcome(
        place.injected,
        len(place.events),
        len({event["id"] for event in place.events} - ids.keys()),
        sum(number - 1 for number in ids.values()),
        all_differences(count(events, country=shipped_country), read_pipeline(pipeline)),
        list(map(str, found)),
        len(letters - set(POISON)),
        ended,
    )


def _raw_ids(state: StatsState) -> Counter[str]:
    names = state.aggregation_job.raw_names
    state.stores.search.refresh(names)
    pages = state.stores.search.pages(names, {"_source": ["id"]})
    return Counter(hit["_source"]["id"] for page in pages for hit in page)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run-tests.sh")
    parser.add_argument("--faults", type=float, required=True, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not rabbitmq.is_installed():
        print(f"on the embedded broker: {rabbitmq.MISSING}")
    with tempfile.TemporaryDirectory(prefix="stats-faults-") as data:
        outcome = run_suite(arguments.faults, seed=arguments.seed, data=Path(data))
    print(f"seed {arguments.seed}, {arguments.faults:g} s")
    print("\n".join(outcome.lines()))
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
