"""The exports of one installation, made of its settings."""

from __future__ import annotations

from stats.config import Settings
from stats.errors import ConfigError
from stats.events.types import EventType
from stats.exports.datacite import NAME as DATACITE
from stats.exports.datacite import Service
from stats.exports.http import Caller
from stats.exports.matomo import Tracker
from stats.exports.openaire import NAME as OPENAIRE
from stats.exports.openaire import Export
from stats.stores.connections import Stores

DATACITE_WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)


def build_openaire(settings: Settings, stores: Stores, event_types: dict[str, EventType]) -> Export:
    """Return the export to OpenAIRE; raise ``ConfigError`` where a setting of it is missing."""
    for name in settings.openaire_types:
        if name not in event_types:
            raise ConfigError(f"STATS_OPENAIRE_TYPES: there is no event type {name}")
    downloads = {
        name for name in settings.openaire_types if event_types[name].counts_as == "downloads"
    }
    return Export(
        stores.search,
        stores.exports,
        _tracker(settings, frozenset(downloads)),
        settings.openaire_types,
        Caller(OPENAIRE),
    )


def build_datacite(settings: Settings, stores: Stores) -> Service:
    """Return DataCite's reports service."""
    caller = Caller(DATACITE, waits=DATACITE_WAITS)
    return Service(settings.datacite_url, settings.datacite_token, caller, stores.exports)


def _tracker(settings: Settings, downloads: frozenset[str]) -> Tracker:
    if settings.openaire_site is None:
        raise ConfigError("STATS_OPENAIRE_SITE is not set: OpenAIRE gives one to a repository")
    if not settings.openaire_oai_prefix.startswith("oai:"):
        raise ConfigError("STATS_OPENAIRE_OAI_PREFIX must be of the form oai:<host>")
    return Tracker(
        settings.openaire_url,
        settings.openaire_site,
        settings.openaire_token,
        settings.openaire_oai_prefix.rstrip(":"),
        settings.counter_item_kinds,
        downloads,
        settings.site_url,
        settings.openaire_masked_bytes,
        settings.openaire_chunk_events,
        settings.openaire_chunk_bytes,
    )
