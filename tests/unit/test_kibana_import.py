"""The import of what ``stats kibana`` prints, walked as the programs' own code walks it.

No Kibana runs in the tests. The walk is written anew from Kibana 8's and OpenSearch
Dashboards' sources: which migrations run on an object of which version, how references of
a dashboard's panels are injected and extracted, and how a dashboard finds its panels
when it is opened. An object without versions has every migration run on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from stats.kibana.catalogue import build_saved_objects
from stats.kibana.targets import KIBANA_8, TARGETS, Target

Object = dict[str, Any]
References = list[dict[str, str]]

DASHBOARD_MIGRATIONS = ("6.7.2", "7.0.0", "7.3.0", "7.9.3", "7.11.0", "7.14.0", "7.17.3")
"""Those that Kibana has for dashboards; OpenSearch Dashboards has the first four."""

NEWEST = {"dashboard": "8.7.0", "visualization": "8.5.0", "search": "8.0.0"}
"""The newest versions of each type's form that Kibana 8.8.0 knows."""


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


class MissingReferenceError(Exception):
    """``Could not find reference``, which is what a dashboard then shows."""


def find(references: References, name: str) -> dict[str, str]:
    for reference in references:
        if reference["name"] == name:
            return reference
    raise MissingReferenceError(name)


def inject(panels: list[Object], references: References) -> list[Object]:
    """Give each panel the id and type of what it refers to, by the references of its key."""
    injected = []
    for panel in panels:
        prefix = f"{panel['panelIndex']}:"
        own = [
            {**one, "name": one["name"].removeprefix(prefix)}
            for one in references
            if one["name"].startswith(prefix)
        ]
        found = dict(panel)
        if "panelRefName" in found:
            reference = find(own or references, found.pop("panelRefName"))
            found |= {"type": reference["type"], "id": reference["id"]}
        injected.append(found)
    return injected


def extract(panels: list[Object]) -> tuple[list[Object], References]:
    """Take the ids out of panels again; those without a version by their position."""
    old = any("version" not in panel or version(panel["version"]) < (7, 3) for panel in panels)
    extracted, references = [], []
    for position, panel in enumerate(panels):
        left = dict(panel)
        identity = left.pop("id")
        key = panel["panelIndex"]
        name = f"panel_{position}" if old else f"panel_{key}"
        references.append(
            {"name": name if old else f"{key}:{name}", "type": left["type"], "id": identity}
        )
        if old:
            del left["type"]
        extracted.append(left | {"panelRefName": name})
    return extracted, references


def migrate(one: Object, target: Target) -> Object:
    """Run the migrations that an import runs on a dashboard of its version."""
    known = one.get("typeMigrationVersion") or one.get("migrationVersion", {}).get("dashboard")
    migrations = DASHBOARD_MIGRATIONS if target.core else DASHBOARD_MIGRATIONS[:4]
    pending = [v for v in migrations if known is None or version(v) > version(known)]
    panels, references = json.loads(one["attributes"]["panelsJSON"]), list(one["references"])
    if "7.11.0" in pending:
        others = [r for r in references if not r["name"].startswith("panel_")]
        panels, of_panels = extract(inject(panels, references))
        references = [*others, *of_panels]
    attributes = one["attributes"] | {"panelsJSON": json.dumps(panels)}
    return {**one, "attributes": attributes, "references": references}


def open_dashboard(one: Object, target: Target) -> dict[str, tuple[str, str]]:
    """Return what each panel shows, by its key, as type and id."""
    panels = json.loads(one["attributes"]["panelsJSON"])
    if target.core:
        shown = inject(panels, one["references"])
    else:
        shown = [panel | find(one["references"], panel["panelRefName"]) for panel in panels]
    return {panel["panelIndex"]: (panel["type"], panel["id"]) for panel in shown}


def without_versions(one: Object) -> Object:
    """Take the stamp off, as a tool does that edits what was exported."""
    stamps = ("typeMigrationVersion", "coreMigrationVersion", "migrationVersion")
    return {key: value for key, value in one.items() if key not in stamps}


def by_id(objects: list[Object]) -> dict[tuple[str, str], Object]:
    return {(one["type"], one["id"]): one for one in objects}


EACH = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
STAMPED = pytest.mark.parametrize("stamped", [True, False], ids=["stamped", "all-migrations"])


