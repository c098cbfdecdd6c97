"""Elasticsearch index templates: one for each family of monthly indices.

Comes in: the names of the event types. Goes out: template name -> body. The
mappings are the JSON files beside this module; a type's template differs from
another's in its index pattern, its alias and its priority only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from importlib.resources import files
from types import MappingProxyType
from typing import Any

RAW = "events-stats"
DAILY = "stats"
HASH = "hash"
"""The key of a template's ``_meta`` that tells whether it has changed."""
PROGRAM = "stats"
"""The key of a mapping's ``_meta`` that tells an index of ours from others of the same name."""

_BASE_PRIORITY = 200


def raw_name(prefix: str, type_name: str) -> str:
    """Return the alias of a type's raw documents; an index adds ``-YYYY-MM``."""
    return f"{prefix}{RAW}-{type_name}"


def daily_name(prefix: str, family: str) -> str:
    """Return the alias of a family of daily documents; an index adds ``-YYYY-MM``."""
    return f"{prefix}{DAILY}-{family}"


def build_templates(
    prefix: str, type_names: Iterable[str], *, keywords: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return every index template of an installation, by name.

    ``keywords`` are fields of raw documents beside the package's own: a host's dimensions.
    """
    own = {name: {"type": "keyword"} for name in keywords}
    templates = {}
    for name in type_names:
        templates[raw_name(prefix, name)] = _template(raw_name(prefix, name), "raw", own)
        templates[daily_name(prefix, name)] = _template(daily_name(prefix, name), "daily")
    for family in ("usage", "users"):
        templates[daily_name(prefix, family)] = _template(daily_name(prefix, family), family)
    membership = daily_name(prefix, "membership")
    templates[membership] = _template(membership, "daily")
    return templates


def raw_fields() -> set[str]:
    """Return the fields of raw documents, those of an object behind its name and a full stop."""
    properties = _read("raw")["mappings"]["properties"]
    inner = {f"{name}.{one}" for name, p in properties.items() for one in p.get("properties", ())}
    return {*properties, *inner}


def _read(mapping: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        files(__name__).joinpath(f"{mapping}.json").read_text("utf-8")
    )
    return body


def _template(
    alias: str, mapping: str, keywords: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Build one template; the longer name wins, since ``file-*`` matches ``file-download-*``."""
    body = _read(mapping)
    body["mappings"]["properties"].update(keywords)
    body["mappings"]["_meta"] = {PROGRAM: mapping}
    template = {
        "index_patterns": [f"{alias}-*"],
        "priority": _BASE_PRIORITY + len(alias),
        "template": {**body, "aliases": {alias: {}}},
    }
    digest = blake2b(json.dumps(template, sort_keys=True).encode(), digest_size=16).hexdigest()
    return {**template, "_meta": {HASH: digest}}
