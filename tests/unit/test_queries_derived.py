"""Shares, levels, maps and people, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest

from stats.aggregations.types import daily
from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES, FILE_DOWNLOAD, RECORD_CREATED, RECORD_VIEW
from stats.events.types import BY_ACCESS, BY_VIA
from stats.kinds.declared import build_kinds
from stats.queries.catalogue import build_catalogue, resolve_params
from stats.queries.gauge import list_levels, read_measured
from stats.queries.geo_tiles import build_tiles, read_tiles
from stats.queries.shares import Part, share, share_histogram
from stats.queries.types import Answer, Query, Sources

QUERIES = build_catalogue([daily(event_type) for event_type in EVENT_TYPES])
KINDS = build_kinds()
NOW = datetime(2025, 4, 15, tzinfo=timezone.utc)
VIEWS, DOWNLOADS = Part((daily(RECORD_VIEW),)), Part((daily(FILE_DOWNLOAD),))


class Days:
    """A store of daily documents that were written by hand."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = documents
        self.indices: list[str] = []

    def daily(self, family: str, month: str | None = None) -> str:
        return family

    raw = daily

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("not asked here")

    def pages(
        self, index: str, body: dict[str, Any], *, size: int = 0
    ) -> Iterator[list[dict[str, Any]]]:
        self.indices.append(index)
        yield [{"_source": document} for document in self.documents]


class Nobody:
    def read(self, refs: Any) -> dict[str, Any]:
        return {}

    def list_owned(self, user: str) -> list[str]:
        return []


def day(event: str, text: str, count: int, **breakdown: Any) -> dict[str, Any]:
    return {
        "event": event,
        "timestamp": f"{text}T00:00:00.000Z",
        "count": count,
        "breakdown": breakdown,
    }


def run(query: Query, days: Days, **given: Any) -> Answer:
    params = resolve_params(query, given, now=NOW, kinds=KINDS)
    return query.run(query, params, Sources(days, Nobody()))


def test_a_share_is_a_quotient_of_sums() -> None:
    """1 of 1 and 1 of 9 are together 2 of 10, not the mean of 1.0 and 0.11."""
    query = share("x", "X", part=DOWNLOADS, whole=VIEWS)
    days = Days(
        day("file-download", "2025-03-01", 1),
        day("record-view", "2025-03-01", 1),
        day("file-download", "2025-03-02", 1),
        day("record-view", "2025-03-02", 9),
    )
    answer = run(query, days)
    assert answer["total"] == {"part": 2, "whole": 10, "share": 0.2}
    assert answer["resource"] == "site:all"
    assert days.indices == ["file-download,record-view"]


def test_the_share_of_nothing_is_not_known() -> None:
    query = share("x", "X", part=DOWNLOADS, whole=VIEWS)
    assert run(query, Days())["total"] == {"part": 0, "whole": 0, "share": None}


def test_one_value_of_a_breakdown_is_a_part() -> None:
    query = share("x", "X", part=Part((daily(RECORD_VIEW),), BY_VIA, "api"), whole=VIEWS)
    days = Days(
        day("record-view", "2025-03-01", 4, via=[["ui", 3, 3, 0], ["api", 1, 1, 0]]),
        day("record-view", "2025-03-02", 4, via=[["ui", 4, 4, 0]]),
    )
    assert run(query, days)["total"] == {"part": 1, "whole": 8, "share": 0.125}


def test_the_history_of_a_share_has_every_interval() -> None:
    query = share_histogram("x", "X", part=DOWNLOADS, whole=VIEWS)
    days = Days(day("file-download", "2025-01-31", 1), day("record-view", "2025-01-01", 2))
    answer = run(query, days, interval="month", **{"from": "2025-01-01", "to": "2025-02-28"})
    assert answer["buckets"] == [
        {"date": "2025-01-01", "part": 1, "whole": 2, "share": 0.5},
        {"date": "2025-02-01", "part": 0, "whole": 0, "share": None},
    ]
    assert answer["total"] == {"part": 1, "whole": 2, "share": 0.5}


