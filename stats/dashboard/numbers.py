"""The numbers of the pages, each from a named query, the daily documents or the stores.

Shells around pure readers; what the caller may not see is refused by the query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from stats.dashboard.window import Window
from stats.events.types import SITE
from stats.ext import StatsState
from stats.kinds.catalogue import USER
from stats.kinds.types import Kinds
from stats.stores.dsl import Q
from stats.views.access import ask

Numbers = dict[str, int]
_SHOWN = 10
_DONE = {"views": "viewed", "downloads": "downloaded"}


def read_totals(state: StatsState, resource: str, window: Window) -> Numbers:
    """Return views, downloads, the unique ones and the bytes of a resource in a window."""
    sums = dict.fromkeys(("views", "unique_views", "downloads", "unique_downloads", "volume"), 0)
    for name, event_type in state.event_types.items():
        if event_type.counts_as is None:
            continue
        total = ask(f"{name}-total", {"resource": resource, **window.params})["total"]
        sums[event_type.counts_as] += total["count"]
        sums[f"unique_{event_type.counts_as}"] += total["unique_count"]
        if event_type.counts_as == "downloads":
            sums["volume"] += total["volume"]
    return sums


def read_first_day(state: StatsState, resource: str, today: date) -> date:
    """Return the first day that has numbers of a resource; today when none has."""
    first = {"min": {"field": "timestamp", "format": "yyyy-MM-dd"}}
    body = {"size": 0, "query": Q("term", resource=resource).to_dict(), "aggs": {"first": first}}
    found = state.stores.search.search(_families(state), body).get("aggregations", {})
    day = found.get("first", {}).get("value_as_string")
    return date.fromisoformat(day) if day else today


def _families(state: StatsState) -> str:
    return ",".join(state.stores.search.daily(a.family) for a in state.aggregations)


def list_rankings(kinds: Kinds) -> list[tuple[str, str, str]]:
    """Return title, kind and metric of the rankings of the site's page."""
    return [
        (f"Most {_DONE[metric]} {kinds.label(kind.name).lower()}", kind.name, metric)
        for kind in kinds
        for metric in kind.site_rankings
    ]


def read_rankings(
    kinds: Kinds, window: Window, *, within: str | None = None
) -> list[dict[str, Any]]:
    """Return the top lists of a window, inside ``within`` or the whole site."""
    rankings = []
    for title, kind, metric in list_rankings(kinds):
        params = {"kind": kind, "metric": metric, "size": _SHOWN, **window.params}
        if within:
            params["within"] = within
        rows = [row for row in ask("top", params)["buckets"] if row["value"]]
        rankings.append({"title": title, "metric": metric, "params": params, "rows": rows})
    return rankings


def read_uploaders(resource: str, window: Window) -> list[dict[str, Any]]:
    """Return who added most records to a resource in a window."""
    params = {"resource": resource, "breakdown": "user", "size": _SHOWN, **window.params}
    buckets = ask("record-created-by", params)["buckets"]
    return [{"ref": f"{USER.name}:{row['key']}", **row} for row in buckets if row["key"]]


def read_excluded(state: StatsState, window: Window) -> dict[str, int]:
    """Return how many events of the site do not count, by reason, most first."""
    query = Q("term", resource=SITE) & Q(
        "range", timestamp={"gte": window.first.isoformat(), "lte": window.last.isoformat()}
    )
    body = {"query": query.to_dict(), "_source": ["excluded"]}
    pages = state.stores.search.pages(_families(state), body)
    return sum_reasons(hit["_source"].get("excluded", {}) for hits in pages for hit in hits)


def sum_reasons(documents: Iterable[dict[str, int]]) -> dict[str, int]:
    """Add the reasons of daily documents up."""
    sums: Counter[str] = Counter()
    for reasons in documents:
        sums.update(reasons)
    return dict(sums.most_common())
