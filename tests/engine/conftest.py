"""An application on the engines, with names of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.permissions import COMMAND_LINE
from stats.service import create_app
from tests.engine.daily import EVENT_TYPES

AS_ADMIN = {"STATS_IDENTITY": lambda: COMMAND_LINE}
"""Whoever asks is admin."""


@pytest.fixture
def make_app(
    stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Flask]]:
    """Make the service with some settings; what it is given as ``events`` is counted."""
    for name in stats_namespace.as_config():  # the environment is over the configuration
        monkeypatch.delenv(name, raising=False)
    made: list[Flask] = []

    def make(settings: Mapping[str, Any], events: Iterable[dict[str, Any]] = ()) -> Flask:
        app = create_app({**stats_namespace.as_config(), **settings})
        made.append(app)
        state: StatsState = app.extensions[EXTENSION]
        given = list(events)
        if given:
            names = (state.stores.queues.name(name) for name in state.event_types)
            stats_namespace.queues.extend(names)
            state.init()
            state.publish(given)
            state.process()
            state.aggregate()
        return app

    yield make
    for app in made:
        app.extensions[EXTENSION].stores.search.close()


@pytest.fixture
def rest_app(make_app: Callable[..., Flask]) -> Flask:
    """The service, with the event types of ``tests.engine.daily``; whoever asks is admin."""
    return make_app(
        {
            "STATS_EVENTS": EVENT_TYPES,
            "STATS_IDENTITY": lambda: current_app.config["IDENTITY"],
            "IDENTITY": COMMAND_LINE,
        }
    )


@pytest.fixture
def rest(rest_app: Flask) -> FlaskClient:
    """A client of the service."""
    return rest_app.test_client()


@pytest.fixture
def rest_state(rest_app: Flask) -> StatsState:
    """The statistics of the service."""
    state: StatsState = rest_app.extensions[EXTENSION]
    return state
