"""Asks a server whose indices stand where ours belong, before anything else is asked of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from stats.stores.index_ownership import FIELDS, check_indices
from stats.stores.search_servers.clients import ask_any_node
from stats.stores.search_servers.refusals import BUSY, build_error
from stats.stores.search_servers.server import Server
from stats.templates import daily_name, raw_name

_IF_THERE = {"ignore_unavailable": "true"}


def check_ours(server: Server, prefix: str, names: Collection[str]) -> None:
    """Raise :class:`ConfigError` when another program's index stands in our place.

    ``names`` are our aliases. They are asked for first: an index that is made between the two
    requests has a name of ours and a mapping.
    """
    patterns = f"{raw_name(prefix, '*')},{daily_name(prefix, '*')}"
    aliases = _ask(server, f"/{patterns}/_alias", {})
    mappings = _ask(server, f"/{patterns}/_mapping", {"filter_path": ",".join(FIELDS)})
    check_indices(mappings, names, aliases={i: one["aliases"] for i, one in aliases.items()})


def _ask(server: Server, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Return what is there; one that may not look at the host's indices sees none."""
    asked = ask_any_node(
        server.client, "GET", path, params={**params, **_IF_THERE}, body=None, lines=False
    )
    if asked.status in BUSY:
        raise build_error(server.name, asked.status, asked.body)
    found: dict[str, Any] = asked.body if asked.status < 300 else {}
    return found
