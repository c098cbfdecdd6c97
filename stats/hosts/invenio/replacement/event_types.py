"""Event types of ``STATS_EVENTS`` that this package has none of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES
from stats.events.types import VISITOR_BREAKDOWNS, CountsAs, EventType
from stats.refs import parse_kind

_COUNTS_AS: Mapping[str, CountsAs] = {"view": "views", "download": "downloads"}


def build_event_types(names: Iterable[str]) -> tuple[list[EventType], list[str]]:
    """Return the types that are not in the catalogue, and a line for each name that is none."""
    known = {one.name for one in EVENT_TYPES}
    built, lines = [], []
    for name in names:
        if name in known:
            continue
        try:
            parse_kind(name)
        except InputError as error:
            lines.append(f"STATS_EVENTS[{name!r}]: not counted, {error.message}")
            continue
        built.append(_build(name))
    return built, lines


def kind_of_type(name: str) -> str:
    """Return the kind that a type is about by its name: ``dataset`` of ``dataset-view``."""
    kind, dash, _ = name.rpartition("-")
    return kind if dash else name


def _build(name: str) -> EventType:
    return EventType(
        name,
        f"Events {name} of the host",
        counts_as=_COUNTS_AS.get(name.rpartition("-")[2]),
        breakdowns=VISITOR_BREAKDOWNS,
        levels=(kind_of_type(name), "site"),
    )
