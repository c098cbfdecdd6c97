"""What all tests share: the fixtures of the package's own pytest plugin."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings

from stats.engines.folder import Addresses
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.setting_sources import load_settings
from tests.certificates import Certificates, make_certificates
from tests.system import System

settings.register_profile("stats", deadline=None)  # a noisy machine fails no test
settings.load_profile("stats")


def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin: nothing brings it unasked."""
    if not config.pluginmanager.has_plugin("stats"):
        config.pluginmanager.import_plugin("stats.engines.pytest_plugin")


@pytest.fixture(scope="session")
def stats_engines(stats_engines: Addresses) -> Addresses:
    """The engines of the session, with the broker of ``python -m tests.rabbitmq`` if that runs."""
    broker = os.environ.get("TESTS_BROKER_URL")
    return replace(stats_engines, broker=broker) if broker else stats_engines


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates of the tests' own authority."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Settings that a test parametrises instead of taking the default."""
    return {}


@pytest.fixture
def state(stats_namespace: Namespace, overrides: dict[str, Any]) -> StatsState:
    """A system of the test's own on the shared engines, with its queues, indices and database.

    Not initialised: what it needs is made when it is first written to.
    """
    state = StatsState(load_settings({**stats_namespace.as_config(), **overrides}, {}))
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    return state


@pytest.fixture
def pipeline(state: StatsState) -> System:
    """The real system as `tests/pipeline.py` drives it."""
    return System(state)
