"""An application on the engines, with names of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
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
def rest_app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The service, with the event types of ``tests.engine.daily``; whoever asks is admin."""
    for name in stats_namespace.as_config():  # the environment is over the configuration
        monkeypatch.delenv(name, raising=False)
    config: dict[str, Any] = {
        **stats_namespace.as_config(),
        "STATS_EVENTS": EVENT_TYPES,
        "STATS_IDENTITY": lambda: current_app.config["IDENTITY"],
        "IDENTITY": COMMAND_LINE,
    }
    app = create_app(config)
    yield app
    app.extensions[EXTENSION].stores.search.close()


@pytest.fixture
def rest(rest_app: Flask) -> FlaskClient:
    """A client of the service."""
    return rest_app.test_client()


@pytest.fixture
def rest_state(rest_app: Flask) -> StatsState:
    """The statistics of the service."""
    state: StatsState = rest_app.extensions[EXTENSION]
    return state
