"""The first day that anything was counted of what a query asks about, of all time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from stats.kinds.catalogue import USER
from stats.queries.filters import daily_indices, selection_clauses
from stats.queries.types import Params, Query
from stats.refs import kind_of
from stats.stores.dsl import A, Search
from stats.stores.search_source import SearchSource
from stats.times import parse_day


def run_first_day(query: Query, params: Params, search: SearchSource) -> date | None:
    """Return that day (of a rolled-up month its first); None where nothing was counted."""
    params = _of_owner(params)
    families = [aggregation.family for aggregation in query.aggregations]
    body: Search = Search().extra(size=0, track_total_hits=False)
    body.aggs["ever"] = build_first_day(params, families=families)
    indices = daily_indices(search, families, within=params.get("within"))
    found = read_first_day(search.search(indices, body.to_dict()))
    return parse_day(found) if found else None


def _of_owner(params: Params) -> Params:
    """Return what asks of a person in place of what they own: nothing is inside of one."""
    within = params.get("within")
    if within is None or kind_of(within) != USER.name:
        return params
    return {"resource": within, "source": params["source"]}


def build_first_day(params: Params, *, families: list[str] | None = None) -> Any:
    """Return the aggregation ``ever``, which the window of its search does not bound."""
    within = families if families and "within" in params else ()
    selected = [clause.to_dict() for clause in selection_clauses(params, families=within)]
    first = A("min", field="timestamp", format="yyyy-MM-dd")
    ever = A("filter", bool={"filter": selected}, aggs={"first": first})
    return A("global", aggs={"selected": ever})


def read_first_day(response: Mapping[str, Any]) -> str | None:
    """Return the day of the aggregation ``ever``, ``YYYY-MM-DD``."""
    ever = response.get("aggregations", {}).get("ever")
    found: str | None = ever and ever["selected"]["first"].get("value_as_string")
    return found
