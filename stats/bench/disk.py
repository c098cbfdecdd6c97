"""Bytes on disk of a raw event and of a daily document, in indices merged as quiet months are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stats.aggregations.types import USAGE_FAMILY, USERS_FAMILY
from stats.bench.figures import Figure, Target
from stats.bench.places import open_state
from stats.bench.stream import TYPES
from stats.engines.namespace import Namespace
from stats.stores.search import SearchStore


@dataclass(frozen=True)
class Disk:
    """Bytes of one event, and of one daily document of any family."""

    event: float
    document: float


def measure_disk(place: Namespace) -> Disk:
    """Merge the indices of a place and return what is in them."""
    search = open_state(place).stores.search
    daily = (*TYPES, USAGE_FAMILY, USERS_FAMILY)
    return Disk(
        _bytes_each(search, map(search.raw, TYPES)), _bytes_each(search, map(search.daily, daily))
    )


def _bytes_each(search: SearchStore, aliases: Iterable[str]) -> float:
    names, ask = ",".join(aliases), search.server.client.ask
    merging = {"max_num_segments": "1", "ignore_unavailable": "true"}
    ask("POST", f"/{names}/_forcemerge", params=merging, body=None, lines=False)
    ask("POST", f"/{names}/_flush", params={"ignore_unavailable": "true"}, body=None, lines=False)
    answer = ask("GET", f"/{names}/_stats/store,docs", params={}, body=None, lines=False)
    primaries = answer.body["_all"]["primaries"]
    return float(primaries["store"]["size_in_bytes"] / primaries["docs"]["count"])


def disk_figures(disk: Disk) -> list[Figure]:
    """Return a line of the table for each."""
    return [
        _figure("disk, an event", disk.event, 410),
        _figure("disk, a daily document", disk.document, 220),
    ]


def _figure(name: str, size: float, theirs: int) -> Figure:
    """Compare with the bytes that invenio-stats 7.0.2 took for the same stream."""
    baseline = f"invenio-stats {theirs} bytes"
    return Figure(name, f"{size:,.0f} bytes", baseline, size / theirs, Target("at most", 1))
