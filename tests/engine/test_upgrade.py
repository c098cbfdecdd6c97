"""Installations of an older version, and indices with a mapping that is not ours."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stats.backup.parts import SCHEMA
from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.errors import StoreRejected
from stats.ext import StatsState
from stats.stores.mapping_check import compare_mappings
from tests.faults.traffic import assert_equals_model, make_events
from tests.system import System


@pytest.fixture(autouse=True)
def _settings(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(stats, [*arguments])


def as_before(state: StatsState) -> None:
    """Leave what the version at 3a79880 left: no numbers of raw events, arrays of arrays."""
    database = state.stores.database
    database["counted_days"].drop()
    until, seen = state.stores.bookmarks.found()
    old = [[day.isoformat(), numbers] for day, numbers in seen.items()]
    database["bookmarks"].update_one({"_id": "found"}, {"$set": {"seen": old, "until": until}})
    database["bookmarks"].delete_one({"_id": "schema"})


def test_an_installation_of_an_older_version_goes_on(state: StatsState, pipeline: System) -> None:
    state.init()
    events = make_events(random.Random(1), 300)
    pipeline.publish(events[:200])
    pipeline.process()
    pipeline.aggregate()
    as_before(state)
    planned = run("upgrade", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert "days are noted" in planned.output
    assert f"schema 0 becomes {SCHEMA}" in planned.output
    assert state.stores.counted_days.read_all() == {}
    done = run("upgrade")
    assert done.exit_code == 0, done.output
    assert "everything is of this version" in run("upgrade").output
    assert sum(sum(t.values()) for t in state.stores.counted_days.read_all().values()) == 200
    pipeline.publish(events[200:])
    pipeline.process()
    pipeline.aggregate()
    assert_equals_model(pipeline, events)
    assert run("audit").exit_code == 0


VERSIONS = {
    "3a79880f7a2fe147": "before days noted their raw events, and before there was an upgrade",
    "e93f314202c1a421": "before annotations, merges and content",
}
"""Commits of main, and what they lack."""
ROOT = Path(__file__).parents[2]
PROCESS, COUNT = ("events", "process"), ("aggregate",)
COMMAND = "import os, stats.cli as c; assert c.__file__.startswith(os.getcwd()); c.stats()"


def check_out(commit: str, folder: Path) -> Path:
    """Return a folder with the package as it was; skip where the history is not there."""
    archive = subprocess.run(
        ["git", "archive", commit, "stats"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        pytest.skip(f"the history has no {commit}: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def run_old(folder: Path, *arguments: str) -> str:
    """Run a command of the package in a folder, on the engines of the environment."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("commit", VERSIONS)
def test_what_an_older_version_left_is_taken_over(
    commit: str, state: StatsState, pipeline: System, tmp_path: Path
) -> None:
    """The code of that version counts a part, and leaves raw events and messages that wait."""
    old = check_out(commit, tmp_path)
    events = make_events(random.Random(commit), 240)
    parts = [events[:120], events[120:160], events[160:200]]
    files = [tmp_path / f"{number}.ndjson" for number, _ in enumerate(parts)]
    for file, part in zip(files, parts, strict=True):
        file.write_text("".join(json.dumps(event) + "\n" for event in part))
    run_old(old, "init")
    for file, jobs in zip(files, ((PROCESS, COUNT), (PROCESS,), ()), strict=True):
        assert "rejected 0" in run_old(old, "events", "publish", str(file))
        for job in jobs:
            run_old(old, *job)
    dry = run("upgrade", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert run("upgrade").exit_code == 0
    assert "everything is of this version" in run("upgrade").output
    pipeline.publish(events[200:])
    pipeline.process()
    pipeline.aggregate()
    assert_equals_model(pipeline, events)
    assert run("audit").exit_code == 0


def make_index(state: StatsState, properties: dict[str, Any]) -> str:
    search = state.stores.search
    index = search.raw("record-view", "2024-03")
    body = {"mappings": {"dynamic": False, "properties": properties}}
    search._ask("PUT", f"/{index}", {**body, "aliases": {search.raw("record-view"): {}}})
    return index


def test_nothing_is_processed_into_an_index_with_a_wrong_field(state: StatsState) -> None:
    index = make_index(state, {"partition": {"type": "keyword"}, "timestamp": {"type": "date"}})
    state.publish([{"type": "record-view", "resource": "record:r", "timestamp": "2024-03-05"}])
    for job in (state.process, state.aggregate):
        with pytest.raises(StoreRejected, match=f"{index}: partition is keyword and must be short"):
            job()
    assert state.stores.queues.depth("record-view") == 1
    assert run("events", "process").exit_code == 1


def test_a_field_that_an_index_lacks_is_added(state: StatsState) -> None:
    make_index(state, {"timestamp": {"type": "date"}})
    state.publish(
        [{"type": "record-view", "resource": "record:r", "timestamp": "2024-03-05T10:00:00Z"}]
    )
    state.process()
    state.aggregate()
    assert state.totals(["record:r"])["record:r"]["views"] == 1


def test_mappings_are_compared_to_the_bottom() -> None:
    expected = {
        "a": {"type": "long"},
        "p": {"properties": {"b": {"type": "ip"}, "c": {"type": "date"}}},
    }
    found = {"a": {"type": "text"}, "p": {"properties": {"b": {"type": "keyword"}}}, "x": {}}
    faults = compare_mappings("i", expected, found)
    assert faults.missing == {"p": {"properties": {"c": {"type": "date"}}}}
    assert faults.wrong == ("a is text and must be long", "p.b is keyword and must be ip")
