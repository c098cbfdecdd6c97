"""What InvenioRDM's database says of its content, as events: the same whoever builds them."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace as Of
from typing import Any

from stats.definitions import build_definitions
from stats.events.parse import parse_event
from stats.hosts.invenio.rdm.content import Membership, build_content
from stats.hosts.invenio.rdm.metadata import DIMENSIONS, LONGEST
from stats.queries.content import list_signs
from stats.setting_sources import load_settings
from stats.times import utc_now

METADATA = {
    "title": "Tides",
    "version": "1.0",
    "resource_type": {"id": "dataset"},
    "languages": [{"id": "eng"}, {"id": "deu"}],
    "subjects": [{"subject": "Sea"}, {"id": "euroscivoc:1"}],
    "creators": [{"affiliations": [{"name": "CERN"}]}],
    "funding": [{"funder": {"id": "00k4n6c32"}}],
    "publisher": "Tests",
    "rights": [{"title": {"en": "As you like"}}],
}


class Record(dict[str, Any]):
    """A record of InvenioRDM, as far as it is read."""

    def __init__(self, created: str, *, removed: str | None = None, **more: Any) -> None:
        super().__init__({"id": "r1", "metadata": METADATA, **more})
        self.created = datetime.fromisoformat(created)
        self.deletion_status = Of(is_deleted=removed is not None)
        self.tombstone = Of(removal_date=removed)
        self.files = Of(
            enabled=True, total_bytes=24, count=2, default_preview="", entries={"b.CSV", "a.tar.GZ"}
        )
        self.versions = Of(index=1)
        self.parent = Parent({"id": "p1"})


class Parent(dict[str, Any]):
    communities = Of(ids=["c1"])
    access = Of(owned_by=Of(owner_type="user", owner_id=7))


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def content_at(events: list[dict[str, Any]], ref: str, date: str) -> int:
    """Return how many records there are in a resource at the end of a day, by the signs."""
    signs = list_signs(ref)
    return sum(
        signs.get(event["type"], 0)
        for event in events
        if (ref in event["parents"] or ref == "site:all") and event["timestamp"][:10] <= date
    )


def test_a_removed_record_was_there_until_it_was_removed() -> None:
    record = Record("2015-02-01T10:00:00", removed="2020-03-04T00:00:00+00:00")
    memberships = [Membership("c1", "q1", day("2016-05-06"))]
    events = build_content(record, memberships)
    assert events == build_content(record, memberships)
    assert [event["type"] for event in events] == [
        "record-created",
        "record-included",
        "record-removed",
    ]
    at = ("2015-01-31", "2015-02-01", "2016-05-05", "2016-05-06", "2020-03-03", "2020-03-04")
    assert [content_at(events, "site:all", date) for date in at] == [0, 1, 1, 1, 1, 0]
    assert [content_at(events, "community:c1", date) for date in at] == [0, 0, 0, 1, 1, 0]


def test_a_version_is_not_in_a_community_before_it_is_published() -> None:
    memberships = [Membership("c1", "q1", day("2016-05-06")), Membership("c2", None, None)]
    events = build_content(Record("2018-01-01T00:00:00"), memberships)
    included = {event["parents"][0]: event["timestamp"][:10] for event in events[1:]}
    assert included == {"community:c1": "2018-01-01", "community:c2": "2018-01-01"}


def test_each_event_is_taken_as_it_is_with_files_bytes_and_dimensions() -> None:
    found = build_definitions(load_settings({"STATS_DIMENSIONS": list(DIMENSIONS)}, {}))
    expected = {
        "resource_type": "dataset",
        "language": "eng",
        "subject": "Sea",
        "affiliation": "CERN",
        "funder": "00k4n6c32",
        "publisher": "Tests",
        "periodical": "Waves",
        "licence": "As you like",
        "file_type": "gz",
    }
    record = Record(
        "2015-02-01T10:00:00",
        removed="2020-03-04T00:00:00+00:00",
        custom_fields={"journal:journal": {"title": "Waves"}},
    )
    for raw in build_content(record, [Membership("c1", "q1", None)]):
        event = parse_event(raw, types=found.event_types, now=utc_now())
        assert (event.size, event.value) == (24, 2)
        assert {one.name: one.read(event) for one in DIMENSIONS} == expected
        assert set(DIMENSIONS) <= set(event.type.dimensions)


def test_long_texts_are_cut_and_what_is_missing_is_left_out() -> None:
    (created,) = build_content(Record("2015-02-01T10:00:00", metadata={"publisher": "x" * 300}), [])
    assert created["extra"] == {
        "version_index": 1,
        "publisher": "x" * LONGEST,
        "file_type": "gz",
    }
