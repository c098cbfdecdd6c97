"""A data folder of embedded engines: addresses, ports, processes, locks.

In: the folder. Out: what runs in it and where. It holds ``start.lock`` and, for each
engine, its log and a folder with its data, ``launch.json`` (how it was started last,
with its port and version) and its ``pid`` file.

An engine holds an exclusive lock on its ``pid`` file as long as it lives. So a file
that is left over from a crash or a reboot is never taken for a running engine, a
process that got the same number later is never signalled, and two engines never
open the same data.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from stats.errors import ConfigError

NAMES = ("elasticsearch", "amqp", "mongo")
USUAL_PORTS = {"elasticsearch": 9200, "amqp": 5672, "mongo": 27017}
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """URLs of the engines; ``None`` for one that does not run or was not asked for."""

    elasticsearch: str | None = None
    broker: str | None = None
    mongo: str | None = None

    def as_env(self) -> dict[str, str]:
        """Return the settings ``STATS_*_URL`` of the engines that have an address."""
        urls = {
            "STATS_ELASTICSEARCH_URL": self.elasticsearch,
            "STATS_BROKER_URL": self.broker,
            "STATS_MONGO_URL": self.mongo,
        }
        return {key: url for key, url in urls.items() if url}

    def missing(self) -> list[str]:
        """Return the names of the engines without an address."""
        urls = {"elasticsearch": self.elasticsearch, "amqp": self.broker, "mongo": self.mongo}
        return [name for name, url in urls.items() if not url]


@dataclass(frozen=True)
class Launch:
    """How an engine is started, and all its process is told.

    ``jars`` is the class path, ``plugin_jars`` what Elasticsearch's transport module
    adds. ``parent`` is the process to end with, ``None`` to live on. ``program`` is
    another server than the usual one of that name: OpenSearch in Elasticsearch's place.
    """

    name: str
    version: str
    port: int
    jars: list[str]
    plugin_jars: list[str]
    parent: int | None
    program: str = ""

    @property
    def distribution(self) -> str:
        """Which server it is; the engine's name unless another takes its place."""
        return self.program or self.name

    @property
    def url(self) -> str:
        """The engine's address."""
        return {
            "elasticsearch": f"http://{HOST}:{self.port}",
            "amqp": f"amqp://guest:guest@{HOST}:{self.port}//",
            "mongo": f"mongodb://{HOST}:{self.port}/stats",
        }[self.name]


@dataclass(frozen=True)
class Process:
    """A running engine; ``ready`` once it listens on its port."""

    pid: int
    ready: bool


@dataclass(frozen=True)
class Folder:
    """The data folder at ``path``, which is absolute."""

    path: Path

    def engine(self, name: str) -> Path:
        """Return the folder of one engine's own data."""
        return self.path / name

    def log(self, name: str) -> Path:
        """Return the log file of one engine."""
        return self.path / f"{name}.log"

    def launch(self, name: str) -> Launch | None:
        """Return how an engine was started last; ``None`` if it never was."""
        try:
            text = (self.engine(name) / "launch.json").read_text("utf-8")
        except FileNotFoundError:
            return None
        return Launch(**json.loads(text))

    def keep(self, launch: Launch) -> None:
        """Write how an engine is started; all or nothing."""
        home = self.engine(launch.name)
        draft = home / "launch.json.new"
        draft.write_text(json.dumps(asdict(launch)), "utf-8")
        draft.replace(home / "launch.json")

    def process(self, name: str) -> Process | None:
        """Return the running process of an engine; ``None`` when it does not run."""
        try:
            file = (self.engine(name) / "pid").open(encoding="utf-8")
        except FileNotFoundError:
            return None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                words = file.read().split()
                return Process(int(words[0]), "ready" in words) if words else None
        return None

    @contextmanager
    def lock(self, report: Callable[[str], object]) -> Iterator[None]:
        """Hold the folder alone, so that two starts do not start the same engine.

        Raises ConfigError when it cannot be made or written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = (self.path / "start.lock").open("a")
        except OSError as error:
            raise ConfigError(f"{self.path} cannot hold engines: {error.strerror}") from error
        with file, locked(file, lambda: report(f"another start or stop is busy in {self.path}")):
            yield


def is_free(port: int) -> bool:
    """Tell whether nobody listens on ``port`` of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def locked(file: IO[str], on_wait: Callable[[], object]) -> Iterator[None]:
    """Hold an exclusive lock on the file, calling ``on_wait`` if another holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def hold_pid(folder: Path, *, seconds: float = 5.0) -> IO[str]:
    """Lock the ``pid`` file of the engine in ``folder`` and write this process into it.

    The result keeps the lock; the caller keeps the result for its life. Raises
    ``BlockingIOError`` when another process holds it for longer than ``seconds``
    (whoever only looks holds it for an instant).
    """
    file = (folder / "pid").open("a+", encoding="utf-8")
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
