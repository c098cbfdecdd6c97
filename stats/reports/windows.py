"""Usage in a window of days, from the daily documents, resource by resource.

Bodies and readers are pure. Invariant: a document of a whole month is
taken when all its days are in the window (as in ``queries.filters``); the
resources come in no useful order, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from stats.queries.filters import days_clauses
from stats.queries.windows import Window
from stats.reports.rows import Usage
from stats.reports.sources import Sources
from stats.stores.dsl import A, Search
from stats.stores.search_source import Body
from stats.times import from_ms

PAGE = 5_000
"""Resources a request sums; Elasticsearch allows 65,536 buckets, of which each takes three."""


def run_window(
    sources: Sources,
    window: Window,
    *,
    kinds: Sequence[str],
    by_user: bool,
    own: Sequence[str] = (),
) -> Iterator[Usage]:
    """Yield the usage of every resource of ``kinds`` that was used in ``window``.

    ``own`` are the types that are views of a resource's own page.
    """
    if by_user:
        index = sources.search.daily("users")
        return _pages(sources, index, lambda after: build_users(kinds, window, after))
    views, downloads = sources.names("views"), sources.names("downloads")
    return _pages(
        sources,
        sources.daily("views", "downloads"),
        lambda after: build_totals(kinds, window, (views, downloads, own), after),
    )


def _pages(sources: Sources, index: str, build: Callable[[Body | None], Body]) -> Iterator[Usage]:
    after: Body | None = None
    while True:
        rows = sources.search.search(index, build(after)).get("aggregations", {}).get("rows", {})
        yield from (usage for b in rows.get("buckets", []) if (usage := read_usage(b)))
        after = rows.get("after_key")
        if after is None:
            return


def build_totals(
    kinds: Sequence[str],
    window: Window,
    types: tuple[Sequence[str], Sequence[str], Sequence[str]],
    after: Body | None,
) -> Body:
    """Ask for a page of resources with the sums of types: views, downloads, own views."""
    search = _search(kinds, window)
    rows = search.aggs.bucket("rows", _composite(["resource"], after))
    for name, events in zip(("views", "downloads", "own"), types, strict=True):
        if name == "own" and not events:
            continue
        counter = rows.bucket(name, A("filter", terms={"event": list(events)}))
        counter.metric("count", A("sum", field="count"))
        counter.metric("last", A("max", field="last"))
    return search.to_dict()


def build_users(kinds: Sequence[str], window: Window, after: Body | None) -> Body:
    """Ask for a page of users and resources with their sums."""
    search = _search(kinds, window)
    rows = search.aggs.bucket("rows", _composite(["resource", "user_id"], after))
    for name, last in (("views", "last_viewed"), ("downloads", "last_downloaded")):
        counter = rows.bucket(name, A("filter", match_all={}))
        counter.metric("count", A("sum", field=name))
        counter.metric("last", A("max", field=last))
    return search.to_dict()


def read_usage(bucket: Body) -> Usage | None:
    """Return the usage in one bucket; None when nothing in it counted."""
    views, downloads = (int(bucket[name]["count"]["value"]) for name in ("views", "downloads"))
    if not views and not downloads:
        return None
    return Usage(
        bucket["key"]["resource"],
        views,
        downloads,
        _time(bucket["views"]["last"]["value"]),
        _time(bucket["downloads"]["last"]["value"]),
        bucket["key"].get("user_id", ""),
        int(bucket["own"]["count"]["value"]) if "own" in bucket else 0,
    )


def _search(kinds: Sequence[str], window: Window) -> Search:
    search: Search = Search().extra(size=0, track_total_hits=False)
    search = search.filter("terms", kind=list(kinds))
    for clause in days_clauses(window):
        search = search.filter(clause)
    return search


def _composite(fields: Sequence[str], after: Body | None) -> Any:
    sources = [{field: A("terms", field=field)} for field in fields]
    page: Body = {"after": after} if after else {}
    return A("composite", sources=sources, size=PAGE, **page)


def _time(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else from_ms(int(milliseconds))
