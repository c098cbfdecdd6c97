"""Applications of hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState

Events = list[dict[str, Any]]


@pytest.fixture
def config(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings that point at names of the test's own."""
    for name in stats_namespace.as_config():  # the environment is over the configuration
        monkeypatch.delenv(name, raising=False)
    return dict(stats_namespace.as_config())


@pytest.fixture
def prepare(stats_namespace: Namespace) -> Iterator[Callable[[Flask], StatsState]]:
    """Make queues, indices and indexes of an application, and close it at the end."""
    states = []

    def prepared(app: Flask) -> StatsState:
        state: StatsState = app.extensions[EXTENSION]
        stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
        state.init()
        states.append(state)
        return state

    yield prepared
    for state in states:
        state.stores.search.close()


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> Events:
    """What is emitted, in place of a broker."""
    found: Events = []

    def take(*events: dict[str, Any]) -> Callable[[], bool]:
        found.extend(events)
        return lambda: True

    monkeypatch.setattr(import_module("stats.hosts.emit"), "send", take)
    return found


@pytest.fixture(autouse=True)
def close_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each client close its responses, as a server does when it has sent one."""
    opened = FlaskClient.open

    def open_and_close(self: FlaskClient, *args: Any, **options: Any) -> Any:
        return opened(self, *args, **{"buffered": True, **options})

    monkeypatch.setattr(FlaskClient, "open", open_and_close)