def test_access_shares_name_every_access_and_one_type() -> None:
    created = RECORD_CREATED.name
    days = Days(
        day(created, "2025-03-01", 3, access=[["open", 3, 3, 0]]),
        day(created, "2025-03-02", 1, access=[["closed", 1, 1, 0]]),
        day("record-view", "2025-03-02", 7, access=[["open", 7, 7, 0]]),
    )
    answer = run(QUERIES["access-share"], days)
    assert answer["type"] == created
    assert answer["buckets"] == [
        {"key": "open", "count": 3, "share": 0.75},
        {"key": "closed", "count": 1, "share": 0.25},
        {"key": "restricted", "count": 0, "share": 0.0},
    ]
    assert answer["total"] == {"count": 4}
    assert run(QUERIES["access-share"], days, type="record-view")["total"] == {"count": 7}
    types = {a.event_type.name for a in QUERIES["access-share"].aggregations}
    assert types == {t.name for t in EVENT_TYPES if BY_ACCESS in t.breakdowns}


def test_a_level_lasts_until_the_next_measurement() -> None:
    params = {"from": date(2025, 2, 1), "to": date(2025, 4, 30), "interval": "month"}
    measured = [
        (date(2025, 3, 31), "collection:a", 30.0),
        (date(2025, 1, 1), "collection:a", 10.0),
        (date(2025, 4, 1), "collection:b", 5.0),
    ]
    assert list_levels(measured, params) == [
        {"date": "2025-02-01", "level": 10.0, "resources": 1},
        {"date": "2025-03-01", "level": 30.0, "resources": 1},
        {"date": "2025-04-01", "level": 35.0, "resources": 2},
    ]
    assert list_levels([], {**params, "to": date(2025, 2, 1)}) == [
        {"date": "2025-02-01", "level": None, "resources": 0}
    ]


def test_a_month_is_measured_on_its_last_day() -> None:
    document = {"resource": "a:b", "last_value": 1, "timestamp": "2025-02-01T00:00:00.000Z"}
    assert read_measured({**document, "interval": "day"})[0] == date(2025, 2, 1)
    assert read_measured({**document, "interval": "month"})[0] == date(2025, 2, 28)


@pytest.mark.parametrize("given", [{}, {"resource": "a:b", "kind": "a"}])
def test_a_level_is_of_one_resource_or_of_a_kind(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match="either the resource"):
        resolve_params(QUERIES["store-size-level"], given, now=NOW, kinds=KINDS)


def test_a_map_asks_for_tiles_of_what_is_not_excluded() -> None:
    params = resolve_params(
        QUERIES["record-view-map"],
        {"resource": "record:r1", "to": "2025-01-31"},
        now=NOW,
        kinds=KINDS,
    )
    filters = build_tiles(params)["query"]["bool"]
    assert {"term": {"resources": "record:r1"}} in filters["filter"]
    assert {"range": {"timestamp": {"lt": "2025-02-01"}}} in filters["filter"]
    assert {"bool": {"must_not": [{"exists": {"field": "excluded"}}]}} in filters["filter"]
    assert read_tiles({"hits": {}}) == {"buckets": [], "total": {"count": 0, "unlocated": 0}}


@pytest.mark.parametrize("zoom", ["0", "9", "x"])
def test_a_tile_is_never_as_small_as_a_house(zoom: str) -> None:
    with pytest.raises(InputError, match=r"zoom must be .*from 1 to 8$"):
        resolve_params(
            QUERIES["record-view-map"], {"resource": "a:b", "zoom": zoom}, now=NOW, kinds=KINDS
        )


def test_a_person_is_a_ref_so_that_the_policy_sees_him() -> None:
    params = resolve_params(QUERIES["user-statistics"], {"user": "u9"}, now=NOW, kinds=KINDS)
    assert params["user"] == "user:u9"
