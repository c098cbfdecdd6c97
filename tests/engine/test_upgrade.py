"""Installations of an older version, and indices with a mapping that is not ours."""

from __future__ import annotations

import random
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
