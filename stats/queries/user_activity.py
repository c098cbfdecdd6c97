"""``user-statistics``: what one person viewed and downloaded, resource by resource.

Reads the daily rows of people, so any window can be asked for. Invariant:
the number of a resource rolls up what was done with its parts; what
extractors did under the person's key is apart and in no sum. The person is
asked for as the ref ``user:<id>``, which only they and an admin may see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stats.aggregations.types import USERS_FAMILY
from stats.events.types import VIAS
from stats.kinds.catalogue import USER
from stats.queries.answers import echo
from stats.queries.filters import build_search
from stats.queries.names import put_names
from stats.queries.parameters import (
    FROM,
    KIND,
    RESOURCE,
    SOURCE,
    TO,
    parse_id_of,
    resolve_window,
    size,
)
from stats.queries.types import Answer, Parameter, Params, Query, Row, Sources
from stats.queries.windows import Window
from stats.refs import kind_of, split_ref
from stats.stores.dsl import A
from stats.times import from_ms, iso_ms

PERSON = Parameter(
    "user", "id of the person", parse_id_of(USER.name), required=True, names_resource=True
)
ONE = replace(RESOURCE, required=False, help="only this resource")

COUNTERS = ("views", "downloads")
TIMES = ("last_viewed", "last_downloaded")
BY_VIA = {f"{via}_{counter}": f"via.{via}.{counter}" for via in VIAS for counter in COUNTERS}
COLUMNS = ("resource", "title", "url", *COUNTERS, *BY_VIA, *TIMES)
_PAGE = 1_000


def user_statistics() -> Query:
    """Return the query of one person's views and downloads."""
    return Query(
        "user-statistics",
        "Views and downloads of one person, by resource",
        "person",
        (),
        (PERSON, ONE, KIND, FROM, TO, size(100), SOURCE),
        COLUMNS,
        run_person,
        resolve_window,
        scope="named",
    )


def run_person(query: Query, params: Params, sources: Sources) -> Answer:
    """Read the sums of all resources; the largest are named, and all are summed by kind."""
    rows = sorted(run_rows(params, sources), key=_order)
    kinds: dict[str, Row] = {}
    for row in rows:
        sums = kinds.setdefault(kind_of(row["resource"]), {"resources": 0, **_zeros()})
        sums["resources"] += 1
        for counter in COUNTERS:
            sums[counter] += row[counter]
    shown = rows[: params["size"]]
    named = put_names(shown, sources, among=sources.seen(row["resource"] for row in shown))
    return {**echo(query, params), "buckets": named, "kinds": dict(sorted(kinds.items()))}


def run_rows(params: Params, sources: Sources) -> Iterator[Row]:
    """Yield the sums of each resource, read in pages."""
    after: Mapping[str, Any] | None = None
    while True:
        body = build_person(params, after)
        response = sources.search.search(sources.search.daily(USERS_FAMILY), body)
        page = response.get("aggregations", {}).get("resources", {"buckets": []})
        yield from map(_row, page["buckets"])
        after = page.get("after_key")
        if after is None:
            return


def build_person(params: Params, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the request for one page of resources."""
    window = Window(params["from"], params["to"])
    search = build_search(params, window).filter("term", user_id=split_ref(params["user"])[1])
    aggs = {name: A("sum", field=field) for name, field in BY_VIA.items()}
    aggs |= {counter: A("sum", field=counter) for counter in COUNTERS}
    aggs |= {moment: A("max", field=moment) for moment in TIMES}
    position: dict[str, Any] = {"after": dict(after)} if after else {}
    sources = [{"resource": {"terms": {"field": "resource"}}}]
    search.aggs["resources"] = A("composite", sources=sources, size=_PAGE, aggs=aggs, **position)
    return search.to_dict()


def _row(bucket: Mapping[str, Any]) -> Row:
    return {
        "resource": bucket["key"]["resource"],
        **{name: round(bucket[name]["value"]) for name in (*COUNTERS, *BY_VIA)},
        **{moment: _moment(bucket[moment]["value"]) for moment in TIMES},
    }


def _moment(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else iso_ms(from_ms(int(milliseconds)))


def _order(row: Row) -> tuple[int, int, str]:
    return -row["downloads"], -row["views"], row["resource"]


def _zeros() -> Row:
    return dict.fromkeys(COUNTERS, 0)
