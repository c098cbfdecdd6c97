"""The page's type of one's own on the engines: its event is counted, its commands answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from tests.unit.test_event_types_example import PAGE, example

TEXT = PAGE.read_text("utf-8")


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    own = {name: value for name, value in example().items() if name.startswith("STATS_")}
    app = create_app({**stats_namespace.as_config(), **own})
    state: StatsState = app.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    yield app
    state.stores.search.close()


def run(app: Flask, line: str) -> dict[str, Any]:
    with app.app_context():
        done = CliRunner().invoke(stats, line.split()[1:])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)["total"]
    return found


def test_the_examples_event_is_counted_and_its_commands_answer(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    state.init()
    (event,) = re.findall(r'^    (\{"type": "notebook-run".*\})$', TEXT, re.MULTILINE)
    total, share = re.findall(r"^    (stats query notebook-\S+ resource=\S+)$", TEXT, re.MULTILINE)
    state.publish([json.loads(event)])
    state.process()
    state.aggregate()
    counted = run(app, total)
    assert (counted["count"], counted["sum"], counted["average"]) == (1, 12.5, 12.5)
    assert run(app, share) == {"part": 1, "whole": 1, "share": 1.0}
