"""Which daily documents a query is about.

Comes in: resolved parameters. Goes out: DSL filters. Invariant: a
document of a whole month (rolled up by retention) is taken when all its days
are in the window and left out otherwise, so that no day outside of the window
is ever counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from stats.aggregations.types import MEMBERSHIP_FAMILY
from stats.events.types import SITE
from stats.kinds.catalogue import APART
from stats.queries.types import Params
from stats.queries.windows import Window, first_whole_month, last_whole_month
from stats.stores.dsl import Q, Search
from stats.stores.search_source import SearchSource


def build_search(params: Params, window: Window, *, families: Sequence[str] = ()) -> Search:
    """Return a search over the documents that ``params`` select, asking for no hits."""
    search: Search = Search().extra(size=0, track_total_hits=False)
    for clause in selection_clauses(params, families=families) + days_clauses(window):
        search = search.filter(clause)
    return search


def daily_indices(
    search: SearchSource, families: Sequence[str], *, within: str | None = None
) -> str:
    """Return the aliases of ``families`` as Elasticsearch wants several names.

    What is asked ``within`` a container is in the parts of days, too.
    """
    parts = [MEMBERSHIP_FAMILY] if within not in (None, SITE) else []
    return ",".join(search.daily(family) for family in (*families, *parts))


def within_clause(within: str, families: Sequence[str]) -> Any:
    """Return the filter of what was in a container, event by event.

    The documents of what was in it all day, and the parts of those that came or left.
    """
    whole = Q(
        "bool",
        filter=[Q("term", parents=within)],
        must_not=[Q("term", partly=within), Q("exists", field="container")],
    )
    parts = Q("term", container=within) & Q("terms", event=list(families))
    return whole | parts


def selection_clauses(params: Params, *, families: Sequence[str] = ()) -> list[Any]:
    """Return the filter of what is asked about, whenever it happened.

    ``families`` are those that are searched for what was within a container.
    """
    within = None if params.get("within") == SITE else params.get("within")
    terms = {
        "resource": params.get("resource"),
        "kind": params.get("kind"),
        "parents": None if families else within,
        "source": None if params["source"] == "all" else params["source"],
    }
    clauses = [Q("term", **{name: value}) for name, value in terms.items() if value is not None]
    if within is not None and families:
        clauses.append(within_clause(within, families))
    if "kind" in params and params["kind"] is None:
        clauses.append(~Q("terms", kind=list(APART)))
    return clauses


def days_clauses(window: Window) -> list[Any]:
    """Return the filter of a window: days by their date, months when they are whole."""
    if window == Window():
        return []
    month_first = window.first and first_whole_month(window.first)
    month_last = window.last and last_whole_month(window.last)
    is_month = Q("term", interval="month")
    days = Q("bool", filter=[_between(window.first, window.last)], must_not=[is_month])
    return [days | Q("bool", filter=[is_month, _between(month_first, month_last)])]


def _between(first: date | None, last: date | None) -> Any:
    bounds = {"gte": first, "lte": last}
    days = {name: day.isoformat() for name, day in bounds.items() if day is not None}
    return Q("range", timestamp=days)
