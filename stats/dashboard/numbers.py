"""The numbers of the pages, each from a named query, the daily documents or the stores.

Shells around pure readers; what the caller may not see is refused by the query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stats.dashboard.window import Window
from stats.events.types import ACCESS_METHOD, EventType
from stats.ext import StatsState
from stats.kinds.catalogue import USER
from stats.kinds.types import Kinds
from stats.queries.filters import build_search
from stats.queries.windows import Window as Days
from stats.stores.dsl import Q
from stats.views.access import ask

_SHOWN = 10
MACHINE = "machine"
METHOD_PATH = f"breakdown.{ACCESS_METHOD.name}"


@dataclass
class Usage:
    """What a resource's daily documents of a window add up to.

    ``totals`` has views, downloads, their sessions (``unique_``) and the bytes downloaded,
    ``machine`` how many views and downloads machines made, ``excluded`` events by reason.
    """

    totals: Counter[str] = field(default_factory=Counter)
    machine: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def excluded_share(self) -> float:
        """Return which part of all views and downloads, excluded ones too, was excluded."""
        return self.excluded.total() / self.all_events if self.all_events else 0

    @property
    def all_events(self) -> int:
        """Return how many views and downloads there were, excluded ones too."""
        return self.totals["views"] + self.totals["downloads"] + self.excluded.total()


def read_usage(state: StatsState, resource: str, window: Window) -> Usage:
    """Return the usage of a resource in a window, from one look at its daily documents."""
    params = {"resource": resource, "source": "all"}
    search = build_search(params, Days(window.first, window.last))
    fields = ["event", "count", "unique_count", "volume", "excluded", METHOD_PATH]
    body = {"query": search.to_dict()["query"], "_source": fields}
    pages = state.stores.search.pages(_families(state), body)
    return sum_usage((hit["_source"] for hits in pages for hit in hits), state.event_types)


def sum_usage(documents: Iterable[Mapping[str, Any]], types: Mapping[str, EventType]) -> Usage:
    """Add daily documents up, each to what its type counts as, if it counts as anything."""
    usage = Usage()
    for document in documents:
        usage.excluded.update(document.get("excluded") or {})
        counts_as = types[document["event"]].counts_as
        if counts_as is None:
            continue
        usage.totals[counts_as] += document["count"]
        usage.totals[f"unique_{counts_as}"] += document["unique_count"]
        if counts_as == "downloads":
            usage.totals["volume"] += document["volume"]
        methods = (document.get("breakdown") or {}).get(ACCESS_METHOD.name, ())
        usage.machine[counts_as] += sum(row[1] for row in methods if row[0] == MACHINE)
    return usage


def read_first_day(state: StatsState, resource: str, today: date) -> date:
    """Return the first day that has numbers of a resource; today when none has."""
    first = {"min": {"field": "timestamp", "format": "yyyy-MM-dd"}}
    body = {"size": 0, "query": Q("term", resource=resource).to_dict(), "aggs": {"first": first}}
    found = state.stores.search.search(_families(state), body).get("aggregations", {})
    day = found.get("first", {}).get("value_as_string")
    return date.fromisoformat(day) if day else today


def _families(state: StatsState) -> str:
    return ",".join(state.stores.search.daily(a.family) for a in state.aggregations)


def read_rankings(
    kinds: Kinds, window: Window, *, within: str | None = None
) -> list[dict[str, Any]]:
    """Return the top lists of a window, inside ``within`` or the whole site."""
    rankings = []
    for kind, metric in kinds.site_rankings():
        params = {"kind": kind, "metric": metric} | ({"within": within} if within else {})
        found = ask("top", {**params, **window.params, "size": _SHOWN})["buckets"]
        rows = [row for row in found if row["value"]]
        rankings.append({"kind": kind, "metric": metric, "params": params, "rows": rows})
    return rankings


def read_uploaders(resource: str, window: Window) -> list[dict[str, Any]]:
    """Return who added most records to a resource in a window."""
    params = {"resource": resource, "breakdown": "user", "size": _SHOWN, **window.params}
    buckets = ask("record-created-by", params)["buckets"]
    return [{"ref": f"{USER.name}:{row['key']}", **row} for row in buckets if row["key"]]
