"""A host's own dimensions and event steps: one definition each, checked at start-up."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from stats.definitions import Definitions, build_definitions
from stats.errors import ConfigError, InputError
from stats.events.enrichment import Enrichment
from stats.events.parse import parse_event
from stats.events.raw_document import build_raw
from stats.events.types import COUNTRY, DIMENSIONS, Breakdown, Dimension, Event, EventType
from stats.setting_sources import load_settings
from stats.templates import build_templates
from stats.wiring import check_settings

NOW = datetime(2025, 3, 1, tzinfo=timezone.utc)


def device(event: Event) -> str | None:
    return "phone" if "Mobile" in (event.user_agent or "") else None


FACULTY = Dimension("faculty", source="extra.faculty", labels={"en": "Faculties"})
DEVICE = Dimension("device-type", source=device, missing="desktop", types=("record-view",))
CITY = Dimension("city", "city", seen_by="reporters")


def define(*dimensions: object, **settings: Any) -> Definitions:
    given = {"STATS_DIMENSIONS": dimensions, **settings}
    return build_definitions(load_settings(given, {}))


def raw_of(enrichment: Enrichment, **fields: Any) -> dict[str, Any]:
    types = define(FACULTY, DEVICE).event_types
    given = {"type": "record-view", "resource": "record:r", **fields}
    return build_raw(parse_event(given, types=types, now=NOW), enrichment=enrichment).source


def enrichment(**given: Any) -> Enrichment:
    return Enrichment(salt_of=lambda day: b"salt", **given)


def test_one_definition_divides_types_and_makes_a_field() -> None:
    made = define(FACULTY, DEVICE, CITY)
    by = {name: [b.name for b in t.breakdowns] for name, t in made.event_types.items()}
    assert by["record-view"][-3:] == ["faculty", "device-type", "city"]
    assert by["file-download"][-2:] == ["faculty", "city"]
    assert "faculty" not in by["record-created"]
    (breakdown,) = (p for p in made.queries["record-view-by"].parameters if p.name == "breakdown")
    assert "device-type" in breakdown.schema["enum"]
    assert (FACULTY.field, DEVICE.field) == ("dimension_faculty", "dimension_device_type")
    keywords = [FACULTY.field, DEVICE.field]
    template = build_templates("", ["record-view"], keywords=keywords)["events-stats-record-view"]
    assert keywords == [
        name
        for name, body in template["template"]["mappings"]["properties"].items()
        if name.startswith("dimension_") and body == {"type": "keyword"}
    ]


def test_a_raw_document_has_what_the_event_says() -> None:
    made = enrichment(dimensions=(FACULTY, DEVICE))
    source = raw_of(made, extra={"faculty": "Physics", "n": 1}, user_agent="Mobile Safari")
    assert (source["dimension_faculty"], source["dimension_device_type"]) == ("Physics", "phone")
    assert not [name for name in raw_of(made, extra={"faculty": ""}) if "dimension" in name]
    assert raw_of(made, extra={"faculty": 7})["dimension_faculty"] == "7"
    assert len(raw_of(made, extra={"faculty": "x" * 999})["dimension_faculty"]) == 256


def fails(*_: object) -> None:
    raise KeyError("no such thing")


@pytest.mark.parametrize(
    "given", [{"dimensions": (Dimension("broken", source=fails),)}, {"steps": (fails,)}]
)
def test_a_fault_of_a_host_is_one_event_s(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="fails on this event: KeyError"):
        raw_of(enrichment(**given))


def test_a_step_of_a_host_completes_or_excludes() -> None:
    def step(document: dict[str, Any], event: Event) -> None:
        if event.extra.get("monitor"):
            document.setdefault("excluded", "monitor")

    made = enrichment(steps=(step,))
    assert raw_of(made, extra={"monitor": 1})["excluded"] == "monitor"
    assert "excluded" not in raw_of(made)


@pytest.mark.parametrize(
    ("dimension", "says"),
    [
        (Dimension("Faculty", source="extra.faculty"), "'Faculty': a name is lower-case"),
        (Dimension("a+b", source="extra.a"), "a name is lower-case"),
        (Dimension("country", source="extra.country"), "there is a dimension country already"),
        (Dimension("record", source="extra.record"), "record is a kind, and by=record"),
        (Dimension("place", "plaec"), "nothing sets the field plaec for it; give it a source"),
        (Dimension("address", "private.ip_address"), "nothing sets the field private.ip_address"),
        (Dimension("place", source="faculty"), "source is extra.<key> or a function"),
        (Dimension("person", source="extra.p", seen_by="auditors"), "is user_id alone"),
        (Dimension("x", source="extra.x", types=("page-view",)), "no event type page-view"),
        ("faculty", "'faculty' is no Dimension"),
    ],
)
def test_a_dimension_that_cannot_work_fails_at_start_up(dimension: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=f"STATS_DIMENSIONS: .*{says}"):
        define(dimension)


def test_a_breakdown_by_what_is_declared_nowhere_fails_at_start_up() -> None:
    wrong = EventType("poster-view", "Posters", breakdowns=(Breakdown((COUNTRY, FACULTY)),))
    with pytest.raises(ConfigError, match="poster-view divides by faculty, which is declared"):
        define(STATS_EVENTS=[wrong])
    assert define(FACULTY, STATS_EVENTS=[wrong]).event_types["poster-view"] == wrong


def test_a_step_is_a_function() -> None:
    with pytest.raises(ConfigError, match="STATS_EVENT_STEPS: 'step' is no function"):
        check_settings(load_settings({"STATS_EVENT_STEPS": ["step"]}, {}))


def test_each_of_ours_is_mapped_and_documented() -> None:
    keywords = [one.field for one in DIMENSIONS if one.source]
    template = build_templates("", ["record-view"], keywords=keywords)["events-stats-record-view"]
    mapped = template["template"]["mappings"]["properties"]
    page = (Path(__file__).parents[2] / "docs" / "dimensions.md").read_text("utf-8")
    for dimension in DIMENSIONS:
        first, _, rest = dimension.field.partition(".")
        field = mapped.get(first, {})
        assert field if not rest else rest in field["properties"], (
            f"stats/templates/raw.json does not map {dimension.field}"
        )
        row = f"| `{dimension.name}` | `{dimension.field}`"
        assert row in page, f"docs/dimensions.md has no row that begins with {row}"
