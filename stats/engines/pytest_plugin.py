"""Fixtures for tests on real engines, of this package and of host applications.

``stats_engines`` (session): addresses of three engines. They are those of
``STATS_ELASTICSEARCH_URL``, ``STATS_BROKER_URL`` and ``STATS_MONGO_URL`` when all three
are set, else embedded ones in a temporary folder on free ports, which end with the
test run even when it is killed.

``stats_namespace`` (function): names on them that no other test has, and nothing is
left of them afterwards.

A host asks for it, ``pytest_plugins = ["stats.engines.pytest_plugin"]`` in its top
``conftest.py``; nothing loads it unasked. The work is imported when a fixture is first
used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stats.engines.folder import Addresses
    from stats.engines.namespace import Namespace


@pytest.fixture(scope="session")
def stats_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """Addresses of engines that all tests of the session share."""
    from stats import engines  # noqa: PLC0415
    from stats.errors import StatsError  # noqa: PLC0415

    given = engines.Addresses(
        elasticsearch=os.environ.get("STATS_ELASTICSEARCH_URL"),
        broker=os.environ.get("STATS_BROKER_URL"),
        mongo=os.environ.get("STATS_MONGO_URL"),
    )
    if not given.missing():
        yield given
        return
    data = tmp_path_factory.mktemp("stats-engines")
    try:
        addresses = engines.start(data, attached=True, usual_ports=False)
    except StatsError as error:
        pytest.fail(str(error), pytrace=False)
    yield addresses
    engines.stop(data)


@pytest.fixture
def stats_namespace(stats_engines: Addresses) -> Iterator[Namespace]:
    """Names of one test's own: index and queue prefix, Mongo database."""
    from stats.engines.namespace import clean_up, fresh_namespace  # noqa: PLC0415

    namespace = fresh_namespace(stats_engines)
    yield namespace
    clean_up(namespace)
