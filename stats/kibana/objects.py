"""Saved objects in the import format of Kibana 8: one JSON object a line.

Pure builders. An object refers to another by id, through its ``references``;
what a panel shows is in JSON text inside the JSON, as Kibana keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SavedObject = dict[str, Any]

CORE_VERSION = "8.8.0"
"""The form of the objects: Kibana migrates older ones when it imports them."""

_INDEX_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index"
_GRID_WIDTH = 48
_LAYER = "layer_1_source_index_pattern"


@dataclass(frozen=True)
class DataView:
    """Indices that are looked at together; ``pattern`` as Elasticsearch takes it."""

    id: str
    title: str
    pattern: str


@dataclass(frozen=True)
class Panel:
    """A place on a dashboard: what it shows, and how wide and high, in Kibana's grid units."""

    shown: SavedObject
    width: int = _GRID_WIDTH // 2
    height: int = 15


@dataclass(frozen=True)
class Bucket:
    """How a visualization divides documents: by time, or by the values of a field."""

    field: str
    schema: str = "segment"
    size: int = 10
    by_time: bool = False


@dataclass(frozen=True)
class Measure:
    """What a visualization measures: the count of documents, or the sum or so of a field."""

    kind: str = "count"
    field: str | None = None


@dataclass(frozen=True)
class Chart:
    """A visualization; ``kind`` is Kibana's word: ``histogram``, ``table``, ``pie``."""

    id: str
    title: str
    kind: str
    view: DataView
    buckets: tuple[Bucket, ...] = ()
    measures: tuple[Measure, ...] = field(default=(Measure(),))
    query: str = ""


def build_view(view: DataView) -> SavedObject:
    """Build a data view on a family of indices, its time in ``timestamp``."""
    attributes = {"title": view.pattern, "name": view.title, "timeFieldName": "timestamp"}
    return _object("index-pattern", view.id, attributes)


def build_chart(chart: Chart) -> SavedObject:
    """Build a visualization by aggregations."""
    measures = [
        _aggregation(number, measure.kind, "metric", {"field": measure.field})
        for number, measure in enumerate(chart.measures, start=1)
    ]
    buckets = [
        _bucket(number, bucket) for number, bucket in enumerate(chart.buckets, len(measures) + 1)
    ]
    state = {
        "title": chart.title,
        "type": chart.kind,
        "params": {"addTooltip": True, "addLegend": True},
        "aggs": measures + buckets,
    }
    attributes = {
        "title": chart.title,
        "description": "",
        "visState": json.dumps(state),
        "uiStateJSON": "{}",
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source(chart.query)},
    }
    return _object("visualization", chart.id, attributes, [_index_reference(chart.view)])


def build_search(
    identity: str, title: str, view: DataView, columns: Sequence[str], *, query: str = ""
) -> SavedObject:
    """Build a list of documents, newest first, with ``columns``."""
    attributes = {
        "title": title,
        "description": "",
        "columns": list(columns),
        "sort": [["timestamp", "desc"]],
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source(query)},
    }
    return _object("search", identity, attributes, [_index_reference(view)])


def build_map(identity: str, title: str, view: DataView, geo_field: str) -> SavedObject:
    """Build a map of where events come from, as a grid of counts."""
    layer = {
        "id": f"{identity}-grid",
        "label": title,
        "type": "GEOJSON_VECTOR",
        "visible": True,
        "alpha": 0.75,
        "sourceDescriptor": {
            "id": f"{identity}-source",
            "type": "ES_GEO_GRID",
            "geoField": geo_field,
            "requestType": "point",
            "resolution": "COARSE",
            "metrics": [{"type": "count"}],
            "indexPatternRefName": _LAYER,
        },
        "style": {"type": "VECTOR", "properties": {}, "isTimeAware": True},
    }
    attributes = {
        "title": title,
        "description": "",
        "layerListJSON": json.dumps([layer]),
        "mapStateJSON": json.dumps({"zoom": 1.5, "center": {"lon": 10, "lat": 25}}),
        "uiStateJSON": "{}",
    }
    references = [{"name": _LAYER, "type": "index-pattern", "id": view.id}]
    return _object("map", identity, attributes, references)


def build_dashboard(
    identity: str, title: str, description: str, panels: Sequence[Panel]
) -> SavedObject:
    """Build a dashboard; panels fill rows from left to right."""
    placed, references = [], []
    x = y = row_height = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > _GRID_WIDTH:
            x, y, row_height = 0, y + row_height, 0
        key = str(number)
        grid = {"x": x, "y": y, "w": panel.width, "h": panel.height, "i": key}
        kind = panel.shown["type"]
        placed.append(
            {
                "type": kind,
                "gridData": grid,
                "panelIndex": key,
                "embeddableConfig": {},
                "panelRefName": f"panel_{key}",
            }
        )
        references.append({"name": f"{key}:panel_{key}", "type": kind, "id": panel.shown["id"]})
        x, row_height = x + panel.width, max(row_height, panel.height)
    attributes = {
        "title": title,
        "description": description,
        "panelsJSON": json.dumps(placed),
        "optionsJSON": json.dumps({"useMargins": True, "hidePanelTitles": False}),
        "timeRestore": False,
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source("", indexed=False)},
    }
    return _object("dashboard", identity, attributes, references)


def _object(
    kind: str,
    identity: str,
    attributes: dict[str, Any],
    references: Sequence[dict[str, str]] = (),
) -> SavedObject:
    return {
        "id": identity,
        "type": kind,
        "attributes": attributes,
        "references": list(references),
        "coreMigrationVersion": CORE_VERSION,
    }


def _bucket(number: int, bucket: Bucket) -> dict[str, Any]:
    if bucket.by_time:
        params = {"field": bucket.field, "interval": "auto", "min_doc_count": 1}
        return _aggregation(number, "date_histogram", bucket.schema, params)
    params = {"field": bucket.field, "size": bucket.size, "order": "desc", "orderBy": "1"}
    return _aggregation(number, "terms", bucket.schema, params)


def _aggregation(number: int, kind: str, schema: str, params: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in params.items() if value is not None}
    return {"id": str(number), "enabled": True, "type": kind, "schema": schema, "params": known}


def _search_source(query: str, *, indexed: bool = True) -> str:
    source: dict[str, Any] = {"query": {"query": query, "language": "kuery"}, "filter": []}
    if indexed:
        source["indexRefName"] = _INDEX_REFERENCE
    return json.dumps(source)


def _index_reference(view: DataView) -> dict[str, str]:
    return {"name": _INDEX_REFERENCE, "type": "index-pattern", "id": view.id}
