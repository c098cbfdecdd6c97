"""`stats demo` as a person starts it: real processes, real pages, a clean stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
READY = 240.0
STOP = 60.0
COUNTED = 90.0
_DEMO = ("demo", "--visits", "8", "--data")


def start(data: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STATS_")}
    return subprocess.Popen(
        [sys.executable, "-c", "from stats.cli import main; main()", *_DEMO, str(data), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def address_of(demo: subprocess.Popen[str], seen: list[str]) -> str:
    assert demo.stdout is not None
    end = time.monotonic() + READY
    for line in demo.stdout:
        seen.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+(?=/stats/sign-in#token=)", line):
            return found[0]
        assert time.monotonic() < end, "".join(seen)
    raise AssertionError("the demo ended: " + "".join(seen))


def stop(demo: subprocess.Popen[str]) -> str:
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=STOP)
    return rest


def bearer(line: str) -> dict[str, str]:
    token = re.search(r"#token=(\S+)", line)
    assert token is not None
    return {"Authorization": f"Bearer {token[1]}"}


def counted_by_the_worker(address: str, ref: str) -> int:
    end = time.monotonic() + COUNTED
    views = 0
    while not views and time.monotonic() < end:
        time.sleep(1)
        views = requests.get(f"{address}/api/stats/totals/{ref}", timeout=10).json()["views"]
    return int(views)


def processes_left(data: Path) -> list[str]:
    """Return what still runs a moment after the end: a killed process needs one to go."""
    end = time.monotonic() + 10
    while (found := processes_of(data)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def processes_of(data: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(data) in command:
            found.append(command)
    return found


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "demo"
    from stats import engines  # noqa: PLC0415 - whatever a failing test left

    engines.stop(tmp_path / "demo")


def test_the_demo_counts_answers_stops_and_goes_on(data: Path) -> None:
    seen: list[str] = []
    demo = start(data)
    try:
        address = address_of(demo, seen)
        site = requests.get(f"{address}/api/stats/totals/site:all", timeout=10).json()
        top = requests.get(
            f"{address}/api/stats/top?kind=record&metric=views&size=3", timeout=10
        ).json()
        token = bearer(seen[-1])["Authorization"].removeprefix("Bearer ")
        with requests.Session() as browser:
            before = browser.get(f"{address}/api/events", timeout=30)
            browser.post(f"{address}/stats/sign-in", data={"token": token}, timeout=30)
            after = browser.get(f"{address}/api/events", timeout=30)
            page = browser.get(f"{address}/stats/", timeout=30)
    finally:
        stop(demo)
    assert demo.returncode == 0
    assert re.search(r"imported \d+, skipped \d+, malformed 1", "".join(seen))
    assert site["views"] > 300
    assert site["downloads"] > 100
    assert site["counted_until"] is not None
    assert [row["value"] for row in top["buckets"]] == sorted(
        (row["views"] for row in top["buckets"]), reverse=True
    )
    assert (before.status_code, after.status_code, page.status_code) == (401, 200, 200)
    assert f"{top['buckets'][0]['title']}" in page.text
    assert processes_left(data) == []

    again = start(data)
    try:
        address = address_of(again, seen)
        assert (
            site["views"]
            == (requests.get(f"{address}/api/stats/totals/site:all", timeout=10).json()["views"])
        )
        view = {"type": "record-view", "resource": "record:new", "title": "New"}
        sent = requests.post(
            f"{address}/api/events", json=view, headers=bearer(seen[-1]), timeout=10
        )
        assert sent.status_code == 202
        assert counted_by_the_worker(address, "record:new") == 1
    finally:
        stop(again)
    assert processes_left(data) == []
