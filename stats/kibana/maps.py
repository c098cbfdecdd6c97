"""Maps of where events come from: a choropleth by country, and a grid of counts.

Kibana's maps have layers: a base, the countries of the Elastic Maps Service joined to
events on the ISO code (which works with the country database alone), and squares
where events have a place. OpenSearch Dashboards has a visualization for each.
"""

from __future__ import annotations

import json
from typing import Any

from stats.kibana.objects import Bucket, Chart, DataView, SavedObject, build_chart, build_object
from stats.kibana.targets import Target

_COUNTRIES = "world_countries"
_JOINED = "layer_1_join_0_index_pattern"
_GRID = "layer_2_source_index_pattern"

Layer = dict[str, Any]


def build_map(identity: str, title: str, view: DataView, *, target: Target) -> SavedObject:
    """Build a map of layers."""
    layers = [_base(identity), _countries(identity), _grid(identity)]
    attributes = {
        "title": title,
        "description": "",
        "layerListJSON": json.dumps(layers),
        "mapStateJSON": json.dumps(
            {
                "zoom": 1.5,
                "center": {"lon": 10, "lat": 25},
                "timeFilters": {"from": "now-90d", "to": "now"},
                "query": {"query": "", "language": "kuery"},
                "filters": [],
            }
        ),
        "uiStateJSON": json.dumps({"isLayerTOCOpen": True, "openTOCDetails": []}),
    }
    references = [
        {"name": name, "type": "index-pattern", "id": view.id} for name in (_JOINED, _GRID)
    ]
    return build_object("map", identity, attributes, references, target=target)


def build_map_charts(
    identity: str, title: str, view: DataView, *, target: Target
) -> list[SavedObject]:
    """Build the same as two visualizations."""
    by_country = Chart(
        f"{identity}-countries",
        f"{title}: countries",
        "region_map",
        view,
        (Bucket("country", size=300),),
        params={
            "legendPosition": "bottomright",
            "colorSchema": "Yellow to Red",
            "isDisplayWarning": True,
            "showAllShapes": True,
            "outlineWeight": 1,
            "mapZoom": 2,
            "mapCenter": [0, 0],
            "selectedJoinField": {"name": "iso2", "type": "id", "description": "ISO 3166-1"},
        },
    )
    by_place = Chart(
        f"{identity}-places",
        f"{title}: places",
        "tile_map",
        view,
        (Bucket("location", grid=True),),
        params={
            "colorSchema": "Yellow to Red",
            "mapType": "Scaled Circle Markers",
            "isDesaturated": True,
            "mapZoom": 2,
            "mapCenter": [0, 0],
        },
    )
    return [build_chart(chart, target) for chart in (by_country, by_place)]


def _base(identity: str) -> Layer:
    return {
        "id": f"{identity}-base",
        "label": None,
        "type": "EMS_VECTOR_TILE",
        "locale": "autoselect",
        "visible": True,
        "alpha": 1,
        "minZoom": 0,
        "maxZoom": 24,
        "includeInFitToBounds": True,
        "sourceDescriptor": {
            "type": "EMS_TMS",
            "isAutoSelect": True,
            "lightModeDefault": "road_map_desaturated",
        },
        "style": {"type": "EMS_VECTOR_TILE", "color": ""},
    }


def _countries(identity: str) -> Layer:
    join = f"{identity}-join"
    right = {
        "type": "ES_TERM_SOURCE",
        "id": join,
        "term": "country",
        "size": 300,
        "metrics": [{"type": "count"}],
        "applyGlobalQuery": True,
        "applyGlobalTime": True,
        "applyForceRefresh": True,
        "indexPatternRefName": _JOINED,
    }
    return _vector(identity, "countries", "Events by country") | {
        "alpha": 0.75,
        "joins": [{"leftField": "iso2", "right": right}],
        "sourceDescriptor": {
            "type": "EMS_FILE",
            "id": _COUNTRIES,
            "tooltipProperties": ["name", "iso2"],
        },
        "style": _style(f"__kbnjoin__count__{join}", "join"),
    }


def _grid(identity: str) -> Layer:
    return _vector(identity, "grid", "Events by place") | {
        "alpha": 0.9,
        "joins": [],
        "sourceDescriptor": {
            "type": "ES_GEO_GRID",
            "id": f"{identity}-source",
            "geoField": "location",
            "requestType": "point",
            "resolution": "COARSE",
            "metrics": [{"type": "count"}],
            "applyGlobalQuery": True,
            "applyGlobalTime": True,
            "applyForceRefresh": True,
            "indexPatternRefName": _GRID,
        },
        "style": _style("doc_count", "source"),
    }


def _vector(identity: str, name: str, label: str) -> Layer:
    return {
        "id": f"{identity}-{name}",
        "label": label,
        "type": "GEOJSON_VECTOR",
        "visible": True,
        "minZoom": 0,
        "maxZoom": 24,
        "includeInFitToBounds": True,
    }


def _style(name: str, origin: str) -> dict[str, Any]:
    """Return a style by a count: the colour of a shape, and the size of a circle."""
    by_count = {
        "field": {"name": name, "origin": origin},
        "fieldMetaOptions": {"isEnabled": True, "sigma": 3},
    }
    colour = by_count | {"color": "Yellow to Red", "type": "ORDINAL"}
    size = by_count | {"minSize": 4, "maxSize": 24}
    properties = {
        "fillColor": {"type": "DYNAMIC", "options": colour},
        "lineColor": {"type": "STATIC", "options": {"color": "#3d3d3d"}},
        "lineWidth": {"type": "STATIC", "options": {"size": 1}},
        "symbolizeAs": {"options": {"value": "circle"}},
    }
    if origin == "source":
        properties["iconSize"] = {"type": "DYNAMIC", "options": size}
    return {"type": "VECTOR", "properties": properties, "isTimeAware": True}
