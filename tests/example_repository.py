"""The application of `examples/flask-repository`, started as its README says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stats.engines.folder import free_port

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "flask-repository"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
NOWHERE = {
    "STATS_ELASTICSEARCH_URL": "http://127.0.0.1:9",
    "STATS_MONGO_URL": "mongodb://127.0.0.1:9/none",
    "STATS_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//",
}
"""Engines that nobody runs."""
PATIENCE = 60.0


@contextmanager
def running_repository(data: Path, config: dict[str, str]) -> Iterator[str]:
    """Run the application with a folder of its own; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"]
    command += ["--call", "app:create_app"]
    environ = {**os.environ, **config, "REPOSITORY_DATA": str(data), "PYTHONPATH": str(ROOT)}
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=FOLDER, env=environ, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        if not _answers(f"http://127.0.0.1:{port}/static/style.css", process):
            raise AssertionError((data / "log").read_text("utf-8"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def get(address: str) -> bytes:
    """Return what a reader's browser gets; raise `HTTPError` for what is not there."""
    request = urllib.request.Request(address, headers=PERSON)
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        body: bytes = response.read()
    return body


def get_json(address: str) -> Any:
    return json.loads(get(address))


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait for an answer; return False when the process ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            get(address)
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return True
    return False
