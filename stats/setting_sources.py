"""Where the values of settings come from.

From the Flask configuration, from the Python file that ``STATS_CONFIG`` names, and last from an
environment variable of the same name. An unknown ``STATS_*`` key, or a value of the wrong form,
is a :class:`ConfigError` at start-up that names it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from flask import Config

from stats.config import PREFIX, READ, Settings
from stats.errors import ConfigError
from stats.validation import find_near

ENVIRONMENT_ONLY = frozenset(
    {
        "STATS_CONFIG",
        "STATS_EMBEDDED_ELASTICSEARCH",
        "STATS_EMBEDDED_JAVA_HOME",
        "STATS_EMBEDDED_OPENSEARCH",
        "STATS_REAL_LOG",
        "STATS_PROPERTY_EXAMPLES",
    }
)
"""Names that other parts read from the environment and that are no settings."""

RENAMED = {
    "STATS_OVERLAP": "STATS_BULK_VISIBLE_SECONDS",
    "STATS_LEASE": "STATS_DAY_LEASE_SECONDS",
    "STATS_PROCESS_EVERY": "STATS_PROCESS_INTERVAL_SECONDS",
    "STATS_AGGREGATE_EVERY": "STATS_AGGREGATE_INTERVAL_SECONDS",
    "STATS_RETENTION_EVERY": "STATS_RETENTION_INTERVAL_SECONDS",
    "STATS_SPOOL": "STATS_EMIT_SPOOL_FILE",
    "STATS_SPOOL_BYTES": "STATS_EMIT_SPOOL_BYTES",
    "STATS_SLICE_EVENTS": "STATS_AGGREGATE_SLICE_EVENTS",
}
"""Names of before, still read, with a warning in the log; the new name wins."""

_LOG = logging.getLogger(__name__)


def load_settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Return the settings of Flask's ``config``, ``STATS_CONFIG`` and ``environ``.

    Raises:
        ConfigError: a key is not known (the near one is suggested), or its
            value is of the wrong form.
    """
    given = _own(config) | _own(_from_file(environ.get("STATS_CONFIG"))) | _own(environ)
    for name in ENVIRONMENT_ONLY & environ.keys():
        given.pop(name, None)
    given = _renamed(given)
    readers = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    values = {}
    for name, value in given.items():
        if name not in readers:
            raise ConfigError(f"there is no setting {name}{_suggest(name, readers)}")
        try:
            values[readers[name].name] = readers[name].metadata[READ](value)
        except ValueError as error:
            raise ConfigError(f"{name}: {error}{_example(readers[name])}") from error
    return Settings(**values)


def _own(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name.startswith(PREFIX)}


def _renamed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under the names of today."""
    old = {name: value for name, value in given.items() if name in RENAMED}
    for name in old:
        _LOG.warning("%s is called %s now; the old name still works", name, RENAMED[name])
    return {RENAMED[name]: value for name, value in old.items()} | {
        name: value for name, value in given.items() if name not in RENAMED
    }


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
