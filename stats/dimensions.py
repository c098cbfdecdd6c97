"""A host's own dimensions, from ``STATS_DIMENSIONS``, beside those of the package.

Comes in: a list of :class:`Dimension`. Goes out: all dimensions by name, and the event
types that divide by them. Raises ``ConfigError`` for one that is ambiguous, or can
never have a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from stats.aggregations.types import Aggregation
from stats.errors import ConfigError
from stats.events.types import DIMENSIONS, EXTRA, Breakdown, Dimension, EventType
from stats.kinds.types import Kinds
from stats.templates import raw_fields

SETTING = "STATS_DIMENSIONS"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def build_dimensions(
    hosts: Iterable[Dimension], *, kinds: Kinds, types: Mapping[str, EventType]
) -> dict[str, Dimension]:
    """Put the package's dimensions and the host's together."""
    known = {dimension.name: dimension for dimension in DIMENSIONS}
    for one in hosts:
        if not _NAME.fullmatch(one.name):
            message = "a name is lower-case letters, digits, - and _, a letter first"
            raise ConfigError(f"{SETTING}: {one.name!r}: {message}")
        if one.name in known:
            raise ConfigError(f"{SETTING}: there is a dimension {one.name} already")
        if one.name in kinds:
            raise ConfigError(f"{SETTING}: {one.name} is a kind, and by={one.name} would be both")
        _check_source(one)
        for name in one.types or ():
            if name not in types:
                raise ConfigError(f"{SETTING}: {one.name}: there is no event type {name}")
        known[one.name] = one
    return known


def _check_source(one: Dimension) -> None:
    if one.source is None:
        if one.field not in raw_fields() or "." in one.field:
            message = f"nothing sets the field {one.field} for it; give it a source"
            raise ConfigError(f"{SETTING}: {one.name}: {message}")
    elif one.seen_by == "auditors":
        message = "what names people is user_id alone, which erasure and retention reach"
        raise ConfigError(f"{SETTING}: {one.name}: {message}")
    elif not callable(one.source) and not re.fullmatch(rf"{re.escape(EXTRA)}.+", one.source):
        message = f"source is {EXTRA}<key> or a function of the event, not {one.source!r}"
        raise ConfigError(f"{SETTING}: {one.name}: {message}")


def divided(event_type: EventType, hosts: Iterable[Dimension]) -> EventType:
    """Return an event type that divides by those dimensions of the host that are meant for it."""
    own = [
        Breakdown((one,))
        for one in hosts
        if (event_type.name in one.types if one.types is not None else event_type.counts_as)
        if Breakdown((one,)) not in event_type.breakdowns
    ]
    return replace(event_type, breakdowns=(*event_type.breakdowns, *own)) if own else event_type


def check_breakdowns(
    aggregations: Iterable[Aggregation], dimensions: Mapping[str, Dimension]
) -> None:
    """Raise for a breakdown by a dimension that is not declared and so never has a value."""
    for aggregation in aggregations:
        for dimension in (d for b in aggregation.breakdowns for d in b.dimensions):
            if dimensions.get(dimension.name) != dimension:
                message = f"divides by {dimension.name}, which is declared nowhere"
                raise ConfigError(
                    f"STATS_EVENTS: {aggregation.event_type.name} {message}; list it in {SETTING}"
                )
