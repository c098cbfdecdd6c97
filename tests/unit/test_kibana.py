"""`stats kibana`: ids, references, and that every field used is in our index templates."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from stats.cli import stats
from stats.kibana.catalogue import build_saved_objects
from stats.kibana.targets import TARGETS
from stats.templates import build_templates

OBJECTS = build_saved_objects("p-")
EVERY = [one for target in TARGETS.values() for one in build_saved_objects("p-", target)]
_FIELD = re.compile(r"([a-z_.]+): ")


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
    queries: list[str] = []
    if "visState" in attributes:
        aggregations = json.loads(attributes["visState"])["aggs"]
        params = [aggregation["params"] for aggregation in aggregations]
        fields |= {given["field"] for given in params if given.get("field")}
        queries += [f["input"]["query"] for given in params for f in given.get("filters", ())]
    for layer in json.loads(attributes.get("layerListJSON", "[]")):
        fields |= {layer["sourceDescriptor"].get("geoField", "country")}
        fields |= {join["right"]["term"] for join in layer.get("joins", ())}
    meta = attributes.get("kibanaSavedObjectMeta", {}).get("searchSourceJSON")
    queries += [json.loads(meta)["query"]["query"]] if meta else []
    return fields | {name for query in queries for name in _FIELD.findall(query)}


def test_ids_are_unique_and_carry_the_prefix() -> None:
    assert len({one["id"] for one in OBJECTS}) == len(OBJECTS)
    assert all(one["id"].startswith("p-stats-") for one in OBJECTS)


@pytest.mark.parametrize(
    "one",
    [one for one in EVERY if one["type"] in ("visualization", "search", "map")],
    ids=lambda one: one["id"],
)
def test_every_field_is_in_the_templates_and_can_be_used(one: dict[str, Any]) -> None:
    used = used_fields(one)
    if not one["references"]:  # a note
        assert not used
        return
    known = FIELDS[one["references"][0]["id"]]
    assert used or "input_control_vis" in one["attributes"]["visState"]
    assert used <= known.keys()
    assert "object" not in {known[name] for name in used}
    if one["type"] == "map":
        assert known["location"] == "geo_point"


def test_patterns_cover_the_indices() -> None:
    titles = {one["id"]: one["attributes"]["title"] for one in OBJECTS[:2]}
    assert titles == {"p-stats-raw": "p-events-stats-*", "p-stats-daily": "p-stats-*"}


def test_dashboards_do_not_overlap() -> None:
    dashboards = [one for one in EVERY if one["type"] == "dashboard"]
    assert len(dashboards) == 4 * len(TARGETS)
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
    for name, target in TARGETS.items():
        result = CliRunner().invoke(stats, ["kibana", "--for", name])
        objects = [json.loads(line) for line in result.output.splitlines()]
        assert objects == build_saved_objects("p-", target)
    assert CliRunner().invoke(stats, ["kibana", "--for", "kibana-7"]).exit_code == 2
