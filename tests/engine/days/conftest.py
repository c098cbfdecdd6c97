"""A system whose events lie up to years back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.engine.forgetting import open_state


@pytest.fixture
def state(stats_namespace: Namespace) -> Iterator[StatsState]:
    """A system of the test's own, with the event type ``upload``."""
    state = open_state(stats_namespace)
    yield state
    state.stores.search.close()
