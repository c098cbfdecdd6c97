"""An installation that is built again from its back-up equals the original."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stats.backup.parts import PARTS
from stats.cli import stats
from stats.engines.folder import Addresses
from stats.engines.namespace import Namespace, clean_up, fresh_namespace
from stats.ext import StatsState
from stats.setting_sources import load_settings
from tests.faults.traffic import assert_equals_model, make_events
from tests.system import System

QUERIES = ["record-view-total", "record-view-histogram", "file-download-total"]


def run(namespace: Namespace, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    for name, value in namespace.as_config().items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(stats, [*arguments])


def test_what_is_moved_is_the_same_elsewhere_and_goes_on_there(
    state: StatsState,
    pipeline: System,
    stats_namespace: Namespace,
    stats_engines: Addresses,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    events = make_events(random.Random(1), 400)
    pipeline.publish(events[:300])
    state.stores.queues.publish("record-view", [b"no JSON"])
    pipeline.process()
    pipeline.aggregate()
    files = []
    for name in PARTS:
        file = tmp_path / f"{name}.ndjson"
        assert run(stats_namespace, monkeypatch, "export", name, "-o", str(file)).exit_code == 0
        files.append(str(file))
    other = fresh_namespace(stats_engines)
    try:
        for _ in range(2):  # the second time changes nothing
            done = run(other, monkeypatch, "import", *files)
            assert done.exit_code == 0, done.output
        assert run(other, monkeypatch, "audit").exit_code == 0
        moved = StatsState(load_settings(other.as_config(), {}))
        other.queues.extend(moved.stores.queues.name(name) for name in moved.event_types)
        for query in QUERIES:
            params = {"resource": "site:all", "from": "2024-02-01", "to": "2024-03-31"}
            assert moved.query(query, params) == state.query(query, params)
        refs = ["site:all", "community:c", "record:r1", "file:f2"]
        assert moved.totals(refs) == state.totals(refs)
        assert moved.stores.dead_letters.count() == 1
        there = System(moved)
        there.publish(events[250:])  # some of them again
        there.process()
        there.aggregate()
        assert_equals_model(there, events)
    finally:
        clean_up(other)


def test_months_are_summed_anew_of_daily_documents_that_were_imported(
    state: StatsState,
    pipeline: System,
    stats_namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    events = make_events(random.Random(3), 200)
    pipeline.publish(events[:150])
    pipeline.process()
    pipeline.aggregate()
    file = str(tmp_path / "daily.ndjson")
    assert run(stats_namespace, monkeypatch, "export", "daily", "-o", file).exit_code == 0
    months = state.stores.database["statistic_months"]
    assert months.find_one({"_id": ":filled"}) is not None
    months.delete_many({"_id": {"$ne": ":filled"}})  # those of an installation without these days
    assert run(stats_namespace, monkeypatch, "import", file).exit_code == 0
    pipeline.publish(events[150:])
    pipeline.process()
    pipeline.aggregate()
    assert_equals_model(pipeline, events)
    assert run(stats_namespace, monkeypatch, "audit").exit_code == 0


def test_a_file_that_is_cut_off_or_changed_is_found_out(
    state: StatsState,
    stats_namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    state.publish(make_events(random.Random(2), 20))
    state.process()
    whole = tmp_path / "events.ndjson"
    assert run(stats_namespace, monkeypatch, "export", "events", "-o", str(whole)).exit_code == 0
    lines = whole.read_text().splitlines(keepends=True)
    cut, changed = tmp_path / "cut", tmp_path / "changed"
    cut.write_text("".join(lines[:-1]))
    changed.write_text("".join(lines).replace('"via":"ui"', '"via":"api"', 1))
    for file, said in ((cut, "cut off"), (changed, "changed"), (Path(__file__), "first line")):
        done = run(stats_namespace, monkeypatch, "import", str(file))
        assert done.exit_code == 2
        assert said in done.output
    assert run(stats_namespace, monkeypatch, "import", str(whole)).exit_code == 0
