"""Refs that were merged into others: whose numbers answer, and that an answer says so.

Pure. In come refs that are asked for; out go those that have the numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from stats.queries.parameters import RESOURCE
from stats.queries.types import Params, Query
from stats.stores.merges import Merges


def follow(ref: str, merges: Merges) -> str:
    """Return the ref that has the numbers of ``ref``."""
    return merges[ref].into if ref in merges else ref


def follow_params(query: Query, params: Params, merges: Merges) -> dict[str, Any]:
    """Return the parameters of a query with the refs that have the numbers."""
    return {**params, **{name: follow(ref, merges) for name, ref in _refs(query, params).items()}}


def list_merged_of(query: Query, params: Params, merges: Merges) -> list[dict[str, str | None]]:
    """Return what was merged into the refs of ``params``."""
    return list_merged(_refs(query, params).values(), merges)


def list_merged(refs: Collection[str], merges: Merges) -> list[dict[str, str | None]]:
    """Return what was merged into ``refs``: ``resource``, ``into`` and ``summed_before``.

    Sessions of both were added, not united, before the day ``summed_before``; null: nowhere.
    """
    return [
        {
            "resource": one.resource,
            "into": one.into,
            "summed_before": one.summed_before.isoformat() if one.summed_before else None,
        }
        for one in merges.values()
        if one.into in refs
    ]


def _refs(query: Query, params: Params) -> Mapping[str, str]:
    names = {RESOURCE.name, *(one.name for one in query.parameters if one.names_resource)}
    return {name: params[name] for name in names if params.get(name)}
