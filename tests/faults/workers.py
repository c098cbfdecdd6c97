"""Starting the processes of `tests.faults.worker` on a test's own engines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stats.engines.namespace import Namespace

PATIENCE = 60.0


def environment_of(namespace: Namespace, *, lease: float) -> dict[str, str]:
    """Return the environment of a worker; a day that it holds is free ``lease`` seconds later."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("STATS_")}
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "STATS_DAY_LEASE_SECONDS": str(lease)}
    return outside | namespace.as_config() | path


@contextmanager
def worker(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a worker; it is killed at the end, without a chance to say anything."""
    command = [sys.executable, "-m", "tests.faults.worker", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            yield process
        finally:
            process.kill()
