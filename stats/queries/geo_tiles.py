"""``<type>-map``: where on a map the events of one resource come from.

Reads raw events, so it knows as much as they do: events that are not excluded,
double clicks included, as far back as raw events are kept, and only as exact
as the geoip file. The exact numbers by country are in ``<type>-by``.

Invariant: buckets are the tiles of a web map (``zoom/x/y``), largest
count first; ``unlocated`` are the events whose place is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.aggregations.types import Aggregation
from stats.queries.answers import echo
from stats.queries.parameters import FROM, RESOURCE, TO, parse_size, resolve_window, size
from stats.queries.types import Answer, Parameter, Params, Query, Row, Sources
from stats.stores.dsl import A, Q, Search
from stats.times import DAY

MAX_ZOOM = 8
"""A tile is then 150 km wide at the equator: a region, not a house."""

PLACES = ("country", "region", "city")
COLUMNS = ("key", "lat", "lon", *PLACES, "count")


def parse_zoom(value: object, field: str) -> int:
    """Read a whole number from 1 to :data:`MAX_ZOOM`."""
    return parse_size(value, field, most=MAX_ZOOM)


ZOOM = Parameter(
    "zoom",
    "size of a tile, as on a web map",
    parse_zoom,
    default=4,
    schema={"type": "integer", "minimum": 1, "maximum": MAX_ZOOM},
)


def tiles(aggregation: Aggregation) -> Query:
    """Return the map query of an event type."""
    event_type = aggregation.event_type
    return Query(
        f"{event_type.name}-map",
        f"{event_type.title}: where on a map they come from",
        "map",
        (aggregation,),
        (RESOURCE, FROM, TO, ZOOM, size(500)),
        COLUMNS,
        run_tiles,
        resolve_window,
        scope="named",
    )


def run_tiles(query: Query, params: Params, sources: Sources) -> Answer:
    """Ask the raw events."""
    (aggregation,) = query.aggregations
    index = sources.search.raw(aggregation.event_type.name)
    response = sources.search.search(index, build_tiles(params))
    return {**echo(query, params), **read_tiles(response)}


def build_tiles(params: Params) -> dict[str, Any]:
    """Return the request: events by tile, with the middle and the commonest names of each."""
    search = Search().filter("term", resources=params["resource"]).extra(size=0)
    search = search.filter(~Q("exists", field="excluded"))
    if params["from"]:
        search = search.filter("range", timestamp={"gte": params["from"].isoformat()})
    if params["to"]:
        search = search.filter("range", timestamp={"lt": (params["to"] + DAY).isoformat()})
    grid = A("geotile_grid", field="location", precision=params["zoom"], size=params["size"])
    located = search.aggs.bucket("located", "filter", filter=Q("exists", field="location"))
    tile = located.bucket("tiles", grid)
    tile.metric("middle", "geo_centroid", field="location")
    for place in PLACES:
        tile.bucket(place, "terms", field=place, size=1)
    search.aggs.bucket("unlocated", "missing", field="location")
    body: dict[str, Any] = search.to_dict()
    return body


def read_tiles(response: Mapping[str, Any]) -> Answer:
    """Return the tiles and how many events are on the map and how many are not."""
    found = response.get("aggregations")
    if not found:
        return {"buckets": [], "total": {"count": 0, "unlocated": 0}}
    located = found["located"]
    rows = [_row(tile) for tile in located["tiles"]["buckets"]]
    return {
        "buckets": sorted(rows, key=lambda row: (-row["count"], row["key"])),
        "total": {"count": located["doc_count"], "unlocated": found["unlocated"]["doc_count"]},
    }


def _row(tile: Mapping[str, Any]) -> Row:
    middle = tile["middle"]["location"]
    return {
        "key": tile["key"],
        "lat": round(middle["lat"], 4),
        "lon": round(middle["lon"], 4),
        **{place: _commonest(tile[place]["buckets"]) for place in PLACES},
        "count": tile["doc_count"],
    }


def _commonest(buckets: list[Mapping[str, Any]]) -> str | None:
    return str(buckets[0]["key"]) if buckets else None
