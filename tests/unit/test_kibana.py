"""`stats kibana`: ids, references, and that every field used is in our index templates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from stats.cli import stats
from stats.kibana.catalogue import build_saved_objects
from stats.templates import build_templates

OBJECTS = build_saved_objects("p-")
BY_ID = {(one["type"], one["id"]): one for one in OBJECTS}


def fields_of(mapping: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found = {}
    for name, field in mapping["properties"].items():
        if "properties" in field:
            found |= fields_of(field, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.get("type", "object")
    return found


TEMPLATES = {
    name: fields_of(body["template"]["mappings"])
    for name, body in build_templates("p-", ["record-view"]).items()
}
FIELDS = {
    "p-stats-raw": TEMPLATES["p-events-stats-record-view"],
    "p-stats-daily": TEMPLATES["p-stats-record-view"],
}


def used_fields(one: dict[str, Any]) -> set[str]:
    attributes = one["attributes"]
    fields = set(attributes.get("columns", ()))
    fields |= {name for name, _ in attributes.get("sort", ())}
    if "visState" in attributes:
        aggregations = json.loads(attributes["visState"])["aggs"]
        fields |= {a["params"]["field"] for a in aggregations if "field" in a["params"]}
    for layer in json.loads(attributes.get("layerListJSON", "[]")):
        fields.add(layer["sourceDescriptor"]["geoField"])
    meta = attributes.get("kibanaSavedObjectMeta", {}).get("searchSourceJSON")
    query = json.loads(meta)["query"]["query"] if meta else ""
    return fields | ({query.partition(":")[0]} if query else set())


def test_ids_are_unique_and_carry_the_prefix() -> None:
    assert len({one["id"] for one in OBJECTS}) == len(OBJECTS)
    assert all(one["id"].startswith("p-stats-") for one in OBJECTS)


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_references_are_there_and_come_first(one: dict[str, Any]) -> None:
    before = {(o["type"], o["id"]) for o in OBJECTS[: OBJECTS.index(one)]}
    assert {(r["type"], r["id"]) for r in one["references"]} <= before
    names = {reference["name"] for reference in one["references"]}
    text = json.dumps(one["attributes"])
    for panel in json.loads(one["attributes"].get("panelsJSON", "[]")):
        assert f"{panel['panelIndex']}:{panel['panelRefName']}" in names
    for name in ("kibanaSavedObjectMeta.searchSourceJSON.index", "layer_1_source_index_pattern"):
        assert (name in text) == (name in names)


@pytest.mark.parametrize(
    "one",
    [one for one in OBJECTS if one["type"] in ("visualization", "search", "map")],
    ids=lambda one: one["id"],
)
def test_every_field_is_in_the_templates_and_can_be_used(one: dict[str, Any]) -> None:
    known = FIELDS[one["references"][0]["id"]]
    used = used_fields(one)
    assert used
    assert used <= known.keys()
    assert "object" not in {known[name] for name in used}
    if one["type"] == "map":
        assert known["location"] == "geo_point"


def test_patterns_cover_the_indices() -> None:
    titles = {one["id"]: one["attributes"]["title"] for one in OBJECTS[:2]}
    assert titles == {"p-stats-raw": "p-events-stats-*", "p-stats-daily": "p-stats-*"}


def test_dashboards_do_not_overlap() -> None:
    dashboards = [one for one in OBJECTS if one["type"] == "dashboard"]
    assert len(dashboards) == 4
    for one in dashboards:
        cells = [
            (x, y)
            for panel in json.loads(one["attributes"]["panelsJSON"])
            for grid in [panel["gridData"]]
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 48


def test_the_command_prints_one_object_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATS_INDEX_PREFIX", "p-")
    result = CliRunner().invoke(stats, ["kibana"])
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.output.splitlines()] == OBJECTS
