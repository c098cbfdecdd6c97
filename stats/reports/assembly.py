"""What reports read from, and what they say of the platform, of one installation's settings."""

from __future__ import annotations

from collections.abc import Mapping

from stats.config import Settings
from stats.events.types import EventType
from stats.reports.items import Platform
from stats.reports.registry import Reporter
from stats.reports.sources import Sources
from stats.stores.connections import Stores


def build_sources(stores: Stores, event_types: Mapping[str, EventType]) -> Sources:
    """Return where the reports of an installation read."""
    return Sources(stores.search, stores.ranking, stores.resources, stores.bookmarks, event_types)


def build_platform(settings: Settings) -> Platform:
    """Return what the reports of an installation say of it."""
    return Platform(
        id=settings.platform,
        name=settings.platform_name,
        publisher=settings.publisher,
        publisher_id=settings.publisher_id,
        item_kinds=settings.counter_item_kinds,
        dataset_kinds=settings.counter_dataset_kinds,
        data_types=settings.counter_data_types,
        site_url=settings.site_url,
    )


def build_reporter(
    settings: Settings, stores: Stores, event_types: Mapping[str, EventType]
) -> Reporter:
    """Return what makes the reports of an installation."""
    sources = build_sources(stores, event_types)
    return Reporter(sources, build_platform(settings), settings.report_kinds)
