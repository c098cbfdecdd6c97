"""A RabbitMQ node of the tests' own: Debian's package, its own ports and folders.

Nothing of it is shared with a node that the machine runs: the name server (epmd), the
cookie, the data, the logs and the configuration are all in one folder, and all of its
processes end with the fixture.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stats.engines.folder import free_port
from tests.certificates import Certificates

HOME = Path("/usr/lib/rabbitmq/bin")
PATIENCE = 90.0
STOP = 15.0

MISSING = (
    "RabbitMQ is not installed (Debian: apt install rabbitmq-server; run-tests.sh does it in CI)"
)


def is_installed() -> bool:
    """Return whether Debian's package is there."""
    return (HOME / "rabbitmq-server").exists() and shutil.which("epmd") is not None


class Node:
    """One node; it can be killed, stopped for a while, started again, and set in alarm."""

    def __init__(self, folder: Path, certificates: Certificates | None = None) -> None:
        self.port, self._names_port, self.tls_port = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._names: subprocess.Popen[bytes] | None = None
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\ndisk_free_limit.absolute = 1MB\n"
            + (_over_tls(certificates, self.tls_port) if certificates else "")
        )
        own = {
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"stats{secrets.token_hex(4)}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
            "RABBITMQ_CTL_ERL_ARGS": "+S 1:1",
        }
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("RABBITMQ_", "ERL_"))}
        self._environment = kept | own

    def start(self) -> None:
        """Start the node, and wait until it takes connections."""
        if self._names is None:
            self._names = self._spawn([shutil.which("epmd") or "epmd"])
            self._wait_for(self._names, self._names_port)  # else the node starts one that stays
        self._server = self._spawn([str(HOME / "rabbitmq-server")])
        self._wait_for(self._server, self.port)

    def kill(self) -> None:
        """End the node without a chance to write anything more."""
        self._signal(signal.SIGKILL)
        if self._server is not None:
            self._server.wait(STOP)
        while _listens(self.port):
            time.sleep(0.05)

    def freeze(self) -> None:
        """Let the node answer nothing; its sockets stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node go on."""
        self._signal(signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """Run ``rabbitmqctl``."""
        done = subprocess.run(
            [str(HOME / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def alarm(self, kind: str) -> Iterator[None]:
        """Be low on ``memory``, or on ``disk`` space, for a while."""
        with_alarm, without = ALARMS[kind]
        self.control(*with_alarm)
        try:
            yield
        finally:
            self.control(*without)

    def stop(self) -> None:
        """End everything."""
        for process in (self._server, self._names):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "output").open("ab") as output:
            return subprocess.Popen(
                command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        os.killpg(self._server.pid, number)

    def _wait_for(self, process: subprocess.Popen[bytes], port: int) -> None:
        end = time.monotonic() + PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"RabbitMQ did not start; see {self._folder}")
            time.sleep(0.05)


def _over_tls(certificates: Certificates, port: int) -> str:
    """Return the configuration of a listener that lets in whom the authority vouches for."""
    return (
        f"listeners.ssl.1 = 127.0.0.1:{port}\n"
        f"ssl_options.cacertfile = {certificates.authority}\n"
        f"ssl_options.certfile = {certificates.certificate('server')}\n"
        f"ssl_options.keyfile = {certificates.key('server')}\n"
        "ssl_options.verify = verify_peer\n"
        "ssl_options.fail_if_no_peer_cert = true\n"
    )


def _listens(port: int) -> bool:
    with closing(socket.socket()) as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


ALARMS = {
    "memory": (
        ("set_vm_memory_high_watermark", "absolute", "1MB"),
        ("set_vm_memory_high_watermark", "0.4"),
    ),
    "disk": (
        ("set_disk_free_limit", str(10**15)),
        ("set_disk_free_limit", "1000000"),
    ),
}
"""How the alarm of each kind is set and lifted."""


@contextmanager
def running(folder: Path, certificates: Certificates | None = None) -> Iterator[Node]:
    """A node that runs, with all its processes ended afterwards."""
    node = Node(folder, certificates)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def main(command: list[str]) -> int:
    """Run a command with a node of its own as the broker of the tests.

    python -m tests.rabbitmq python -m pytest tests/golden -k whole
    """
    if not is_installed():
        print(f"skipped: {MISSING}")
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="stats-rabbitmq-") as folder,
        running(Path(folder)) as node,
    ):
        environment = os.environ | {"TESTS_BROKER_URL": node.url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
