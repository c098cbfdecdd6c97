"""Where a fault suite works: its own engines behind proxies, its processes, its events."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from stats import engines
from stats.engines.folder import free_port
from stats.engines.namespace import fresh_namespace
from stats.ext import StatsState
from tests import rabbitmq
from tests.faults import people
from tests.faults.crowd import Crowd
from tests.faults.logs import ImportedLogs, write_logs
from tests.faults.people import open_state
from tests.faults.proxy import Proxy
from tests.faults.traffic import make_events
from tests.serving import make_token

LEASE = 3.0
TIMEOUT = 2.0
EVENTS_A_SECOND = 60
PUBLISHERS = 2
"""One into the queue, one over HTTP."""
PATIENCE = {
    "STATS_CONNECT_TIMEOUT": TIMEOUT,
    "STATS_REQUEST_TIMEOUT": 10,
    "STATS_BULK_VISIBLE_SECONDS": 20,
    "STATS_DAY_LEASE_SECONDS": LEASE,
    "STATS_PROCESS_INTERVAL_SECONDS": 2,
    "STATS_AGGREGATE_INTERVAL_SECONDS": 4,
}
INDEX_ENGINE, MONGO, BROKER = "elasticsearch", "mongo", "amqp"


@dataclass(frozen=True)
class Stream:
    """Events that one publisher publishes in their order, and how many it has."""

    events: list[dict[str, Any]]
    file: Path
    progress: Path

    @property
    def published(self) -> list[dict[str, Any]]:
        return self.events[: int(self.progress.read_text()) if self.progress.exists() else 0]

    @property
    def is_done(self) -> bool:
        return len(self.published) == len(self.events)


@dataclass
class Place:
    """Where a suite works."""

    data: Path
    state: StatsState  # past the proxies, for looking and for faults of the data
    crowd: Crowd
    proxies: dict[str, Proxy]
    node: rabbitmq.Node | None
    streams: list[Stream]
    logs: ImportedLogs
    chance: random.Random
    injected: Counter[str] = field(default_factory=Counter)

    @property
    def published(self) -> list[dict[str, Any]]:
        return [event for stream in self.streams for event in stream.published]


@contextmanager
def prepared(seconds: float, *, seed: int, data: Path) -> Iterator[Place]:
    """Start everything: who publishes, processes and counts is at work."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        stack.callback(engines.stop, data / "engines", report=lambda line: None)
        addresses = engines.start(data / "engines", attached=True, usual_ports=False)
        node = None
        if rabbitmq.is_installed():
            (data / "rabbitmq").mkdir()
            node = stack.enter_context(rabbitmq.running(data / "rabbitmq"))
        broker = node.url if node else addresses.broker
        direct = {**fresh_namespace(addresses).as_config(), "STATS_BROKER_URL": broker, **PATIENCE}
        proxies, config = _behind_proxies(direct)
        for proxy in proxies.values():
            stack.callback(proxy.close)
        state = open_state(direct)
        state.init()
        streams = _write_streams(data, make_events(chance, int(seconds * EVENTS_A_SECOND)))
        crowd = Crowd(config)
        stack.callback(crowd.stop)
        logs = write_logs(data)
        place = Place(data / "engines", state, crowd, proxies, node, streams, logs, chance)
        _start(place, data)
        yield place


def _write_streams(data: Path, events: list[dict[str, Any]]) -> list[Stream]:
    streams = []
    for number in range(PUBLISHERS):
        own = events[number::PUBLISHERS]
        stream = Stream(own, data / f"events{number}", data / f"done{number}")
        stream.file.write_text("".join(json.dumps(event) + "\n" for event in own))
        streams.append(stream)
    return streams


def _behind_proxies(direct: dict[str, Any]) -> tuple[dict[str, Proxy], dict[str, Any]]:
    proxies, config = {}, dict(direct)
    for engine, setting in (
        (BROKER, "STATS_BROKER_URL"),
        (INDEX_ENGINE, "STATS_ELASTICSEARCH_URL"),
        (MONGO, "STATS_MONGO_URL"),
    ):
        address = urlsplit(str(direct[setting]))
        proxy = proxies[engine] = Proxy((str(address.hostname), int(address.port or 0)))
        before, _, _ = address.netloc.rpartition("@")
        netloc = f"{before}@127.0.0.1:{proxy.port}" if before else f"127.0.0.1:{proxy.port}"
        config[setting] = urlunsplit(address._replace(netloc=netloc))
    return proxies, config


def _start(place: Place, data: Path) -> None:
    crowd, (queued, posted), port = place.crowd, place.streams, free_port()
    crowd.start("process", people.process)
    crowd.start("aggregate", people.aggregate)
    crowd.start("aggregate-too", people.aggregate)
    crowd.start("elsewhen", people.process_elsewhen)
    crowd.start("publish", people.publish, str(queued.file), str(queued.progress))
    crowd.start("web", people.serve, port)
    token = make_token(place.state, "writer")
    posting = (f"http://127.0.0.1:{port}/api/events", token)
    crowd.start("post", people.post, str(posted.file), str(posted.progress), *posting)
    crowd.start("celery", people.celery_worker)
    for name in ("beat", "beat-too"):
        crowd.start(name, people.beat, str(data / name))
