"""Elasticsearch index templates: one for each family of monthly indices.

Comes in: the names of the event types. Goes out: template name -> body. The
mappings are the JSON files beside this module; a type's template differs from
another's in its index pattern, its alias and its priority only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from importlib.resources import files
from typing import Any

RAW = "events-stats"
DAILY = "stats"
HASH = "hash"
"""The key of a template's ``_meta`` that tells whether it has changed."""

_BASE_PRIORITY = 200


def raw_name(prefix: str, type_name: str) -> str:
    """Return the alias of a type's raw documents; an index adds ``-YYYY-MM``."""
    return f"{prefix}{RAW}-{type_name}"


def daily_name(prefix: str, family: str) -> str:
    """Return the alias of a family of daily documents; an index adds ``-YYYY-MM``."""
    return f"{prefix}{DAILY}-{family}"


def build_templates(prefix: str, type_names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return every index template of an installation, by name."""
    templates = {}
    for name in type_names:
        templates[raw_name(prefix, name)] = _template(raw_name(prefix, name), "raw")
        templates[daily_name(prefix, name)] = _template(daily_name(prefix, name), "daily")
    for family in ("usage", "users"):
        templates[daily_name(prefix, family)] = _template(daily_name(prefix, family), family)
    return templates


def _template(alias: str, mapping: str) -> dict[str, Any]:
    """Build one template; the longer name wins, since ``file-*`` matches ``file-download-*``."""
    body = json.loads(files(__name__).joinpath(f"{mapping}.json").read_text("utf-8"))
    template = {
        "index_patterns": [f"{alias}-*"],
        "priority": _BASE_PRIORITY + len(alias),
        "template": {**body, "aliases": {alias: {}}},
    }
    digest = blake2b(json.dumps(template, sort_keys=True).encode(), digest_size=16).hexdigest()
    return {**template, "_meta": {HASH: digest}}
