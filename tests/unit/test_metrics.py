"""Metrics: their declarations, their text, and the files that speak of them."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from stats.metrics import (
    ACCEPTED,
    BY_NAME,
    LAG,
    METRICS,
    REFUSED,
    Metric,
    Recorder,
    build_text,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "metrics.md").read_text("utf-8")
RULES = (ROOT / "examples" / "monitoring" / "alerts.yml").read_text("utf-8")
DASHBOARD = (ROOT / "examples" / "monitoring" / "grafana.json").read_text("utf-8")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: str(metric.name))
def test_each_metric_is_documented_as_it_is_declared(metric: Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    assert f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |" in PAGE
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert re.fullmatch("stats_[a-z_]+", metric.name)


@pytest.mark.parametrize("text", [PAGE, RULES, DASHBOARD], ids=["page", "rules", "dashboard"])
def test_no_file_speaks_of_a_metric_that_does_not_exist(text: str) -> None:
    named = set(re.findall(r"\bstats_[a-z_]+\b", text))
    assert named
    assert named <= BY_NAME.keys()


def test_the_dashboard_is_one_of_grafana() -> None:
    board = json.loads(DASHBOARD)
    panels = board["panels"]
    assert board["schemaVersion"] >= 36
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["targets"][0]["expr"] for panel in panels)


def test_the_text_is_what_prometheus_reads() -> None:
    samples = [((LAG, ()), 1735689600.125), ((ACCEPTED, ("a",)), 2.0), ((ACCEPTED, ("b",)), 0.5)]
    assert build_text(samples) == (
        f"# HELP {ACCEPTED.name} {ACCEPTED.help}\n# TYPE {ACCEPTED.name} counter\n"
        f'{ACCEPTED.name}{{type="a"}} 2\n{ACCEPTED.name}{{type="b"}} 0.5\n'
        f"# HELP {LAG.name} {LAG.help}\n# TYPE {LAG.name} gauge\n{LAG.name} 1735689600.125\n"
    )


def test_a_label_cannot_break_out() -> None:
    text = build_text([((REFUSED, ('a"b\\c\nd',)), 1.0)])
    assert '{code="a\\"b\\\\c\\nd"} 1' in text


def test_threads_record_together_and_nothing_is_taken_twice() -> None:
    recorder = Recorder()

    def record() -> None:
        for _ in range(1000):
            recorder.add(ACCEPTED, labels=("a",))

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = recorder.take()
    assert taken == {(ACCEPTED, ("a",)): 4000}
    assert recorder.take() == {}
    recorder.put_back(taken)
    assert recorder.take() == taken
