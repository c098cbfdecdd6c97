"""What ``STATS_EVENTS``, ``STATS_AGGREGATIONS`` and ``STATS_QUERIES`` of invenio-stats say.

Comes in: the three dictionaries as invenio-stats documents them. Goes out: typed
definitions, and a line for each thing that cannot be mapped. Classes and
preprocessors are known by their import path, so that an alias or a string is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from stats.errors import ConfigError

Config = Mapping[str, Any]

_INDEXER = "invenio_stats.processors.EventsIndexer"
_AGGREGATOR = "invenio_stats.aggregations.StatAggregator"
_INSTEAD = {
    _INDEXER: "events are stored by this package: move what it changes into a preprocessor or"
    " into STATS_EVENT_BUILDERS",
    _AGGREGATOR: "events are counted by this package: define an Aggregation of stats in its place",
}
"""What is done in place of a class of invenio-stats, by its path."""

TERMS = "invenio_stats.queries.TermsQuery"
HISTOGRAM = "invenio_stats.queries.DateHistogramQuery"

OURS = frozenset(
    {
        "invenio_stats.processors.flag_robots",
        "invenio_stats.processors.filter_robots",
        "invenio_stats.processors.flag_machines",
        "invenio_stats.processors.anonymize_user",
    }
)
"""Preprocessors whose work the event steps of this package do, for every event."""

_RDM_CONFIG = "invenio_app_rdm.config."
"""Where InvenioRDM's own modifier is, which leaves out what its event builders drop already."""

_PREFERRED = ("filter_robots", "filter_machines")
"""Names of ``functools.partial`` objects, which have none of their own."""


@dataclass(frozen=True)
class GivenEvent:
    """One event of ``STATS_EVENTS``; ``preprocessors`` are those that are to run here."""

    name: str
    builders: tuple[Callable[..., Any], ...]
    preprocessors: tuple[Callable[..., Any], ...]
    given: Config
    signal: Any = None


@dataclass(frozen=True)
class GivenQuery:
    """One query of ``STATS_QUERIES``; ``form`` is None where its class is not known."""

    name: str
    form: str | None
    given: Config

    @property
    def params(self) -> Config:
        """Return what its class is made with."""
        return dict(self.given.get("params") or {})


@dataclass(frozen=True)
class HostDefinitions:
    """The definitions of a host, and what of them has no counterpart here."""

    events: dict[str, GivenEvent] = field(default_factory=dict)
    aggregations: dict[str, Config] = field(default_factory=dict)
    queries: dict[str, GivenQuery] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()


def read_definitions(events: Config, aggregations: Config, queries: Config) -> HostDefinitions:
    """Return the definitions that are in the form of invenio-stats.

    Raises:
        ConfigError: an import path leads nowhere.
    """
    unmapped: list[str] = []
    return HostDefinitions(
        {name: _read_event(name, given, unmapped) for name, given in events.items()},
        {name: _read_aggregation(name, given, unmapped) for name, given in aggregations.items()},
        {name: _read_query(name, given, unmapped) for name, given in queries.items()},
        tuple(unmapped),
    )


def load(value: Any, setting: str) -> Any:
    """Return an object, imported when it is given as ``package.module:name`` or with dots."""
    if not isinstance(value, str):
        return value
    module, _, name = value.partition(":") if ":" in value else value.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{setting}: {value} cannot be imported: {error}") from error


def path_of(value: Any) -> str:
    """Return the import path of a class or function; a partial's is that of its variable."""
    if isinstance(value, partial):
        module = import_module(value.func.__module__)
        names = (name for name in _PREFERRED if getattr(module, name, None) is value)
        return f"{value.func.__module__}.{next(names, value.func.__name__)}"
    return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"


def _read_event(name: str, given: Config, unmapped: list[str]) -> GivenEvent:
    setting = f"STATS_EVENTS[{name!r}]"
    params = given.get("params") or {}
    unmapped += _note_class(given, setting, usual=_INDEXER)
    return GivenEvent(
        name,
        tuple(load(one, setting) for one in given.get("event_builders") or ()),
        _own(params.get("preprocessors") or (), setting),
        given,
        given.get("signal"),
    )


def _note_class(given: Config, setting: str, *, usual: str) -> list[str]:
    """Return what to say of a class of the host's own, which is not run."""
    path = path_of(load(given["cls"], setting)) if given.get("cls") else usual
    return [] if path == usual else [f"{setting}: {path} is not run, {_INSTEAD[usual]}"]


def _own(preprocessors: Iterable[Any], setting: str) -> tuple[Callable[..., Any], ...]:
    loaded = [load(one, setting) for one in preprocessors]
    return tuple(one for one in loaded if path_of(one) not in OURS)


def _read_aggregation(name: str, given: Config, unmapped: list[str]) -> Config:
    setting = f"STATS_AGGREGATIONS[{name!r}]"
    params = given.get("params") or {}
    unmapped += _note_class(given, setting, usual=_AGGREGATOR)
    modifiers = [path_of(one) for one in params.get("query_modifiers") or ()]
    if any(not path.startswith(_RDM_CONFIG) for path in modifiers):
        unmapped.append(
            f"{setting}: query_modifiers are not applied: drop what is not to be counted in a"
            " preprocessor of its event"
        )
    if "event" not in params:
        unmapped.append(f"{setting}: params has no event, nothing is known of what it counts")
    return given


def _read_query(name: str, given: Config, unmapped: list[str]) -> GivenQuery:
    setting = f"STATS_QUERIES[{name!r}]"
    cls = load(given.get("cls"), setting)
    path = path_of(cls) if cls is not None else ""
    if path in (TERMS, HISTOGRAM):
        return GivenQuery(name, path, given)
    unmapped.append(
        f"{setting}: {path or 'no class'} still reads the indices of invenio-stats, which no"
        " longer change: define a Query of stats in its place"
    )
    return GivenQuery(name, None, given)
