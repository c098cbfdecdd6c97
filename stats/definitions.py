"""The catalogues of one installation: what the package brings and what the host adds.

Names are unique and well formed; an aggregation or query holds its event type as an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from stats.aggregations.types import OWN_FAMILIES, Aggregation, daily
from stats.config import Settings
from stats.dimensions import build_dimensions, check_breakdowns, divided
from stats.errors import ConfigError, InputError
from stats.events.catalogue import CONTENT_TYPES, EVENT_TYPES
from stats.events.types import Dimension, EventType
from stats.kinds.declared import apply_settings, build_kinds
from stats.kinds.types import Kinds
from stats.queries.catalogue import build_catalogue
from stats.queries.content import list_divisions
from stats.queries.types import Query
from stats.refs import parse_kind

T = TypeVar("T")


@dataclass(frozen=True)
class Definitions:
    """Kinds, dimensions, event types and queries by name, and the aggregation of each type."""

    kinds: Kinds
    dimensions: dict[str, Dimension]
    event_types: dict[str, EventType]
    aggregations: tuple[Aggregation, ...]
    queries: dict[str, Query]

    @property
    def content_divisions(self) -> list[str]:
        """Return the names of what the content of a repository divides by."""
        content = {one.name for one in CONTENT_TYPES}
        return list_divisions([a for a in self.aggregations if a.event_type.name in content])


def build_definitions(settings: Settings) -> Definitions:
    """Put the package's definitions and the host's together; the host's win."""
    hosts = _listed(settings.events, EventType, "STATS_EVENTS")
    event_types = {t.name: t for t in (*EVENT_TYPES, *hosts)}
    for name in event_types:
        _check_name(name)
    own = _listed(settings.aggregations, Aggregation, "STATS_AGGREGATIONS")
    by_type = {a.event_type.name: a for a in own}
    for name in by_type:
        if name not in event_types:
            raise ConfigError(f"STATS_AGGREGATIONS: there is no event type {name}")
    kinds = _build_kinds(settings)
    _check_types(kinds, event_types)
    hosts_own = _listed(settings.dimensions, Dimension, "STATS_DIMENSIONS")
    dimensions = build_dimensions(hosts_own, kinds=kinds, types=event_types)
    event_types = {name: divided(t, hosts_own) for name, t in event_types.items()}
    aggregations = tuple(by_type.get(t.name, daily(t)) for t in event_types.values())
    check_breakdowns(aggregations, dimensions)
    hosts_queries = _listed(settings.queries, Query, "STATS_QUERIES")
    queries = build_catalogue(aggregations) | {query.name: query for query in hosts_queries}
    return Definitions(kinds, dimensions, event_types, aggregations, queries)


def _build_kinds(settings: Settings) -> Kinds:
    """Return the declared kinds, with what the settings of reports say of them."""
    return apply_settings(
        build_kinds(settings.kinds),
        combined=settings.report_kinds,
        counter_items=settings.counter_item_kinds,
        counter_datasets=settings.counter_dataset_kinds,
        data_types=settings.counter_data_types,
    )


def _check_types(kinds: Kinds, event_types: Mapping[str, EventType]) -> None:
    """Raise unless all event types that kinds name are there."""
    for kind in kinds:
        for name in (*kind.views, *kind.downloads):
            if name not in event_types:
                raise ConfigError(f"STATS_KINDS: {kind.name}: there is no event type {name}")


def _listed(value: Any, wanted: type[T], setting: str) -> list[T]:
    """Return the items of a list, or the values of a dictionary, all of one type."""
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value
    found = list(items)
    for item in found:
        if not isinstance(item, wanted):
            raise ConfigError(
                f"{setting}: {item!r} is no {wanted.__name__}; import it from stats and make one"
            )
    return found


def _check_name(name: str) -> None:
    if name in OWN_FAMILIES:
        raise ConfigError(f"STATS_EVENTS: {name} is the name of a family of the package's own")
    try:
        parse_kind(name, field="STATS_EVENTS")
    except InputError as error:
        raise ConfigError(f"STATS_EVENTS: {name!r}: {error.message}") from error
