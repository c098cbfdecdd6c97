"""``<type>-map``: where on a map the events of one resource come from.

Reads raw events, so it knows as much as they do: events that are not excluded,
double clicks included, as far back as raw events are kept, and only as exact
as the geoip file. The exact numbers by country are in ``<type>-by``.

Invariant: buckets are the tiles of a web map (``zoom/x/y``), largest
count first, each at its centre; ``unlocated`` are the events whose place is not known.
For the public, tiles with few events are merged into coarser ones (``Sources.minimum``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import atan, degrees, pi, sinh
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
    return {**echo(query, params), **read_tiles(response, minimum=sources.minimum)}


def build_tiles(params: Params) -> dict[str, Any]:
    """Return the request: events by tile, with the commonest names of each."""
    search = Search().filter("term", resources=params["resource"]).extra(size=0)
    search = search.filter(~Q("exists", field="excluded"))
    if params["from"]:
        search = search.filter("range", timestamp={"gte": params["from"].isoformat()})
    if params["to"]:
        search = search.filter("range", timestamp={"lt": (params["to"] + DAY).isoformat()})
    grid = A("geotile_grid", field="location", precision=params["zoom"], size=params["size"])
    located = search.aggs.bucket("located", "filter", filter=Q("exists", field="location"))
    tile = located.bucket("tiles", grid)
    for place in PLACES:
        tile.bucket(place, "terms", field=place, size=1)
    search.aggs.bucket("unlocated", "missing", field="location")
    body: dict[str, Any] = search.to_dict()
    return body


def read_tiles(response: Mapping[str, Any], *, minimum: int = 1) -> Answer:
    """Return the tiles and how many events are on the map and how many are not."""
    found = response.get("aggregations")
    if not found:
        return {"buckets": [], "total": {"count": 0, "unlocated": 0}}
    located = found["located"]
    rows = merge_few([_row(tile, minimum) for tile in located["tiles"]["buckets"]], minimum)
    return {
        "buckets": sorted(rows, key=lambda row: (-row["count"], row["key"])),
        "total": {"count": located["doc_count"], "unlocated": found["unlocated"]["doc_count"]},
    }


def merge_few(rows: Iterable[Row], minimum: int) -> list[Row]:
    """Return the tiles, those with fewer than ``minimum`` events merged into coarser ones.

    A coarser tile holds what no finer one of the answer does. The whole world is the last.
    """
    levels: dict[int, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        levels[zoom_of(row["key"])][row["key"]] = row
    for zoom in range(max(levels, default=0), 0, -1):
        for key in [key for key, row in levels[zoom].items() if row["count"] < minimum]:
            row = levels[zoom].pop(key)
            coarser = parent_of(key)
            known = levels[zoom - 1].get(coarser)
            levels[zoom - 1][coarser] = _merged(coarser, row, known)
    return [row for tiles in levels.values() for row in tiles.values()]


def _merged(key: str, row: Row, known: Row | None) -> Row:
    """Return the coarser tile ``key`` with one more tile in it; of places, it names a country."""
    same = known is None or known["country"] == row["country"]
    return {
        "key": key,
        **centre_of(key),
        "country": row["country"] if same else None,
        "region": None,
        "city": None,
        "count": row["count"] + (known["count"] if known else 0),
    }


def zoom_of(key: str) -> int:
    """Return the zoom of a tile, the first number of ``zoom/x/y``."""
    return int(key.partition("/")[0])


def parent_of(key: str) -> str:
    """Return the tile of twice the width that holds a tile."""
    zoom, x, y = map(int, key.split("/"))
    return f"{zoom - 1}/{x // 2}/{y // 2}"


def centre_of(key: str) -> dict[str, float]:
    """Return the middle of a tile of a web map (Mercator), in degrees."""
    zoom, x, y = map(int, key.split("/"))
    width = 1 / 2**zoom
    north = pi * (1 - 2 * (y + 0.5) * width)
    return {
        "lat": round(degrees(atan(sinh(north))), 4),
        "lon": round(360 * (x + 0.5) * width - 180, 4),
    }


def _row(tile: Mapping[str, Any], minimum: int) -> Row:
    region, city = (_commonest(tile[place]["buckets"], minimum) for place in PLACES[1:])
    return {
        "key": tile["key"],
        **centre_of(tile["key"]),
        "country": _commonest(tile["country"]["buckets"], 1),
        "region": region,
        "city": city,
        "count": tile["doc_count"],
    }


def _commonest(buckets: list[Mapping[str, Any]], minimum: int) -> str | None:
    return str(buckets[0]["key"]) if buckets and buckets[0]["doc_count"] >= minimum else None
