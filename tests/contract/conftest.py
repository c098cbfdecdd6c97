"""The stores of one test, on real engines, with names of its own."""

from __future__ import annotations

import kombu
import pytest

from stats.events.catalogue import EVENT_TYPES
from stats.stores.dead_letters import DeadLetterStore
from stats.stores.erasures import ErasureStore
from stats.stores.mongo import connect
from stats.stores.queues import EventQueues
from stats.stores.resources import ResourceStore
from stats.stores.search import SearchStore

TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}


@pytest.fixture
def queues(stats_namespace):
    queues = EventQueues(
        stats_namespace.broker, prefix=stats_namespace.prefix, type_names=TYPES, timeout=20
    )
    stats_namespace.queues.extend(queues.name(name) for name in TYPES)
    queues.ensure()
    yield queues
    queues.close()
    with kombu.Connection(stats_namespace.broker) as connection:
        connection.default_channel.exchange_delete(f"{stats_namespace.prefix}stats")


@pytest.fixture
def search(stats_namespace):
    store = SearchStore(
        stats_namespace.elasticsearch,
        prefix=stats_namespace.prefix,
        type_names=TYPES,
        request_timeout=30,
    )
    yield store
    store.close()


@pytest.fixture
def database(stats_namespace):
    database = connect(stats_namespace.mongo, timeout=20)
    yield database
    database.client.close()


@pytest.fixture
def dead_letters(database):
    return DeadLetterStore(database)


@pytest.fixture
def erasures(database):
    return ErasureStore(database)


@pytest.fixture
def resources(database):
    return ResourceStore(database)
