"""Measure the metrics report of many resources: rows a second, and the server's peak memory.

    _JAVA_OPTIONS=-Xmx4g python tools/bench_reports.py --resources 1000000 [--window]

Comes in: how many. Goes out: one line a measurement. Starts engines of its own in a temporary
folder and the real service (waitress) as a process of its own; fills MongoDB (with `--window`
Elasticsearch too: one daily document a resource); then downloads the report and counts its lines.
The peak is VmHWM of the service's process, before and after. The embedded MongoDB has no index but
that of `_id` and sorts in memory, hence the heap; a real one reads the index.
"""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stats import engines
from stats.aggregations.daily_documents import document_id
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.search import Action
from stats.times import utc_now

BATCH = 10_000
PORT = 8765
DAY = "2024-05-01"
STATS = (sys.executable, "-c", "from stats.cli import main; main()")


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=1_000_000)
    parser.add_argument("--window", action="store_true", help="a window too, from Elasticsearch")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        addresses = engines.start(Path(folder), attached=True, usual_ports=False)
        environ = {
            "STATS_ELASTICSEARCH_URL": addresses.elasticsearch or "",
            "STATS_MONGO_URL": f"{addresses.mongo}",
            "STATS_BROKER_URL": f"{addresses.broker}",
            "STATS_CONNECT_TIMEOUT": "120",  # the embedded MongoDB stands still while it sorts
        }
        state = StatsState(load_settings({}, environ))
        state.init()
        _timed("filling MongoDB", given.resources, lambda: _fill_mongo(state, given.resources))
        if given.window:
            _timed("filling Elasticsearch", given.resources, lambda: _fill_search(state, given))
        _measure(environ, given)
        engines.stop(Path(folder))


def _timed(what: str, count: int, work: Any) -> None:
    start = time.monotonic()
    work()
    seconds = time.monotonic() - start
    print(f"{what}: {count:,} in {seconds:.1f} s, {count / seconds:,.0f}/s", flush=True)


def _refs(count: int) -> Iterator[tuple[int, str]]:
    return ((n, f"file:{n:08}") for n in range(count))


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _fill_mongo(state: StatsState, count: int) -> None:
    database = state.stores.database
    now = utc_now()
    for batch in _batches(_refs(count)):
        totals = [
            {
                "_id": ref,
                "kind": "file",
                "id": ref[5:],
                "views": n % 97,
                "downloads": 1 + n * 7919 % 10_007,
                "last_viewed": now,
                "last_downloaded": now,
            }
            for n, ref in batch
        ]
        described = [
            {
                "_id": ref,
                "kind": "file",
                "id": ref[5:],
                "title": f"Measurements of station {n}, corrected",
                "size": n,
                "created": now,
                "parents": [f"dataset:{n % 5000}", f"collection:{n % 50}", "space:s"],
            }
            for n, ref in batch
        ]
        database["statistic_totals"].insert_many(totals, ordered=False)
        database["resources"].insert_many(described, ordered=False)


def _fill_search(state: StatsState, given: argparse.Namespace) -> None:
    search = state.stores.search
    index = search.daily("file-download", DAY[:7])
    for batch in _batches(_refs(given.resources)):
        actions = [
            Action(
                "index",
                index,
                document_id(ref),
                {
                    "timestamp": f"{DAY}T00:00:00.000Z",
                    "event": "file-download",
                    "resource": ref,
                    "kind": "file",
                    "count": 1 + n * 7919 % 10_007,
                    "last": f"{DAY}T01:00:00.000Z",
                    "interval": "day",
                },
            )
            for n, ref in batch
        ]
        search.bulk(actions)
    search.refresh(search.daily("file-download"))


def _measure(environ: dict[str, str], given: argparse.Namespace) -> None:
    token = _run(environ, "token", "create", "--role", "reporter")
    server = subprocess.Popen([*STATS, "serve", "--port", str(PORT)], env=os.environ | environ)
    try:
        _wait()
        before = _peak(server.pid)
        urls = ["/api/reports/metrics/files"]
        urls += [f"/api/reports/metrics/files?from={DAY}&to={DAY}"] * given.window
        for url in urls:
            _download(url, token, server.pid, before)
    finally:
        server.terminate()
        server.wait(30)


def _run(environ: dict[str, str], *arguments: str) -> str:
    command = [*STATS, *arguments]
    done = subprocess.run(
        command, env=os.environ | environ, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _wait() -> None:
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the service did not start")


def _download(url: str, token: str, pid: int, before: int) -> None:
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=3600)
    connection.request("GET", url, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    first = time.monotonic() - start
    lines = size = 0
    while data := answer.read(1 << 20):
        lines += data.count(b"\n")
        size += len(data)
    seconds = time.monotonic() - start
    announced = answer.headers["X-Stats-Rows"]
    print(
        f"GET {urlsplit(url).path}{'?from=' if '?' in url else ''}: status {answer.status},"
        f" {lines - 1:,} rows (announced {announced}), {size / 1e6:.0f} MB in {seconds:.1f} s,"
        f" {(lines - 1) / seconds:,.0f} rows/s, first byte after {first:.1f} s;"
        f" peak of the service {_peak(pid) / 1024:.0f} MB, {before / 1024:.0f} MB before",
        flush=True,
    )


def _peak(pid: int) -> int:
    """Return the peak resident size of a process in KiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()
