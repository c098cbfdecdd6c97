"""The settings of an Invenio application, in the form that this package reads.

Comes in: Flask's configuration of an instance that may have invenio-stats. Goes
out: a mapping for ``load_settings``. Invariant: what the instance says of this
package itself wins; where it says nothing, its own addresses are taken.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from stats.aggregations.types import daily
from stats.config import Settings, setting_help
from stats.errors import ConfigError
from stats.events.catalogue import EVENT_TYPES
from stats.hosts.invenio.replacement.definitions import (
    HostDefinitions,
    load,
    read_definitions,
)
from stats.hosts.invenio.replacement.event_types import build_event_types
from stats.hosts.invenio.replacement.package import SETTING, is_installed
from stats.hosts.invenio.replacement.queries import build_queries
from stats.setting_sources import RENAMED
from stats.validation import find_near

Config = dict[str, Any]

FORMS = ("STATS_EVENTS", "STATS_AGGREGATIONS", "STATS_QUERIES")
"""The settings that both packages have, each in a form of its own."""

FACTORY = "STATS_PERMISSION_FACTORY"
PREFIX = "STATS_INDEX_PREFIX"
OWN_PREFIX = "usage-"
"""Comes behind the instance's prefix, so that no pattern of invenio-stats matches our names."""

RDM = "invenio_rdm_records"
_BROKERS = ("QUEUES_BROKER_URL", "CELERY_BROKER_URL", "BROKER_URL")

_log = logging.getLogger(__name__)


def is_replacing(config: Mapping[str, Any]) -> bool:
    """Return whether this package stands in for invenio-stats in an application."""
    wanted = config.get(SETTING, True)
    return is_installed() and wanted not in (False, "false", "False", "0", "no")


def build_config(config: Mapping[str, Any]) -> tuple[Config, HostDefinitions]:
    """Return the settings of this package and the host's definitions for invenio-stats.

    Raises:
        ConfigError: a definition cannot be imported, or both would use the same names.
    """
    given = {name: value for name, value in config.items() if name.startswith("STATS_")}
    if not is_installed():
        return given, HostDefinitions()
    theirs = {name: _host_form(given.get(name)) for name in FORMS}
    own = {name: value for name, value in given.items() if not _is_foreign(name, value)}
    own |= _defaults(config, own)
    _check_prefix(config, own)
    if not is_replacing(config):
        return own, HostDefinitions()
    host = read_definitions(*(theirs[name] for name in FORMS))
    return _with_definitions(own, given, host)


def host_permission(config: Mapping[str, Any]) -> Any:
    """Return the permission factory of the instance, which may be an import path."""
    factory = config.get(FACTORY)
    return load(factory, FACTORY) if factory is not None else None


def _with_definitions(
    own: Config, given: Mapping[str, Any], host: HostDefinitions
) -> tuple[Config, HostDefinitions]:
    types, lines = build_event_types(host.events)
    known = {one.name: daily(one) for one in (*EVENT_TYPES, *types)}
    queries, more = build_queries(host.queries.values(), known.values())
    own["STATS_EVENTS"] = [*_own_form(given.get("STATS_EVENTS")), *types]
    own["STATS_AGGREGATIONS"] = _own_form(given.get("STATS_AGGREGATIONS"))
    own["STATS_QUERIES"] = [*_own_form(given.get("STATS_QUERIES")), *queries]
    factory = host_permission(given)
    if factory is not None:
        own[FACTORY] = _for_host_queries(factory, frozenset(host.queries))
    unmapped = (*host.unmapped, *lines, *more)
    return own, HostDefinitions(host.events, host.aggregations, host.queries, unmapped)


def _for_host_queries(factory: Any, names: frozenset[str]) -> Any:
    def decide(name: str, params: Config) -> Any:
        """Ask the host about its own queries; None leaves the others to our policy."""
        return factory(name, params) if name in names else None

    return decide


def _host_form(value: Any) -> Config:
    """Return the definitions that are dictionaries, by name."""
    if not isinstance(value, Mapping):
        return {}
    loaded = {name: load(one, name) for name, one in value.items()}
    return {name: one for name, one in loaded.items() if isinstance(one, Mapping)}


def _own_form(value: Any) -> list[Any]:
    """Return the definitions that are not: objects of this package's."""
    items = value.values() if isinstance(value, Mapping) else value or ()
    return [one for one in items if not isinstance(one, Mapping | str)]


def _is_foreign(name: str, value: Any) -> bool:
    """Return whether a setting is another package's; one that is like ours is a mistake."""
    if name in FORMS or name == FACTORY:
        return True
    ours = {*RENAMED, *(one.name for one in setting_help())}
    if name in ours:
        return False
    if hasattr(import_module("invenio_stats.config"), name):
        return True
    near = find_near(name, ours)
    if near is None:
        _log.info("%s is no setting of this package and is left to others", name)
    return near is None


def _defaults(config: Mapping[str, Any], own: Mapping[str, Any]) -> Config:
    """Return what the instance says elsewhere and this package needs."""
    search, broker = _search_address(config), next(filter(None, map(config.get, _BROKERS)), None)
    found = {
        PREFIX: f"{config.get('SEARCH_INDEX_PREFIX') or ''}{OWN_PREFIX}",
        "STATS_ELASTICSEARCH_URL": search,
        "STATS_BROKER_URL": broker,
        "STATS_SITE_URL": config.get("SITE_UI_URL"),
    }
    if find_spec(RDM) is not None:
        found |= _rdm_defaults()
    return {name: value for name, value in found.items() if value and name not in own}


def _rdm_defaults() -> Config:
    from stats.hosts.invenio.rdm.describing import describe  # noqa: PLC0415 - optional
    from stats.hosts.invenio.rdm.metadata import DIMENSIONS  # noqa: PLC0415 - optional
    from stats.hosts.invenio.rdm.visibility import visible  # noqa: PLC0415 - optional

    builders = {name: [describe] for name in ("record-view", "file-download")}
    return {
        "STATS_EVENT_BUILDERS": builders,
        "STATS_RESOURCE_VISIBILITY": visible,
        "STATS_DIMENSIONS": list(DIMENSIONS),
    }


def _search_address(config: Mapping[str, Any]) -> str | None:
    """Return the address of the instance's own search engine, with its user and password."""
    hosts: Any = config.get("SEARCH_HOSTS") or [None]
    first: Any = hosts[0] if isinstance(hosts, list | tuple) else hosts
    if isinstance(first, str):
        return first if "://" in first else f"http://{first}"
    if not isinstance(first, Mapping):
        return None
    options = {**(config.get("SEARCH_CLIENT_CONFIG") or {}), **first}
    scheme = "https" if options.get("use_ssl") else str(options.get("scheme", "http"))
    secret = options.get("http_auth") or ()
    user = secret if isinstance(secret, str) else ":".join(map(str, secret))
    return f"{scheme}://{user + '@' if user else ''}{first.get('host')}:{first.get('port', 9200)}"


def _check_prefix(config: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    theirs = config.get("SEARCH_INDEX_PREFIX") or ""
    if own.get(PREFIX, Settings().index_prefix) == theirs:
        raise ConfigError(
            f"{PREFIX} is {theirs!r}, which invenio-stats uses for indices and queues of its own:"
            f" leave it out, or take another such as {theirs + OWN_PREFIX!r}"
        )
