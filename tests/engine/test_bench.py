"""``stats bench`` from its start to its table, on few events."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request

from stats.engines.folder import Addresses

SECONDS = 300


def indices(address: str) -> set[str]:
    with urllib.request.urlopen(f"{address}/_cat/indices?h=index", timeout=30) as answer:
        return set(answer.read().decode().split())


def test_it_measures_and_leaves_nothing(stats_engines: Addresses) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("STATS_")}
    before = indices(stats_engines.elasticsearch or "")
    done = subprocess.run(
        [sys.executable, "-c", "from stats.cli import main; main()", "bench", "--events", "1000"],
        env=outside | stats_engines.as_env(),
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["figure", "measured", "baseline", "ratio", "target"]
    judged = [line for line in lines if line.endswith(("met", "missed"))]
    assert [line.split("  ")[0] for line in judged[:2]] == [
        "processing, an event a message",
        "processing, batched messages",
    ]
    assert judged[2].startswith("importing a combined log")
    assert judged[3].startswith("aggregation, 1,0")
    assert len(judged) == 4
    assert any(line.startswith("a totals request") for line in lines)
    names = ("publisher", "worker", "aggregation", "service")
    assert all(any(line.startswith(f"peak memory, {name}") for line in lines) for name in names)
    assert indices(stats_engines.elasticsearch or "") <= before
