"""The numbers that InvenioRDM's index has of a record: the last ones it was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.errors import StatsError
from stats.hosts.invenio.rdm.index import run_records
from stats.refs import split_ref

_PLACES = {"record": ("id", "this_version"), "concept": ("parent.id", "all_versions")}


def read_last_known(ref: str, metrics: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the fields ``metrics`` of a record or concept; None when the index knows none."""
    kind, name = split_ref(ref)
    if kind not in _PLACES:
        return None
    field, part = _PLACES[kind]
    try:
        found = [source for _, source in run_records(field, [name], [f"stats.{part}"])]
    except StatsError:
        return None
    known: list[dict[str, Any]] = [source.get("stats", {}).get(part, {}) for source in found]
    best: dict[str, Any] = max(known, key=lambda numbers: sum(numbers.values()), default={})
    return {name: best[name] for name in metrics} if metrics.keys() <= best.keys() else None
