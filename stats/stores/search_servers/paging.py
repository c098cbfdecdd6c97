"""All hits of a search as of one moment, page by page.

Elasticsearch keeps a point in time, in which ``_shard_doc`` tells any two documents apart.
OpenSearch has no such field before 3.3, and a point in time is a permission of its own that
roles made for reading do not have; it gets a scroll, which needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Any

from stats.errors import StatsError, StoreUnavailable
from stats.stores.search_source import Body

KEEP_ALIVE = "5m"
TIE_BREAK = "_shard_doc"
"""The order of least cost, and what tells equals apart; what is in its place is found here."""

ALL_SHARDS = {"allow_partial_search_results": "false"}

Ask = Callable[..., Any]
"""``ask(method, path, body, params=, missing_ok=)``: the decoded answer."""


def read_by_point_in_time(
    ask: Ask, index: str, body: Body, *, size: int, sort: Sequence[Any]
) -> Generator[list[Body], None, None]:
    """Yield pages from Elasticsearch."""
    params = {"keep_alive": KEEP_ALIVE, "ignore_unavailable": "true"}
    opened = ask("POST", f"/{index}/_pit", params=params, missing_ok=True)
    if opened is None:
        return
    pit = str(opened["id"])
    asked = body | {"sort": list(sort), "size": size, "track_total_hits": False}
    try:
        while True:
            asked["pit"] = {"id": pit, "keep_alive": KEEP_ALIVE}
            answer = ask("POST", "/_search", asked, params=ALL_SHARDS)
            hits, pit = answer["hits"]["hits"], str(answer["pit_id"])
            if hits:
                yield hits
            if len(hits) < size:
                return
            asked["search_after"] = hits[-1]["sort"]
    finally:
        with suppress(StatsError):  # it expires by itself
            ask("DELETE", "/_pit", {"id": pit})


def read_by_scroll(
    ask: Ask, index: str, body: Body, *, size: int, sort: Sequence[Any]
) -> Generator[list[Body], None, None]:
    """Yield pages from OpenSearch."""
    order = [key for key in sort if key != TIE_BREAK] or ["_doc"]
    params = {"scroll": KEEP_ALIVE, "ignore_unavailable": "true", **ALL_SHARDS}
    answer = ask("POST", f"/{index}/_search", body | {"sort": order, "size": size}, params=params)
    scroll = answer.get("_scroll_id")  # of no index there is none
    try:
        while hits := answer["hits"]["hits"]:
            yield hits
            if len(hits) < size:
                return
            answer = ask("POST", "/_search/scroll", {"scroll": KEEP_ALIVE, "scroll_id": scroll})
            if answer["_shards"]["failed"]:
                raise StoreUnavailable("OpenSearch", "some shards did not answer")
            scroll = answer["_scroll_id"]
    finally:
        if scroll is not None:
            with suppress(StatsError):  # it expires by itself
                ask("DELETE", "/_search/scroll", {"scroll_id": [scroll]})
