"""Bodies and readings of queries, without an engine."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stats.queries.breakdown import build_by, read_by
from stats.queries.filters import build_search
from stats.queries.metrics import add_rows, empty_row
from stats.queries.ranking import Listed, pick_candidates, read_lists
from stats.queries.windows import Window


def filters_of(window: Window, **params: Any) -> list[dict[str, Any]]:
    body = build_search({"source": "all", **params}, window).to_dict()
    assert body["size"] == 0
    found: list[dict[str, Any]] = body.get("query", {}).get("bool", {}).get("filter", [])
    return found


def test_all_time_has_no_filter_of_days() -> None:
    assert filters_of(Window(), resource="a:b") == [{"term": {"resource": "a:b"}}]


def test_everything_is_within_the_site() -> None:
    assert filters_of(Window(), within="site:all") == []
    assert filters_of(Window(), within="space:s") == [{"term": {"parents": "space:s"}}]


def test_a_source_is_a_filter() -> None:
    assert filters_of(Window(), source="legacy") == [{"term": {"source": "legacy"}}]


def test_days_and_whole_months_are_filtered_apart() -> None:
    (days,) = filters_of(Window(date(2025, 1, 2), date(2025, 3, 30)))
    single, whole = days["bool"]["should"]
    assert single["bool"] == {
        "filter": [{"range": {"timestamp": {"gte": "2025-01-02", "lte": "2025-03-30"}}}],
        "must_not": [{"term": {"interval": "month"}}],
    }
    assert whole["bool"]["filter"] == [
        {"term": {"interval": "month"}},
        {"range": {"timestamp": {"gte": "2025-02-01", "lte": "2025-02-01"}}},
    ]


def test_a_breakdown_reads_no_other_breakdown() -> None:
    params = {"resource": "a:b", "source": "all", "from": None, "to": None}
    body = build_by({**params, "breakdown": "access_method+country"})
    assert body.keys() == {"query", "_source"}
    assert body["_source"] == [
        "count",
        "unique_count",
        "volume",
        "breakdown.access_method+country",
    ]


def test_equal_values_of_a_breakdown_come_in_the_order_of_their_keys() -> None:
    rows = [[key, 1, 1, 0] for key in ("b", "", "a")]
    document = {"count": 3, "unique_count": 1, "volume": 0, "breakdown": {"referrer": rows}}
    answer = read_by([document, document], {"breakdown": "referrer", "size": 2})
    assert [bucket["key"] for bucket in answer["buckets"]] == ["", "a"]
    assert answer["other"] == {"count": 2, "unique_count": 2, "volume": 0}
    assert answer["total"] == {"count": 6, "unique_count": 2, "volume": 0}


def test_totals_of_rows() -> None:
    metrics = ("count", "sum", "max", "last_value", "average")
    rows = [
        {"count": 2, "sum": 4.0, "max": -1.0, "last_value": 3.0, "average": 2.0},
        {"count": 1, "sum": 5.0, "max": -5.0, "last_value": None, "average": 5.0},
    ]
    assert add_rows(rows, metrics) == {
        "count": 3,
        "sum": 9.0,
        "max": -1.0,
        "last_value": 3.0,
        "average": 3.0,
    }
    assert add_rows([], metrics) == empty_row(metrics)
    assert empty_row(metrics) == {
        "count": 0,
        "sum": 0,
        "max": None,
        "last_value": None,
        "average": None,
    }


def response(*indices: dict[str, int]) -> dict[str, Any]:
    return {
        "aggregations": {
            "indices": {
                "buckets": [
                    {
                        "largest": {
                            "buckets": [{"key": k, "value": {"value": v}} for k, v in sums.items()]
                        }
                    }
                    for sums in indices
                ]
            }
        }
    }


def test_a_full_list_leaves_room_for_others_and_a_short_one_does_not() -> None:
    lists = read_lists(response({"a:1": 9, "a:2": 4}, {"a:3": 5}), 2)
    assert lists == [Listed({"a:1": 9, "a:2": 4}, 4), Listed({"a:3": 5}, 0)]
    assert read_lists({}, 2) == []


@pytest.mark.parametrize(
    ("lists", "size", "expected"),
    [
        ([], 3, []),
        # whole lists: everything is known
        ([Listed({"a": 1, "b": 0}, 0), Listed({"b": 0, "c": 2}, 0)], 5, ["a", "c"]),
        # an unlisted resource may have 3 + 3, more than the 5 that a proves
        ([Listed({"a": 5, "b": 3}, 3), Listed({"c": 3, "d": 3}, 3)], 1, None),
        # an equal one might have the smaller ref
        ([Listed({"a": 5, "b": 3}, 3), Listed({"c": 3, "d": 2}, 2)], 1, None),
        # a proves 9; b may have 3 + 2, too little
        ([Listed({"a": 9, "b": 3}, 3), Listed({"c": 8, "d": 2}, 2)], 1, ["a", "c"]),
        # fewer than asked for: others would be in it
        ([Listed({"a": 5, "b": 3}, 3)], 3, None),
    ],
)
def test_candidates(lists: list[Listed], size: int, expected: list[str] | None) -> None:
    assert pick_candidates(lists, size) == expected
