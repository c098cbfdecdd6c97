"""Every setting: its name, its default, and what it is for.

A field of :class:`Settings` is the setting ``STATS_<FIELD>``; where its value comes from is
in :mod:`stats.setting_sources`, and how it is read in :mod:`stats.setting_values`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from stats.errors import ConfigError
from stats.limits import Limits
from stats.search_address import parse_search_address
from stats.setting_values import (
    read_action_name,
    read_flag,
    read_function,
    read_identifier,
    read_key,
    read_list,
    read_mapping,
    read_masked,
    read_namespace,
    read_networks,
    read_object,
    read_origins,
    read_path,
    read_positive,
    read_rate,
    read_rate_storage,
    read_registry_record,
    read_search_address,
    read_text,
    read_whole,
    read_words,
)

PREFIX = "STATS_"

HELP = "help"
READ = "read"
"""Where a field of :class:`Settings` has its line of help, and the reader of its value."""


def _setting(
    default: Any, help_text: str, read: Callable[[Any], Any], *, secret: bool = False
) -> Any:
    """Return a setting; a ``secret`` one, or one that may hold a password, is never printed."""
    metadata = {HELP: help_text, READ: read}
    return field(default_factory=lambda: default, metadata=metadata, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """The settings of one installation, each checked and of its type."""

    elasticsearch_url: str = _setting(
        "http://127.0.0.1:9200",
        "Address of Elasticsearch 8 or 9, or of OpenSearch 2 or 3: see docs/engines.md.",
        read_search_address,
        secret=True,
    )
    elasticsearch_api_key: str = _setting(
        "",
        "API key of Elasticsearch, in place of a user in its address.",
        read_text,
        secret=True,
    )
    mongo_url: str = _setting(
        "mongodb://127.0.0.1:27017/stats",
        "Address of MongoDB, with the database.",
        read_text,
        secret=True,
    )
    broker_url: str = _setting(
        "amqp://guest:guest@127.0.0.1:5672//",
        "Address of the AMQP broker.",
        read_text,
        secret=True,
    )
    index_prefix: str = _setting(
        "", "Begins the name of every index, alias, template and queue.", read_text
    )
    request_timeout: float = _setting(
        30.0, "Seconds that a request to Elasticsearch may take.", read_positive
    )
    connect_timeout: float = _setting(
        5.0, "Seconds that MongoDB or the broker may take to answer.", read_positive
    )
    emit_timeout: float = _setting(
        1.0, "Seconds that a host waits for the broker or MongoDB before it goes on.", read_positive
    )
    emit_spool_file: Path | None = _setting(
        None, "File that keeps what a host could not publish; none: it is lost.", read_path
    )
    emit_spool_bytes: int = _setting(1_000_000_000, "Most bytes of the spool.", read_whole)
    event_builders: dict[str, Any] = _setting(
        {},
        "By event type: functions that complete or drop events of Invenio's signals.",
        read_mapping,
    )
    events: Any = _setting((), "Event types of the host: a list of EventType.", read_object)
    dimensions: Any = _setting(
        (), "Dimensions of the host that events divide by: a list of Dimension.", read_object
    )
    event_steps: Any = _setting(
        (), "Steps of the host behind ours: functions of raw document and event.", read_object
    )
    kinds: list[Any] = _setting(
        [], "Kinds of resources of the host: a list of Kind, or of its fields.", read_list
    )
    aggregations: Any = _setting(
        (),
        "Aggregations that replace those of their event type: a list of Aggregation.",
        read_object,
    )
    queries: Any = _setting((), "Named queries of the host: a list of Query.", read_object)
    permission_factory: Any = _setting(
        None,
        "Decides each query: a function of the query's name and parameters that returns True or"
        " False, a permission with can() as Invenio's, or None to leave it to the defaults.",
        read_function,
    )
    identity: Any = _setting(
        None,
        "Says who sends the current request: a function that returns a stats.permissions.Identity,"
        " or None to ask the next source (Flask-Login, then tokens).",
        read_function,
    )
    replace_invenio_stats: bool = _setting(
        True, "Stand in for invenio-stats where an Invenio application has it.", read_flag
    )
    invenio_pages: bool = _setting(
        True, "Add statistics to InvenioRDM's pages: records, communities, dashboards.", read_flag
    )
    layouts: dict[str, Any] = _setting(
        {},
        "By place (dashboard, invenio-rdm), then by kind or kind:id: the elements of its pages, in"
        " order, with their widths: see docs/layouts.md.",
        read_mapping,
    )
    resource_visibility: Any = _setting(
        None,
        "Says whose statistics may be seen: a function of a list of refs and the Identity that"
        " returns those that are visible; asked in batches.",
        read_function,
    )
    public_reports: bool = _setting(
        False,
        "Everybody may see the dashboard, and plain reports of what everybody may see.",
        read_flag,
    )
    minimum_count: int = _setting(
        5,
        "Fewest events of a region, city or map tile that the public sees alone; fewer are merged.",
        read_whole,
    )
    widget_origins: tuple[str, ...] = _setting(
        ("*",),
        "Origins whose pages may show frames and read public statistics; * is every page.",
        read_origins,
    )
    embed_key: str = _setting(
        "",
        "Signs embed tokens, at least 32 characters; one is made and kept in MongoDB if not set.",
        read_key,
        secret=True,
    )
    country_database: Path | None = _setting(
        None,
        "A MaxMind database (City or Country); that of stats[countries] if not set.",
        read_path,
    )
    robots_ignore_case: bool = _setting(
        True,
        "Match robot and machine patterns whatever the case, as COUNTER advises.",
        read_flag,
    )
    internal_networks: tuple[str, ...] = _setting(
        (), "Networks (CIDR) whose events are kept and not counted.", read_words
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "Networks (CIDR) of proxies whose forwarded-for is believed, in logs that are imported and,"
        " with the scheme, host and prefix, in requests to the service: see docs/deployment.md.",
        read_networks,
    )
    exclude_owners: bool = _setting(
        False, "Do not count what owners do with their own resources.", read_flag
    )
    user_statistics: bool = _setting(True, "Keep views and downloads per user.", read_flag)
    private_days: int = _setting(30, "Days that private fields of raw events are kept.", read_whole)
    retention: dict[str, Any] = _setting(
        {"events": "24 months", "daily": "60 months"},
        "How long raw events and daily documents are kept.",
        read_mapping,
    )
    batch_events: int = _setting(2_000, "Events written to Elasticsearch at a time.", read_whole)
    aggregate_slice_events: int = _setting(
        200_000, "Events that the aggregation holds in memory at a time.", read_whole
    )
    bulk_visible_seconds: float = _setting(
        60.0,
        "Seconds that a bulk request may need to become visible, with the clocks' skew;"
        " more than STATS_REQUEST_TIMEOUT.",
        read_positive,
    )
    day_lease_seconds: float = _setting(
        30.0, "Seconds until a day that a dead worker held is counted by another.", read_positive
    )
    process_interval_seconds: float = _setting(
        10.0, "Seconds between two drains of the queues.", read_positive
    )
    aggregate_interval_seconds: float = _setting(
        60.0, "Seconds between two aggregations.", read_positive
    )
    retention_interval_seconds: float = _setting(
        3600.0,
        "Seconds between two runs of retention, which destroys salts as well.",
        read_positive,
    )
    report_kinds: tuple[str, ...] = _setting(
        (),
        "Kinds that the combined metrics report holds; those that say so if not set.",
        read_words,
    )
    counter_item_kinds: tuple[str, ...] = _setting(
        (), "Kinds that are items in COUNTER reports; those that say so if not set.", read_words
    )
    counter_dataset_kinds: tuple[str, ...] = _setting(
        (),
        "Kinds that are datasets in the dataset report; those that say so if not set.",
        read_words,
    )
    counter_data_types: dict[str, Any] = _setting(
        {},
        "COUNTER's Data_Type by kind, over what kinds say; a description's own data_type wins.",
        read_mapping,
    )
    platform: str = _setting(
        "repository", "Id of the platform in COUNTER and DataCite reports.", read_namespace
    )
    platform_name: str = _setting("Repository", "Who COUNTER reports are created by.", read_text)
    publisher: str = _setting("Repository", "Publisher of items that name no other.", read_text)
    publisher_id: tuple[str, str] | None = _setting(
        None, "Id of the publisher, type:value; DataCite demands one.", read_identifier
    )
    registry_record: str = _setting(
        "",
        "Address of the platform in COUNTER's registry; empty: it has none.",
        read_registry_record,
    )
    scheduled_reports: list[Any] = _setting(
        [],
        'Reports written each month: a list of {"report": NAME, "format": FORMAT}.',
        read_list,
    )
    reports_target: str = _setting(
        "reports", "Folder or object-store address (s3://...) of scheduled reports.", read_text
    )
    datacite_url: str = _setting(
        "https://api.datacite.org", "Address that dataset reports are submitted to.", read_text
    )
    datacite_token: str = _setting(
        "",
        "JSON Web Token for DataCite; none: no submission.",
        read_text,
        secret=True,
    )
    openaire_url: str = _setting(
        "https://analytics.openaire.eu/piwik.php", "Matomo endpoint of OpenAIRE.", read_text
    )
    openaire_site: int | None = _setting(
        None, "Site id that OpenAIRE gave the repository; none: no export.", read_whole
    )
    openaire_token: str = _setting(
        "", "Token that OpenAIRE gave the repository.", read_text, secret=True
    )
    openaire_oai_prefix: str = _setting(
        "", "Begins the OAI-PMH identifiers of records: oai:<host of the repository>.", read_text
    )
    openaire_types: tuple[str, ...] = _setting(
        ("record-view", "file-download"), "Event types that OpenAIRE gets.", read_words
    )
    openaire_action_name: str = _setting(
        "resource",
        "Whose title a download is sent with: of the resource itself, or of its record.",
        read_action_name,
    )
    openaire_masked_bytes: int = _setting(
        2, "Bytes of IP addresses that are masked before they leave, 0 to 4.", read_masked
    )
    openaire_chunk_events: int = _setting(50, "Events in one request to OpenAIRE.", read_whole)
    openaire_chunk_bytes: int = _setting(61_440, "Bytes of one request to OpenAIRE.", read_whole)
    site_url: str = _setting(
        "", "Address of the repository's site: completes relative addresses of events.", read_text
    )
    limit_body_bytes: int = _setting(
        Limits.body_bytes,
        "Most bytes of a request body, as it comes and unpacked (413).",
        read_whole,
    )
    limit_body_objects: int = _setting(
        Limits.body_objects, "Most events or descriptions in one request (413).", read_whole
    )
    limit_address_bytes: int = _setting(
        Limits.address_bytes,
        "Most bytes of the path and query string of a request (414).",
        read_whole,
    )
    limit_queries: int = _setting(
        Limits.queries, "Most named queries in one POST /api/stats (422).", read_whole
    )
    limit_points: int = _setting(
        Limits.points, "Most buckets in the answers of one request, all together (422).", read_whole
    )
    limit_refs: int = _setting(
        Limits.refs, "Most resources in one request for totals (422).", read_whole
    )
    limit_rows: int = _setting(
        Limits.rows, "Most rows of a table (CSV, XLSX) of a named query (422).", read_whole
    )
    query_seconds: float = _setting(
        20.0,
        "Seconds that the searches of one request for statistics may take, all together (503).",
        read_positive,
    )
    rate_by_address: str = _setting(
        "12000/minute", "Requests of one address, such as 600/minute (429).", read_rate
    )
    rate_by_token: str = _setting(
        "60000/minute", "Requests with one token, such as 600/minute (429).", read_rate
    )
    rate_events: str = _setting(
        "2000000/hour", "Events that one caller publishes over HTTP (429).", read_rate
    )
    rate_refs: str = _setting(
        "200000/hour",
        "Resources, with their parents, that one caller's events name over HTTP (429).",
        read_rate,
    )
    rate_storage_url: str = _setting(
        "memory://",
        "Where requests are counted: memory://, of each process alone, or redis://host:port.",
        read_rate_storage,
        secret=True,
    )

    def __post_init__(self) -> None:
        """Check the settings that depend on each other."""
        if self.bulk_visible_seconds <= self.request_timeout:
            raise ConfigError("STATS_BULK_VISIBLE_SECONDS must be more than STATS_REQUEST_TIMEOUT")
        try:
            parse_search_address(self.elasticsearch_url, api_key=self.elasticsearch_api_key)
        except ValueError as error:
            raise ConfigError(f"STATS_ELASTICSEARCH_URL {error}") from error


class SettingHelp(NamedTuple):
    """A line of the settings reference (``docs/settings.md``)."""

    name: str
    default: Any
    help: str


def setting_help() -> list[SettingHelp]:
    """Return every setting with its default and what it is for, in the order of the class."""
    return [
        SettingHelp(PREFIX + f.name.upper(), getattr(Settings(), f.name), f.metadata[HELP])
        for f in fields(Settings)
    ]
