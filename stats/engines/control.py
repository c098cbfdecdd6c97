"""Start, stop and look at the embedded engines of a data folder.

In: the folder, and which engines. Out: their :class:`Addresses`, or one error that
names the engine and its log.

Always holds: an engine that runs is left alone, so starting twice is starting once;
when one cannot start, those that this call started are stopped again.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from stats.engines import probes
from stats.engines.folder import NAMES, Addresses, Folder, Launch, is_free
from stats.engines.launch import (
    check_names,
    check_version,
    on_another_port,
    pid_of,
    prepare,
    spawn,
)
from stats.errors import StoreUnavailable

Report = Callable[[str], object]

START_SECONDS = 180.0
STOP_SECONDS = 20.0
PAUSE = 0.05
WATCH = 0.5


def start(
    data: Path,
    *,
    names: Sequence[str] = NAMES,
    report: Report = print,
    attached: bool = False,
    usual_ports: bool = True,
) -> Addresses:
    """Start the engines that do not run yet and return when all answer.

    They go on when this process ends, except ``attached`` ones, which end with it
    however it ends. A folder keeps its ports; a new one gets the usual ports, or any
    free ones where they are taken or ``usual_ports`` is false. ``report`` gets lines
    of progress. Raises ConfigError when the extra ``embedded`` is not installed or a
    name is unknown, StoreUnavailable when a download fails or an engine does not start.
    """
    check_names(names)
    folder = Folder(data.resolve())
    with folder.lock(report):
        missing = [name for name in names if folder.process(name) is None]
        for name in names:
            if name not in missing:
                check_version(folder, name)
        make = partial(prepare, folder, report=report, attached=attached, usual_ports=usual_ports)
        launches = {name: make(name) for name in missing}
        try:
            _start(folder, names, launches=launches, make=make, report=report)
        except BaseException:
            _stop(folder, list(launches), report=report)
            raise
    return _addresses(folder, names)


def stop(data: Path, *, report: Report = print) -> None:
    """Stop every engine of the folder: asked first, killed after a while."""
    folder = Folder(data.resolve())
    if folder.path.is_dir():
        with folder.lock(report):
            _stop(folder, NAMES, report=report)


def status(data: Path) -> Addresses:
    """Return the addresses of the engines that run and answer now."""
    folder = Folder(data.resolve())
    return _addresses(folder, [name for name in NAMES if _is_ready(folder, name)])


def run(data: Path, *, report: Report = print) -> None:
    """Start all engines, wait for SIGINT or SIGTERM, and stop them.

    Raises StoreUnavailable as soon as one of them has ended by itself.
    """
    folder = Folder(data.resolve())
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        start(data, report=report, attached=True)
        report(f"engines run in {folder.path}; Ctrl-C stops them")
        while True:
            time.sleep(WATCH)
            for name in NAMES:
                if pid_of(folder, name) is None:
                    raise _failure(folder, name, "it ended by itself")
    except KeyboardInterrupt:
        report("stopping")
    finally:
        stop(data, report=report)
        signal.signal(signal.SIGTERM, before)


def _start(
    folder: Folder,
    names: Sequence[str],
    *,
    launches: dict[str, Launch],
    make: Callable[[str], Launch],
    report: Report,
) -> None:
    """Spawn the launches side by side and wait until all of ``names`` answer.

    ``launches`` grows by what had to be started besides: an engine that was just
    killed can look alive for a moment.
    """
    began = time.monotonic()
    for launch in launches.values():
        spawn(folder, launch)
    waiting = set(names)
    while waiting:
        ready = {name for name in waiting if _is_ready(folder, name)}
        for name in ready & launches.keys():
            launch, seconds = launches[name], time.monotonic() - began
            report(f"{launch.distribution} {launch.version} answers after {seconds:.1f} s")
        waiting -= ready
        for name in waiting:
            if pid_of(folder, name) is None:
                ended = launches.get(name)
                launches[name] = _elsewhere(folder, ended, report) if ended else make(name)
                spawn(folder, launches[name])
        if waiting and time.monotonic() > began + START_SECONDS:
            raise _failure(folder, min(waiting), f"no answer after {START_SECONDS:.0f} s")
        time.sleep(PAUSE)


def _elsewhere(folder: Folder, ended: Launch, report: Report) -> Launch:
    """Return the launch of an engine that has ended, on another port if that was the reason."""
    if is_free(ended.port):
        raise _failure(folder, ended.name, "it ended at start")
    launch = on_another_port(ended)
    report(f"another process was faster on its port, {launch.name} gets {launch.port}")
    return launch


def _stop(folder: Folder, names: Sequence[str], *, report: Report) -> None:
    """Ask the engines to end, all at once, and kill what has not after a while."""
    running = [name for name in names if pid_of(folder, name) is not None]
    for name in running:
        _signal(folder, name, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for name in running:
        if not _has_ended(folder, name, by=deadline):
            report(f"{name} did not stop within {STOP_SECONDS:.0f} s and is killed")
            _signal(folder, name, signal.SIGKILL)
            _has_ended(folder, name, by=time.monotonic() + STOP_SECONDS)
        report(f"{name} stopped")


def _has_ended(folder: Folder, name: str, *, by: float) -> bool:
    """Wait for an engine to end, until the monotonic time ``by``."""
    while pid_of(folder, name) is not None:
        if time.monotonic() > by:
            return False
        time.sleep(PAUSE)
    return True


def _signal(folder: Folder, name: str, number: signal.Signals) -> None:
    pid = pid_of(folder, name)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _is_ready(folder: Folder, name: str) -> bool:
    process, launch = folder.process(name), folder.launch(name)
    if process is None or launch is None:
        return False
    return process.ready and probes.answers(name, launch.url)


def _addresses(folder: Folder, names: Iterable[str]) -> Addresses:
    launches = [folder.launch(name) for name in names]
    urls = {launch.name: launch.url for launch in launches if launch}
    return Addresses(
        elasticsearch=urls.get("elasticsearch"), broker=urls.get("amqp"), mongo=urls.get("mongo")
    )


def _failure(folder: Folder, name: str, what: str) -> StoreUnavailable:
    """Say what happened to an engine, with the last words of its log."""
    log = folder.log(name)
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
    return StoreUnavailable(f"embedded {name}", f"{what}; its log {log} ends: {last[:300]}")
