"""Saved objects in the import format of Kibana and OpenSearch Dashboards: one a line.

Pure builders. An object refers to another by id, through its ``references``;
what a panel shows is in JSON text inside the JSON, as these programs keep it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stats.kibana.targets import Target

SavedObject = dict[str, Any]

_INDEX_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index"
_GRID_WIDTH = 48


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
    """How a visualization divides documents: by time, by the values of a field, or by queries.

    ``queries``: pairs of a label and a query. ``grid``: by the squares of a map.
    """

    field: str = ""
    schema: str = "segment"
    size: int = 10
    by_time: bool = False
    queries: tuple[tuple[str, str], ...] = ()
    grid: bool = False


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
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """A filter that a reader sets on a dashboard: the values of a field."""

    field: str
    title: str


def build_view(view: DataView, target: Target) -> SavedObject:
    """Build a data view on a family of indices, its time in ``timestamp``."""
    attributes = {"title": view.pattern, "name": view.title, "timeFieldName": "timestamp"}
    return build_object("index-pattern", view.id, attributes, target=target)


def build_chart(chart: Chart, target: Target) -> SavedObject:
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
        "params": {"type": chart.kind, "addTooltip": True, "addLegend": True, **chart.params},
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
    references = [_index_reference(chart.view)]
    return build_object("visualization", chart.id, attributes, references, target=target)


def build_note(identity: str, title: str, markdown: str, *, target: Target) -> SavedObject:
    """Build a text."""
    params = {"markdown": markdown, "openLinksInNewTab": False, "fontSize": 12}
    return _bare(identity, title, "markdown", params, target=target)


def build_control_chart(
    identity: str, title: str, view: DataView, controls: Sequence[Control], *, target: Target
) -> SavedObject:
    """Build controls as a visualization, for dashboards that have none of their own."""
    listed, references = [], []
    for number, control in enumerate(controls):
        name = f"control_{number}_index_pattern"
        listed.append(
            {
                "id": f"{identity}-{number}",
                "fieldName": control.field,
                "parent": "",
                "label": control.title,
                "type": "list",
                "options": {
                    "type": "terms",
                    "multiselect": True,
                    "dynamicOptions": True,
                    "size": 20,
                    "order": "desc",
                },
                "indexPatternRefName": name,
            }
        )
        references.append({"name": name, "type": "index-pattern", "id": view.id})
    params = {
        "controls": listed,
        "updateFiltersOnChange": True,
        "useTimeFilter": True,
        "pinFilters": False,
    }
    return _bare(identity, title, "input_control_vis", params, references, target=target)


def _bare(
    identity: str,
    title: str,
    kind: str,
    params: dict[str, Any],
    references: Sequence[dict[str, str]] = (),
    *,
    target: Target,
) -> SavedObject:
    """Build a visualization that searches nothing itself."""
    attributes = {
        "title": title,
        "description": "",
        "visState": json.dumps({"title": title, "type": kind, "params": params, "aggs": []}),
        "uiStateJSON": "{}",
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source("", indexed=False)},
    }
    return build_object("visualization", identity, attributes, references, target=target)


def build_search(
    identity: str,
    title: str,
    view: DataView,
    columns: Sequence[str],
    *,
    query: str = "",
    target: Target,
) -> SavedObject:
    """Build a list of documents, newest first, with ``columns``."""
    attributes = {
        "title": title,
        "description": "",
        "hits": 0,
        "version": 1,
        "columns": list(columns),
        "sort": [["timestamp", "desc"]],
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source(query)},
    }
    return build_object("search", identity, attributes, [_index_reference(view)], target=target)


def build_dashboard(
    identity: str,
    title: str,
    description: str,
    panels: Sequence[Panel],
    *,
    since: str,
    controls: Sequence[Control] = (),
    view: DataView,
    target: Target,
) -> SavedObject:
    """Build a dashboard of the time from ``since`` on; panels fill rows from left to right."""
    placed, references = _place(panels, target)
    attributes = {
        "title": title,
        "description": description,
        "hits": 0,
        "panelsJSON": json.dumps(placed),
        "optionsJSON": json.dumps({"useMargins": True, "hidePanelTitles": False}),
        "timeRestore": True,
        "timeFrom": since,
        "timeTo": "now",
        "refreshInterval": {"pause": True, "value": 60_000},
        "version": 1,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _search_source("", indexed=False)},
    }
    if controls and target.controls:
        group, of_controls = _control_group(identity, controls, view)
        attributes["controlGroupInput"] = group
        references += of_controls
    return build_object("dashboard", identity, attributes, references, target=target)


def _place(
    panels: Sequence[Panel], target: Target
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the panels where they stand, and the references to what they show."""
    placed, references = [], []
    x = y = row_height = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > _GRID_WIDTH:
            x, y, row_height = 0, y + row_height, 0
        key = str(number)
        kind, name = panel.shown["type"], f"panel_{key}"
        placed.append(
            {
                "version": target.panel_version,
                "type": kind,
                "gridData": {"x": x, "y": y, "w": panel.width, "h": panel.height, "i": key},
                "panelIndex": key,
                "embeddableConfig": {"enhancements": {}},
                "panelRefName": name,
            }
        )
        prefix = f"{key}:" if target.own_prefix else ""
        references.append({"name": f"{prefix}{name}", "type": kind, "id": panel.shown["id"]})
        x, row_height = x + panel.width, max(row_height, panel.height)
    return placed, references


