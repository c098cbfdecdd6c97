"""The one place where settings, definitions and stores become the parts that do the work.

Comes in: an installation's settings, definitions and stores. Goes out: jobs,
policy, reports and exports, each with all that it needs as arguments; nothing
below this module reads a setting. Nothing here talks to an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import sleep

from limits.errors import ConfigurationError

from stats.aggregations.job import AggregationJob
from stats.config import Settings
from stats.definitions import Definitions
from stats.errors import ConfigError
from stats.events.agents import agent_reader, name_lists
from stats.events.enrichment import Enrichment, internal_networks
from stats.events.geo import GeoReader
from stats.events.process import Processing
from stats.events.resource_metadata import Descriptions
from stats.events.types import EventType
from stats.exports.datacite import NAME as DATACITE
from stats.exports.datacite import Service
from stats.exports.http import Caller
from stats.exports.matomo import Tracker
from stats.exports.openaire import NAME as OPENAIRE
from stats.exports.openaire import Export
from stats.kinds.types import Kinds
from stats.layouts.layout import Known, Layouts, build_layouts
from stats.limits import Limits, Rates, parse_rate
from stats.permissions import Policy
from stats.reports.items import Platform
from stats.reports.registry import Reporter
from stats.reports.sources import Sources
from stats.retention.job import RetentionJob
from stats.retention.periods import parse_terms
from stats.stores.connections import Addresses, Stores

DATACITE_WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)


def check_settings(settings: Settings) -> None:
    """Raise ``ConfigError`` for a setting that only its user can read in full."""
    parse_terms(settings.retention, settings.private_days)
    internal_networks(settings.internal_networks)
    for step in settings.event_steps:
        if not callable(step):
            raise ConfigError(f"STATS_EVENT_STEPS: {step!r} is no function")


def build_stores(settings: Settings, definitions: Definitions) -> Stores:
    """Return the stores of an installation; none is opened yet."""
    addresses = Addresses(
        elasticsearch=settings.elasticsearch_url,
        elasticsearch_api_key=settings.elasticsearch_api_key,
        mongo=settings.mongo_url,
        broker=settings.broker_url,
        prefix=settings.index_prefix,
        request_timeout=settings.request_timeout,
        connect_timeout=settings.connect_timeout,
    )
    keywords = [one.field for one in definitions.dimensions.values() if one.source]
    return Stores(addresses, definitions.event_types, keywords=keywords)


def build_enrichment(settings: Settings, stores: Stores, definitions: Definitions) -> Enrichment:
    """Return how events become raw documents."""
    return Enrichment(
        salt_of=stores.salts.salt_of,
        kinds=definitions.kinds,
        find_place=GeoReader(settings.country_database).find,
        read_agent=agent_reader(ignore_case=settings.robots_ignore_case),
        is_internal=internal_networks(settings.internal_networks),
        exclude_owners=settings.exclude_owners,
        robots_list=name_lists(ignore_case=settings.robots_ignore_case),
        dimensions=tuple(one for one in definitions.dimensions.values() if one.source),
        steps=tuple(settings.event_steps),
    )


def build_processing(
    settings: Settings,
    stores: Stores,
    types: Mapping[str, EventType],
    *,
    enrichment: Enrichment,
) -> Processing:
    """Return what the processing of the queues works on."""
    return Processing(
        queues=stores.queues,
        search=stores.search,
        dead_letters=stores.dead_letters,
        erasures=stores.erasures,
        resources=stores.resources,
        descriptions=Descriptions(),
        types=types,
        enrichment=enrichment,
        pruned_until=stores.bookmarks.pruned_until,
        refused_days=stores.counted_days.refused_days,
        withdrawn=stores.imports.withdrawn,
        merges=stores.merges.read,
        workers=stores.workers,
        recorder=stores.recorder,
        clock=stores.clock,
        limit=settings.batch_events,
    )


def build_aggregation_job(
    settings: Settings,
    stores: Stores,
    definitions: Definitions,
    *,
    on_changed: Callable[[set[str]], None],
) -> AggregationJob:
    """Return what the aggregation works on."""
    return AggregationJob(
        search=stores.search,
        bookmarks=stores.bookmarks,
        day_claims=stores.day_claims,
        job_locks=stores.job_locks,
        months=stores.months,
        totals=stores.totals,
        retained_rows=stores.retained_rows,
        counted_days=stores.counted_days,
        dead_letters=stores.dead_letters,
        now=stores.clock,
        recorder=stores.recorder,
        aggregations=definitions.aggregations,
        kinds=definitions.kinds,
        slice_events=settings.aggregate_slice_events,
        overlap=timedelta(seconds=settings.bulk_visible_seconds),
        lease=timedelta(seconds=settings.day_lease_seconds),
        per_user=settings.user_statistics,
        on_changed=on_changed,
    )


def build_retention_job(
    settings: Settings,
    stores: Stores,
    aggregation: AggregationJob,
    *,
    report: Callable[[str], None] = lambda line: None,
    wait: Callable[[float], None] = sleep,
) -> RetentionJob:
    """Return what retention, erasure and re-flagging work on."""
    return RetentionJob(
        aggregation=aggregation,
        salts=stores.salts,
        erasures=stores.erasures,
        letters=stores.dead_letters,
        terms=parse_terms(settings.retention, settings.private_days),
        clock=stores.clock,
        wait=wait,
        report=report,
    )


def build_policy(settings: Settings, stores: Stores, definitions: Definitions) -> Policy:
    """Return who may see and do what."""
    return Policy(
        resources=stores.resources,
        kinds=definitions.kinds,
        dimensions=definitions.dimensions,
        host_visibility=settings.resource_visibility,
        factory=settings.permission_factory,
        public_reports=settings.public_reports,
        minimum_count=settings.minimum_count,
    )


def build_pages(settings: Settings, definitions: Definitions) -> Layouts:
    """Return what is on each page; raise ``ConfigError`` for a layout that is none."""
    known: Known = {
        "type": definitions.event_types,
        "by": definitions.dimensions,
        "dimension": definitions.content_divisions,
    }
    return build_layouts(settings.layouts, kinds=definitions.kinds, known=known)


def build_limits(settings: Settings) -> Limits:
    """Return what one request may hold or ask for."""
    return Limits(
        body_bytes=settings.limit_body_bytes,
        body_objects=settings.limit_body_objects,
        address_bytes=settings.limit_address_bytes,
        queries=settings.limit_queries,
        points=settings.limit_points,
        refs=settings.limit_refs,
        rows=settings.limit_rows,
    )


def build_rates(settings: Settings) -> Rates:
    """Return how often callers may ask; raise ``ConfigError`` where counters cannot be kept."""
    try:
        return Rates(
            by_address=parse_rate(settings.rate_by_address),
            by_token=parse_rate(settings.rate_by_token),
            events=parse_rate(settings.rate_events),
            refs=parse_rate(settings.rate_refs),
            storage_url=settings.rate_storage_url,
        )
    except (ConfigurationError, ValueError) as error:
        raise ConfigError(f"STATS_RATE_STORAGE_URL: {error}") from error


def build_platform(settings: Settings, kinds: Kinds) -> Platform:
    """Return what the reports of an installation say of it."""
    return Platform(
        id=settings.platform,
        name=settings.platform_name,
        publisher=settings.publisher,
        publisher_id=settings.publisher_id,
        item_kinds=kinds.named("counter_item"),
        dataset_kinds=kinds.named("counter_dataset"),
        data_types={kind.name: kind.data_type for kind in kinds if kind.data_type},
        site_url=settings.site_url,
        registry_record=settings.registry_record,
    )


def build_reporter(settings: Settings, stores: Stores, definitions: Definitions) -> Reporter:
    """Return what makes the reports of an installation."""
    sources = Sources(
        stores.search,
        stores.ranking,
        stores.resources,
        stores.bookmarks,
        definitions.event_types,
        definitions.kinds,
        definitions.dimensions,
    )
    return Reporter(sources, build_platform(settings, definitions.kinds))


def build_openaire(settings: Settings, stores: Stores, definitions: Definitions) -> Export:
    """Return the export to OpenAIRE; raise ``ConfigError`` where a setting of it is missing."""
    event_types = definitions.event_types
    for name in settings.openaire_types:
        if name not in event_types:
            raise ConfigError(f"STATS_OPENAIRE_TYPES: there is no event type {name}")
    downloads = {
        name for name in settings.openaire_types if event_types[name].counts_as == "downloads"
    }
    return Export(
        stores.search,
        stores.exports,
        _tracker(settings, frozenset(downloads), definitions.kinds),
        settings.openaire_types,
        Caller(OPENAIRE),
        stores.resources,
    )


def build_datacite(settings: Settings, stores: Stores) -> Service:
    """Return DataCite's reports service."""
    caller = Caller(DATACITE, waits=DATACITE_WAITS)
    return Service(settings.datacite_url, settings.datacite_token, caller, stores.exports)


def _tracker(settings: Settings, downloads: frozenset[str], kinds: Kinds) -> Tracker:
    if settings.openaire_site is None:
        raise ConfigError("STATS_OPENAIRE_SITE is not set: OpenAIRE gives one to a repository")
    if not settings.openaire_oai_prefix.startswith("oai:"):
        raise ConfigError("STATS_OPENAIRE_OAI_PREFIX must be of the form oai:<host>")
    return Tracker(
        settings.openaire_url,
        settings.openaire_site,
        settings.openaire_token,
        settings.openaire_oai_prefix.rstrip(":"),
        kinds.named("counter_item"),
        downloads,
        settings.site_url,
        settings.openaire_masked_bytes,
        settings.openaire_chunk_events,
        settings.openaire_chunk_bytes,
        settings.openaire_action_name == "record",
    )
