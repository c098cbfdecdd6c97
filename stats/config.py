"""Every setting: its name, its default, and what it is for.

A field of :class:`Settings` is the setting ``STATS_<FIELD>``. It comes from the
Flask configuration, from the Python file that ``STATS_CONFIG`` names, and last
from an environment variable of the same name. What always holds: an unknown
``STATS_*`` key, or a value of the wrong form, is a :class:`ConfigError` at
start-up that names it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from flask import Config

from stats.errors import ConfigError, InputError
from stats.permissions.embed import parse_origin
from stats.validation import find_near

PREFIX = "STATS_"

ENVIRONMENT_ONLY = frozenset(
    {"STATS_CONFIG", "STATS_EMBEDDED_ELASTICSEARCH", "STATS_REAL_LOG", "STATS_PROPERTY_EXAMPLES"}
)
"""Names that other parts read from the environment and that are no settings."""

_HELP = "help"
_READ = "read"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _flag(value: Any) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError("must be true or false")


def _number(value: Any) -> float:
    """Read a number; what is none is not a number (NaN), which no check lets pass."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _positive(value: Any) -> float:
    number = _number(value)
    if not 0 < number < math.inf:
        raise ValueError("must be a number above 0")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if not 1 <= number < math.inf or not number.is_integer():
        raise ValueError("must be a whole number above 0")
    return int(number)


def _words(value: Any) -> tuple[str, ...]:
    """Read a list of words, or their text with commas between."""
    if not isinstance(value, str | list | tuple | set | frozenset):
        raise ValueError("must be a list of words, or words with commas between")
    parts = value.split(",") if isinstance(value, str) else list(value)
    words = tuple(_text(part).strip() for part in parts)
    return tuple(word for word in words if word)


def _origins(value: Any) -> tuple[str, ...]:
    try:
        return tuple(text if text == "*" else parse_origin(text) for text in _words(value))
    except InputError as error:
        raise ValueError(error.message) from error


def _path(value: Any) -> Path | None:
    if value and not isinstance(value, str | Path):
        raise ValueError("must be the path of a file")
    return Path(value) if value else None


