"""Daily documents written by hand, so that queries are asked of numbers known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stats.aggregations.daily_documents import document_id
from stats.aggregations.types import daily
from stats.engines.namespace import Namespace
from stats.events.types import BY_COUNTRY, EventType
from stats.stores.search import Action, SearchStore

VIEW = EventType("record-view", "Views", counts_as="views", breakdowns=(BY_COUNTRY,))
DOWNLOAD = EventType("file-download", "Downloads", counts_as="downloads", breakdowns=(BY_COUNTRY,))
GAUGE = EventType(
    "store-size",
    "Size of a store",
    metrics=("count", "unique_count", "volume", "sum", "max", "last_value", "average"),
)
EVENT_TYPES = (VIEW, DOWNLOAD, GAUGE)
AGGREGATIONS = tuple(daily(event_type) for event_type in EVENT_TYPES)

Document = dict[str, Any]


def document(event: str, day: str, resource: str, **fields: Any) -> Document:
    """Return a daily document; numbers that are not given are 0."""
    return {
        "timestamp": f"{day}T00:00:00.000Z",
        "event": event,
        "resource": resource,
        "kind": resource.partition(":")[0],
        "parents": [],
        "count": 0,
        "unique_count": 0,
        "volume": 0,
        "excluded_count": 0,
        "source": "events",
        "interval": "day",
        **fields,
    }


def open_store(namespace: Namespace) -> SearchStore:
    """Return a store in the namespace of one test."""
    names = [aggregation.event_type.name for aggregation in AGGREGATIONS]
    return SearchStore(
        namespace.elasticsearch, prefix=namespace.prefix, type_names=names, request_timeout=30
    )


def write(store: SearchStore, documents: Sequence[Document]) -> None:
    """Write ``documents`` where the aggregation would, and make them visible."""
    results = store.bulk([_action(store, one) for one in documents])
    assert all(result.ok for result in results), results
    for family in {one["event"] for one in documents}:
        store.refresh(store.daily(family))


def _action(store: SearchStore, one: Document) -> Action:
    day = one["timestamp"][:10]
    identity = document_id(one["event"], day, one["resource"], one["source"])
    return Action("index", store.daily(one["event"], day[:7]), identity, one)
