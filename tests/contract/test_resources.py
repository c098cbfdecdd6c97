"""What the descriptions of resources promise, on a real MongoDB server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from stats.errors import LimitError
from stats.stores import resources as store
from stats.stores.resources import Description, ResourceStore
from stats.times import UTC

NOW = datetime(2025, 1, 2, tzinfo=UTC)


def described(ref: str, *, days: int = 0, **fields: Any) -> Description:
    return Description(ref, fields, NOW + timedelta(days))


def test_a_description_changes_what_it_names(resources: ResourceStore) -> None:
    resources.ensure()
    resources.ensure()
    resources.describe([described("record:a:b/c", title="T", owner="Ann", size=1)])
    resources.describe([described("record:a:b/c", days=1, title="U", owner=None)])
    expected = {
        "_id": "record:a:b/c",
        "kind": "record",
        "id": "a:b/c",
        "title": "U",
        "size": 1,
        "described_at": NOW + timedelta(1),
    }
    assert resources.read(["record:a:b/c"]) == {"record:a:b/c": expected}


def test_what_was_known_later_is_not_overwritten(resources: ResourceStore) -> None:
    resources.describe([described("file:1", title="new"), described("file:2", title="old")])
    older = [described(ref, days=-1, title="older") for ref in ("file:1", "file:3")]
    resources.describe([*older, described("file:2", days=1, title="new")])
    found = resources.read(["file:1", "file:2", "file:3"])
    assert {ref: one["title"] for ref, one in found.items()} == {
        "file:1": "new",
        "file:2": "new",
        "file:3": "older",
    }


def test_one_resource_may_be_described_twice_at_once(resources: ResourceStore) -> None:
    for ref, newest_first in (("file:1", False), ("file:2", True)):
        given = [described(ref, title="a", size=1), described(ref, days=1, title="b")]
        resources.describe(sorted(given, key=lambda one: one.moment, reverse=newest_first))
        assert resources.read([ref])[ref]["title"] == "b"


def test_the_same_again_changes_nothing(resources: ResourceStore) -> None:
    resources.describe([described("file:1", title="a")])
    before = resources.read(["file:1"])
    resources.describe([described("file:1", title="a")])
    assert resources.read(["file:1"]) == before


def test_nothing_is_a_normal_answer(resources: ResourceStore) -> None:
    resources.describe([])
    assert resources.read([]) == {}
    assert resources.read(["file:1", "file:2"]) == {}


def test_what_the_host_says_stands_against_an_event_from_a_clock_ahead(
    resources: ResourceStore,
) -> None:
    now = NOW
    resources.describe([Description("record:r", {"title": "event"}, now + timedelta(hours=20))])
    restricted = {"access": "restricted", "title": "host"}
    resources.describe([Description("record:r", restricted, now, by_host=True)])
    known = resources.read(["record:r"])["record:r"]
    assert (known["access"], known["title"]) == ("restricted", "host")
    resources.describe([Description("record:r", {"title": "late"}, now + timedelta(hours=1))])
    assert resources.read(["record:r"])["record:r"]["title"] == "host"


def test_what_somebody_owns_is_found_by_its_owner(
    resources: ResourceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources.ensure()
    owned = [described(ref, owner_id="u7") for ref in ("record:1", "file:1")]
    resources.describe([*owned, described("record:2", owner_id="u8"), described("record:3")])
    assert sorted(resources.list_owned("u7")) == ["file:1", "record:1"]
    assert resources.list_owned("u9") == []
    monkeypatch.setattr(store, "MAX_OWNED", 1)
    with pytest.raises(LimitError, match="user u7 owns more than 1 resources"):
        resources.list_owned("u7")
