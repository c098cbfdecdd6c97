"""Whose indices and templates those are that stand where ours belong. Pure.

A cluster that is shared with a host may hold indices of the same names: those of invenio-stats
differ from ours in the prefix alone. Comes in: what the server says of mappings and
templates. Goes out: nothing, or a :class:`ConfigError` that names what stands there and what to
do. Invariant: nothing is written to, read from or deleted in an index that is not ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stats.errors import ConfigError
from stats.templates import HASH, PROGRAM

FIELDS = (
    "*.mappings._meta",
    "*.mappings.properties.indexed_at.type",
    "*.mappings.properties.counted_at.type",
    "*.mappings.properties.partition.type",
    "*.mappings.properties.timestamp.type",  # so that one of others is not left out
)
"""What tells an index of ours; those made before ``_meta`` have one of three fields."""

TEMPLATE_FIELDS = tuple(
    f"index_templates.{field}"
    for field in (
        "name",
        "index_template._meta",
        "index_template.index_patterns",
        "index_template.priority",
    )
)
"""What tells whose a template is, and whether it goes before another."""

_OURS_BEFORE = frozenset({"indexed_at", "counted_at", "partition"})
_MONTHLY = re.compile(r"(.+)-\d{4}-\d{2}")
_ADVICE = "set STATS_INDEX_PREFIX to a prefix that nobody else uses"

Body = Mapping[str, Any]


def check_indices(
    found: Body, names: Collection[str], *, aliases: Mapping[str, Collection[str]]
) -> None:
    """Raise unless each index under a name of ours was made by us.

    ``found`` is what ``_mapping`` answers, with :data:`FIELDS` of each index; ``names`` are our
    aliases, and ``aliases`` what each index is also called.
    """
    for index, body in found.items():
        called = {index, *aliases.get(index, ())}
        if named := _MONTHLY.fullmatch(index):
            called.add(named[1])
        if called & set(names) and not _is_ours(body.get("mappings", {})):
            raise ConfigError(
                f"the index {index} was made by another program, invenio-stats perhaps: {_ADVICE}"
            )


def check_templates(found: Iterable[Body], ours: Mapping[str, Body]) -> None:
    """Raise unless each template under a name of ours is ours, and none goes before ours.

    ``found`` are the index templates of the cluster, with :data:`TEMPLATE_FIELDS` of each.
    """
    for one in found:
        name, body = one["name"], one["index_template"]
        if name not in ours:
            _check_priority(name, body, ours)
        elif HASH not in body.get("_meta", {}):
            raise ConfigError(f"the index template {name} was made by another program: {_ADVICE}")


def _check_priority(name: str, body: Body, ours: Mapping[str, Body]) -> None:
    for alias, template in ours.items():
        matches = any(fnmatchcase(f"{alias}-2000-01", p) for p in body["index_patterns"])
        if matches and int(body.get("priority", 0)) >= template["priority"]:
            raise ConfigError(
                f"the index template {name} goes before ours for {alias}-*: give it a priority"
                f" below {template['priority']}, or {_ADVICE}"
            )


def _is_ours(mappings: Body) -> bool:
    if PROGRAM in mappings.get("_meta", {}):
        return True
    return bool(_OURS_BEFORE & mappings.get("properties", {}).keys())
