"""``stats bench`` from its start to its table, on few events."""

from __future__ import annotations

import urllib.request

from stats.engines.folder import Addresses
from tests.engine.benching import run_bench

SECONDS = 300


def indices(address: str) -> set[str]:
    with urllib.request.urlopen(f"{address}/_cat/indices?h=index", timeout=30) as answer:
        return set(answer.read().decode().split())


def test_it_measures_and_leaves_nothing(stats_engines: Addresses) -> None:
    before = indices(stats_engines.elasticsearch or "")
    lines = run_bench(stats_engines)
    assert lines[0].split() == ["figure", "measured", "baseline", "ratio", "target"]
    judged = [line for line in lines if line.endswith(("met", "missed"))]
    assert [line.split("  ")[0] for line in judged[:2]] == [
        "processing, an event a message",
        "processing, batched messages",
    ]
    assert judged[2].startswith("importing a combined log")
    assert judged[3].startswith("aggregation, 9")
    assert judged[4].startswith("aggregation with nothing new")
    assert judged[5].startswith("aggregation after late events, ")
    assert [line.split("  ")[0] for line in judged[6:]] == [
        "publishing inside a request, p50",
        "disk, an event",
        "disk, a daily document",
    ]
    assert any(line.startswith("a totals request") for line in lines)
    names = ("publisher", "worker", "aggregation", "service")
    assert all(any(line.startswith(f"peak memory, {name}") for line in lines) for name in names)
    assert indices(stats_engines.elasticsearch or "") <= before