@EACH
@STAMPED
def test_every_dashboard_opens_with_every_panel(target: Target, stamped: bool) -> None:
    objects = build_saved_objects("p-", target)
    known = by_id(objects)
    dashboards = [one for one in objects if one["type"] == "dashboard"]
    assert len(dashboards) == 4
    for one in dashboards:
        imported = migrate(one if stamped else without_versions(one), target)
        shown = open_dashboard(imported, target)
        assert len(shown) == len(json.loads(one["attributes"]["panelsJSON"])) >= 3
        assert set(shown.values()) <= known.keys()
        assert len(set(shown.values())) == len(shown)


def test_the_walk_finds_what_was_wrong_with_panels_without_a_version() -> None:
    one = next(o for o in build_saved_objects("p-") if o["type"] == "dashboard")
    panels = json.loads(one["attributes"]["panelsJSON"])
    for panel in panels:
        del panel["version"]
    broken = without_versions(one)
    broken["attributes"] = one["attributes"] | {"panelsJSON": json.dumps(panels)}
    with pytest.raises(MissingReferenceError, match="panel_0"):
        open_dashboard(migrate(broken, KIBANA_8), KIBANA_8)


@EACH
def test_no_object_is_newer_than_the_first_release_that_is_meant(target: Target) -> None:
    for one in build_saved_objects("p-", target):
        stamp = target.stamp(one["type"])
        assert one.items() >= stamp.items()
        if target.core:
            assert version(stamp["coreMigrationVersion"]) == (8, 8, 0)
            newest = NEWEST.get(one["type"], "8.8.0")
            assert version(stamp["typeMigrationVersion"]) <= version(newest)
        else:
            assert "coreMigrationVersion" not in one


def named(value: Any) -> set[str]:
    """Return every name of a reference that is mentioned in a value, JSON in text included."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key.endswith("RefName"):
                found.add(inner)
            else:
                found |= named(inner)
    elif isinstance(value, list):
        for inner in value:
            found |= named(inner)
    elif isinstance(value, str) and value[:1] in ("{", "["):
        found |= named(json.loads(value))
    return found


@EACH
def test_every_reference_is_mentioned_and_there(target: Target) -> None:
    before: set[tuple[str, str]] = set()
    for one in build_saved_objects("p-", target):
        assert {(r["type"], r["id"]) for r in one["references"]} <= before
        before.add((one["type"], one["id"]))
        names = {r["name"].rpartition(":")[2] for r in one["references"]}
        names = {name for name in names if name != "optionsListDataView"}
        assert names == named(one["attributes"])


@EACH
def test_a_dashboard_shows_a_time_and_has_controls(target: Target) -> None:
    objects = build_saved_objects("p-", target)
    known = by_id(objects)
    for one in (o for o in objects if o["type"] == "dashboard"):
        attributes = one["attributes"]
        assert attributes["timeRestore"] is True
        assert (attributes["timeFrom"][:4], attributes["timeTo"]) == ("now-", "now")
        if target.controls:
            controls = json.loads(attributes["controlGroupInput"]["panelsJSON"])
            keys = {f"controlGroup_{key}:optionsListDataView" for key in controls}
            assert keys <= {r["name"] for r in one["references"]}
            fields = [control["explicitInput"]["fieldName"] for control in controls.values()]
        else:
            assert "controlGroupInput" not in attributes
            shown = [known[r["type"], r["id"]] for r in one["references"]]
            states = [json.loads(o["attributes"].get("visState", "{}")) for o in shown]
            (state,) = (s for s in states if s.get("type") == "input_control_vis")
            fields = [control["fieldName"] for control in state["params"]["controls"]]
        assert fields == ["private.user_id", "parents", "type", "country"]


def test_the_map_has_a_base_the_countries_and_a_grid() -> None:
    (one,) = (o for o in build_saved_objects("p-") if o["type"] == "map")
    base, countries, grid = json.loads(one["attributes"]["layerListJSON"])
    assert base["sourceDescriptor"]["type"] == "EMS_TMS"
    (join,) = countries["joins"]
    assert (join["leftField"], join["right"]["term"]) == ("iso2", "country")
    colour = countries["style"]["properties"]["fillColor"]["options"]["field"]
    assert colour == {"name": f"__kbnjoin__count__{join['right']['id']}", "origin": "join"}
    assert grid["sourceDescriptor"]["geoField"] == "location"
    size = grid["style"]["properties"]["iconSize"]["options"]["field"]
    assert size == {"name": "doc_count", "origin": "source"}