def _decoded(value: Any) -> Any:
    """Return what the text of an environment variable is as JSON; None when it is not."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def _mapping(value: Any) -> dict[str, Any]:
    """Read a dictionary, or the JSON text of one."""
    found = _decoded(value)
    if not isinstance(found, Mapping):
        raise ValueError("must be a dictionary, in the environment as JSON")
    return dict(found)


def _list(value: Any) -> list[Any]:
    """Read a list, or the JSON text of one."""
    found = _decoded(value)
    if not isinstance(found, list | tuple):
        raise ValueError("must be a list, in the environment as JSON")
    return list(found)


def _namespace(value: Any) -> str:
    """Read a platform id as COUNTER wants it: a namespace of identifiers."""
    text = _text(value)
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_./]{1,17}", text):
        raise ValueError("must be 2 to 18 letters, digits and _ . / with a letter first")
    return text


def _identifier(value: Any) -> tuple[str, str] | None:
    """Read ``type:value``, such as ``grid:266093.8``; empty is none."""
    kind, colon, name = _text(value).partition(":")
    if not value:
        return None
    if not colon or kind not in ("isni", "orcid", "grid", "urn", "client-id"):
        raise ValueError("must be isni, orcid, grid, urn or client-id, then : and the value")
    return kind, name


def _masked(value: Any) -> int:
    number = _number(value)
    if number not in range(5):
        raise ValueError("must be a whole number from 0 to 4")
    return int(number)


def _object(value: Any) -> Any:
    """Take a Python object as it is; the environment cannot hold one."""
    if isinstance(value, str):
        raise ValueError("must be a Python object, set in Flask's configuration or STATS_CONFIG")
    return value


def _function(value: Any) -> Callable[..., Any] | None:
    if value is not None and not callable(value):
        raise ValueError("must be a function, set in Flask's configuration or STATS_CONFIG")
    return value  # type: ignore[no-any-return]


def _setting(default: Any, help_text: str, read: Callable[[Any], Any]) -> Any:
    return field(default_factory=lambda: default, metadata={_HELP: help_text, _READ: read})


@dataclass(frozen=True)
class Settings:
    """The settings of one installation, each checked and of its type."""

    elasticsearch_url: str = _setting(
        "http://127.0.0.1:9200", "Address of Elasticsearch 8 or 9.", _text
    )
    mongo_url: str = _setting(
        "mongodb://127.0.0.1:27017/stats", "Address of MongoDB, with the database.", _text
    )
    broker_url: str = _setting(
        "amqp://guest:guest@127.0.0.1:5672//", "Address of the AMQP broker.", _text
    )
    index_prefix: str = _setting(
        "", "Begins the name of every index, alias, template and queue.", _text
    )
    request_timeout: float = _setting(
        30.0, "Seconds that a request to Elasticsearch may take.", _positive
    )
    connect_timeout: float = _setting(
        5.0, "Seconds that MongoDB or the broker may take to answer.", _positive
    )
    emit_timeout: float = _setting(
        1.0, "Seconds that a host waits for the broker or MongoDB before it goes on.", _positive
    )
    spool: Path | None = _setting(
        None, "File that keeps what a host could not publish; none: it is lost.", _path
    )
    spool_bytes: int = _setting(1_000_000_000, "Most bytes of the spool.", _whole)
    event_builders: dict[str, Any] = _setting(
        {}, "By event type: functions that complete or drop events of Invenio's signals.", _mapping
    )
    events: Any = _setting((), "Event types of the host: a list of EventType.", _object)
    aggregations: Any = _setting(
        (), "Aggregations that replace those of their event type: a list of Aggregation.", _object
    )
    queries: Any = _setting((), "Named queries of the host: a list of Query.", _object)
    permission_factory: Any = _setting(
        None, "Decides each query: a function of the query's name and parameters.", _function
    )
    identity: Any = _setting(
        None,
        "Says who sends the current request: a function that returns a stats.permissions.Identity,"
        " or None to ask the next source (Flask-Login, then tokens).",
        _function,
    )
    resource_visibility: Any = _setting(
        None,
        "Says whose statistics may be seen: a function of a list of refs and the Identity that"
        " returns those that are visible; asked in batches.",
        _function,
    )
    public_reports: bool = _setting(
        False,
        "Everybody may see the dashboard, and plain reports of what everybody may see.",
        _flag,
    )
    widget_origins: tuple[str, ...] = _setting(
        ("*",),
        "Origins whose pages may show frames and read public statistics; * is every page.",
        _origins,
    )
    embed_key: str = _setting(
        "", "Signs embed tokens; one is made and kept in MongoDB if not set.", _text
    )
    country_database: Path | None = _setting(
        None, "A MaxMind database (City or Country); the one in the package if not set.", _path
    )
    robots_ignore_case: bool = _setting(
        False, "Match robot and machine patterns whatever the case.", _flag
    )
    internal_networks: tuple[str, ...] = _setting(
        (), "Networks (CIDR) whose events are kept and not counted.", _words
    )
    exclude_owners: bool = _setting(
        False, "Do not count what owners do with their own resources.", _flag
    )
    user_statistics: bool = _setting(True, "Keep views and downloads per user.", _flag)
    private_days: int = _setting(30, "Days that private fields of raw events are kept.", _whole)
    retention: dict[str, Any] = _setting(
        {"events": "24 months", "daily": "60 months"},
        "How long raw events and daily documents are kept.",
        _mapping,
    )
    batch_events: int = _setting(2_000, "Events written to Elasticsearch at a time.", _whole)
    slice_events: int = _setting(
        200_000, "Events that the aggregation holds in memory at a time.", _whole
    )
    overlap: float = _setting(
        60.0,
        "Seconds that a bulk request may need to become visible, with the clocks' skew;"
        " more than STATS_REQUEST_TIMEOUT.",
        _positive,
    )
    lease: float = _setting(
        300.0, "Seconds until a day that a dead worker held is counted by another.", _positive
    )
    process_every: float = _setting(10.0, "Seconds between two drains of the queues.", _positive)
    aggregate_every: float = _setting(60.0, "Seconds between two aggregations.", _positive)
    retention_every: float = _setting(
        3600.0, "Seconds between two runs of retention, which destroys salts as well.", _positive
    )
    report_kinds: tuple[str, ...] = _setting(
        ("file", "dataset", "collection", "record", "community"),
        "Kinds that the combined metrics report holds.",
        _words,
    )
    counter_item_kinds: tuple[str, ...] = _setting(
        ("record", "dataset"), "Kinds that are items in COUNTER reports.", _words
    )
    counter_dataset_kinds: tuple[str, ...] = _setting(
        ("dataset",), "Kinds that are datasets in the dataset report.", _words
    )
    counter_data_types: dict[str, Any] = _setting(
        {"dataset": "Dataset"},
        "COUNTER's Data_Type of each item kind; a description's own data_type wins.",
        _mapping,
    )
    platform: str = _setting(
        "repository", "Id of the platform in COUNTER and DataCite reports.", _namespace
    )
    platform_name: str = _setting("Repository", "Who COUNTER reports are created by.", _text)
    publisher: str = _setting("Repository", "Publisher of items that name no other.", _text)
    publisher_id: tuple[str, str] | None = _setting(
        None, "Id of the publisher, type:value; DataCite demands one.", _identifier
    )
    scheduled_reports: list[Any] = _setting(
        [],
        'Reports written each month: a list of {"report": NAME, "format": FORMAT}.',
        _list,
    )
    reports_target: str = _setting(
        "reports", "Folder or object-store address (s3://...) of scheduled reports.", _text
    )
    datacite_url: str = _setting(
        "https://api.datacite.org", "Address that dataset reports are submitted to.", _text
    )
    datacite_token: str = _setting("", "JSON Web Token for DataCite; none: no submission.", _text)
    openaire_url: str = _setting(
        "https://analytics.openaire.eu/piwik.php", "Matomo endpoint of OpenAIRE.", _text
    )
    openaire_site: int | None = _setting(
        None, "Site id that OpenAIRE gave the repository; none: no export.", _whole
    )
    openaire_token: str = _setting("", "Token that OpenAIRE gave the repository.", _text)
    openaire_oai_prefix: str = _setting(
        "", "Begins the OAI-PMH identifiers of records: oai:<host of the repository>.", _text
    )
    openaire_types: tuple[str, ...] = _setting(
        ("record-view", "file-download"), "Event types that OpenAIRE gets.", _words
    )
    openaire_masked_bytes: int = _setting(
        2, "Bytes of IP addresses that are masked before they leave, 0 to 4.", _masked
    )
    openaire_chunk_events: int = _setting(50, "Events in one request to OpenAIRE.", _whole)
    openaire_chunk_bytes: int = _setting(61_440, "Bytes of one request to OpenAIRE.", _whole)
    site_url: str = _setting(
        "", "Address of the repository's site: completes relative addresses of events.", _text
    )

    def __post_init__(self) -> None:
        """Check the settings that depend on each other."""
        if self.overlap <= self.request_timeout:
            raise ConfigError("STATS_OVERLAP must be more than STATS_REQUEST_TIMEOUT")


def setting_help() -> dict[str, str]:
    """Return what each setting is for, by its name."""
    return {PREFIX + f.name.upper(): f.metadata[_HELP] for f in fields(Settings)}


def load_settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Return the settings of Flask's ``config``, ``STATS_CONFIG`` and ``environ``.

    Raises:
        ConfigError: a key is not known (the near one is suggested), or its
            value is of the wrong form.
    """
    given = _own(config) | _own(_from_file(environ.get("STATS_CONFIG"))) | _own(environ)
    for name in ENVIRONMENT_ONLY & environ.keys():
        given.pop(name, None)
    readers = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values = {}
    for name, value in given.items():
        if name not in readers:
            raise ConfigError(f"there is no setting {name}{_suggest(name, readers)}")
        try:
            values[readers[name].name] = readers[name].metadata[_READ](value)
        except ValueError as error:
            raise ConfigError(f"{name}: {error}{_example(readers[name])}") from error
    return Settings(**values)


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name.startswith(PREFIX)}


def _from_file(path: str | None) -> Mapping[str, Any]:
    if not path:
        return {}
    config = Config(Path.cwd())
    try:
        config.from_pyfile(path)
    except (OSError, SyntaxError) as error:
        raise ConfigError(f"STATS_CONFIG: {error}") from error
    return config


def _example(setting: Field[Any]) -> str:
    """Return how a setting that is written as JSON looks, where its default can show it."""
    default = setting.default_factory() if callable(setting.default_factory) else None
    written = isinstance(default, dict | list) and default
    return f", such as {json.dumps(default)}" if written else ""


def _suggest(name: str, known: Mapping[str, Any]) -> str:
    near = find_near(name, known)
    return f"; do you mean {near}?" if near else ""
