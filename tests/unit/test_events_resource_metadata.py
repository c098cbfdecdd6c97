"""What events say of their resources, and when it is new."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from stats.events.catalogue import RECORD_VIEW
from stats.events.resource_metadata import Descriptions
from stats.events.types import Event
from stats.times import UTC, day_start_ms


def event(day: int, ref: str = "record:r1", **fields: Any) -> Event:
    return Event(RECORD_VIEW, "e", day_start_ms(date(2025, 1, day)), ref, **fields)


def titles(found: list[Any]) -> dict[str, Any]:
    return {description.ref: description.fields.get("title") for description in found}


def test_an_event_describes_its_own_resource_with_the_fields_it_has() -> None:
    created = day_start_ms(date(2024, 1, 1))
    said = event(2, title="T", owner_id="o", size=0, created=created, parents=("a:b",), via="api")
    (description,) = Descriptions().find_new([said])
    assert description.ref == "record:r1"
    assert description.moment == datetime(2025, 1, 2, tzinfo=UTC)
    assert description.fields == {
        "title": "T",
        "owner_id": "o",
        "size": 0,
        "created": datetime(2024, 1, 1, tzinfo=UTC),
        "parents": ["a:b"],
    }


def test_of_one_resource_the_newest_event_speaks() -> None:
    events = [event(2, title="b"), event(3, title="c"), event(1, title="a"), event(4)]
    assert titles(Descriptions().find_new(events)) == {"record:r1": "c"}


def test_what_was_said_is_not_said_again() -> None:
    descriptions = Descriptions()
    first = descriptions.find_new([event(2, title="a"), event(2, "file:1", title="f")])
    assert titles(descriptions.find_new([event(2, title="a")])) == {"record:r1": "a"}
    descriptions.remember(first)
    assert descriptions.find_new([event(3, title="a"), event(3, "file:1", title="f")]) == []
    assert descriptions.find_new([event(1, title="older")]) == []
    assert titles(descriptions.find_new([event(3, title="new")])) == {"record:r1": "new"}


def test_memory_is_bounded() -> None:
    descriptions = Descriptions(remembered=2)
    for n in range(3):
        new = descriptions.find_new([event(1, f"file:{n}", title="t")])
        descriptions.remember(new)
    assert titles(descriptions.find_new([event(1, f"file:{n}", title="t") for n in range(3)])) == {
        "file:0": "t"
    }


def test_a_field_that_a_newer_event_lacks_is_kept() -> None:
    events = [event(3, size=1), event(2, title="a", size=2), event(4, url="/x")]
    (found,) = Descriptions().find_new(events)
    assert found.fields == {"title": "a", "size": 1, "url": "/x"}
    assert found.moment == datetime(2025, 1, 4, tzinfo=UTC)