def _control_group(
    identity: str, controls: Sequence[Control], view: DataView
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    panels, references = {}, []
    for order, control in enumerate(controls):
        key = f"{identity}-control-{order}"
        panels[key] = {
            "type": "optionsListControl",
            "order": order,
            "grow": True,
            "width": "medium",
            "explicitInput": {
                "id": key,
                "fieldName": control.field,
                "title": control.title,
                "selectedOptions": [],
                "enhancements": {},
            },
        }
        name = f"controlGroup_{key}:optionsListDataView"
        references.append({"name": name, "type": "index-pattern", "id": view.id})
    ignored = ("ignoreFilters", "ignoreQuery", "ignoreTimerange", "ignoreValidations")
    group = {
        "controlStyle": "oneLine",
        "chainingSystem": "HIERARCHICAL",
        "panelsJSON": json.dumps(panels),
        "ignoreParentSettingsJSON": json.dumps(dict.fromkeys(ignored, False)),
    }
    return group, references


def build_object(
    kind: str,
    identity: str,
    attributes: dict[str, Any],
    references: Sequence[dict[str, str]] = (),
    *,
    target: Target,
) -> SavedObject:
    """Build a saved object of that kind, stamped with the form that it has."""
    return {
        "id": identity,
        "type": kind,
        "attributes": attributes,
        "references": list(references),
        **target.stamp(kind),
    }


def _bucket(number: int, bucket: Bucket) -> dict[str, Any]:
    if bucket.by_time:
        by_time = {"field": bucket.field, "interval": "auto", "min_doc_count": 1}
        return _aggregation(number, "date_histogram", bucket.schema, by_time)
    if bucket.queries:
        return _aggregation(number, "filters", bucket.schema, {"filters": _filters(bucket)})
    if bucket.grid:
        squares = {"field": bucket.field, "autoPrecision": True, "useGeocentroid": True}
        return _aggregation(number, "geohash_grid", bucket.schema, squares)
    params = {"field": bucket.field, "size": bucket.size, "order": "desc", "orderBy": "1"}
    return _aggregation(number, "terms", bucket.schema, params)


def _filters(bucket: Bucket) -> list[dict[str, Any]]:
    return [
        {"label": label, "input": {"query": query, "language": "kuery"}}
        for label, query in bucket.queries
    ]


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
