"""The services of an InvenioRDM as processes of the test's own, on free ports, in one folder.

PostgreSQL, Redis and RabbitMQ are the machine's programs; OpenSearch and MongoDB are the
embedded engines of this package. :func:`missing` says what the machine lacks.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stats import engines

HOST = "127.0.0.1"
VARIABLES = {"postgres": "POSTGRES", "redis": "REDIS", "amqp": "AMQP", "search": "SEARCH"}
"""``RDM_POSTGRES=5432`` and so on: ports of services that are there; with ``STATS_MONGO_URL``."""

SEARCH_VERSION = "2.19.1"
PATIENCE = 180.0


def missing() -> str | None:
    """Return what is not installed here, or None."""
    wanted = {
        "PostgreSQL": _postgres(),
        "redis-server": shutil.which("redis-server"),
        "rabbitmq-server": _rabbit(),
        "java": shutil.which("java"),
    }
    lacking = [name for name, found in wanted.items() if not found]
    return f"not installed: {', '.join(lacking)}" if lacking else None


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((HOST, port)) == 0


def wait_for(what: Callable[[], object], *, named: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"{named} did not come within {seconds:.0f} s"
        time.sleep(0.2)


@dataclass
class Services:
    """Starts what is asked for, and ends all of it."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    mongo: str = ""
    own: bool = True
    settings: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start them, unless the environment says where those are that run already."""
        given = {name: os.environ.get(f"RDM_{v}") for name, v in VARIABLES.items()}
        if all(given.values()):
            self.ports = {name: int(port) for name, port in given.items() if port}
            self.mongo, self.own = os.environ["STATS_MONGO_URL"], False
            return
        for name in ("postgres", "redis", "amqp", "epmd", "dist"):
            self.ports[name] = free_port()
        self._start_postgres()
        self._start_redis()
        self._start_rabbit()
        os.environ["STATS_EMBEDDED_OPENSEARCH"] = SEARCH_VERSION
        java = shutil.which("java")
        assert java
        os.environ["STATS_EMBEDDED_JAVA_HOME"] = str(Path(java).resolve().parents[1])
        self.start_engines()

    def start_engines(self) -> None:
        """Start OpenSearch and MongoDB where they do not run; they keep their ports."""
        found = engines.start(
            self.folder / "engines",
            names=["elasticsearch", "mongo"],
            attached=True,
            usual_ports=False,
        )
        assert found.elasticsearch
        self.ports["search"] = int(found.elasticsearch.rpartition(":")[2])
        self.mongo = str(found.mongo)

    def kill_search(self) -> None:
        """End OpenSearch as a crash does."""
        pid = int((self.folder / "engines" / "elasticsearch" / "pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the processes, and the engines that were started here."""
        if self.own:
            engines.stop(self.folder / "engines")
        self.end_processes()
        if self.own:
            self._stop_epmd()

    def end_processes(self) -> None:
        """End what :meth:`run` started."""
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                print(f"{name} does not end and is killed")
                process.kill()

    def environment(self) -> dict[str, str]:
        """Return what processes of the site need to know."""
        own = {f"RDM_{v}": str(self.ports[name]) for name, v in VARIABLES.items()}
        return {**os.environ, **own, "STATS_MONGO_URL": self.mongo, **self.settings}

    def run(self, name: str, *command: str, **options: object) -> subprocess.Popen[bytes]:
        """Start a process whose output goes into ``<name>.log``."""
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)  # type: ignore[call-overload]
        self.processes[name] = process
        return process  # type: ignore[no-any-return]

    def _start_postgres(self) -> None:
        bin_, data = _postgres(), self.folder / "postgres"
        assert bin_
        user = {"user": "postgres", "cwd": "/"} if os.getuid() == 0 else {}
        data.mkdir()
        if user:
            shutil.chown(data, "postgres")
        init = [f"{bin_}/initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(init, check=True, capture_output=True, **user)  # type: ignore[call-overload]
        port = self.ports["postgres"]
        options = ("-c", f"listen_addresses={HOST}", "-c", "fsync=off", "-k", str(data))
        self.run("postgres", f"{bin_}/postgres", "-D", str(data), "-p", str(port), *options, **user)
        create = [f"{bin_}/createdb", "-h", HOST, "-p", str(port), "-U", "postgres", "rdm"]
        wait_for(
            lambda: subprocess.run(create, check=False, capture_output=True).returncode == 0,
            named="PostgreSQL",
        )

    def _start_redis(self) -> None:
        port = str(self.ports["redis"])
        self.run("redis", "redis-server", "--port", port, "--bind", HOST, "--save", "")
        wait_for(lambda: is_listening(int(port)), named="Redis")

    def _start_rabbit(self) -> None:
        home = self.folder / "rabbit"
        home.mkdir()
        (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = {HOST}:{self.ports['amqp']}\n")
        (home / "enabled_plugins").write_text("[].\n")
        own = {
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"rdm{self.ports['amqp']}@localhost",
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_DIST_PORT": str(self.ports["dist"]),
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": HOST,
        }
        self.run("rabbit", _rabbit() or "", env={**os.environ, **own})
        wait_for(lambda: is_listening(self.ports["amqp"]), named="RabbitMQ")

    def _stop_epmd(self) -> None:
        """End the port mapper that RabbitMQ's Erlang has left."""
        environment = {**os.environ, "ERL_EPMD_PORT": str(self.ports["epmd"])}
        epmd = shutil.which("epmd")
        if epmd:
            subprocess.run([epmd, "-kill"], env=environment, check=False, capture_output=True)


def _postgres() -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return str(found[-1].parent) if found else None


def _rabbit() -> str | None:
    usual = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(usual) if usual.exists() else shutil.which("rabbitmq-server")
