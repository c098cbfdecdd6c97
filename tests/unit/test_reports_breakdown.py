"""Breakdowns for charts: every event in one bucket, together the total."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.aggregations.hierarchy import Containers, Hierarchy
from stats.errors import InputError
from stats.events.types import DIMENSIONS
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.reports.breakdown import (
    BreakdownRequest,
    build_answer,
    build_documents,
    parse_breakdown,
    read_dimension,
    read_kinds,
    run_breakdown,
)
from tests.report_sources import sources

BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}


DAY = {
    "timestamp": "2024-01-01T00:00:00.000Z",
    "event": "file-download",
    "interval": "day",
    "source": "events",
}


def request(by: str = "collection", **given: str) -> BreakdownRequest:
    return parse_breakdown({"by": by, **given}, kinds=build_kinds(), dimensions=BY_NAME)


def daily(resource: str, count: int, *parents: str) -> dict[str, Any]:
    return {**DAY, "resource": resource, "parents": list(parents), "count": count}


def test_files_are_credited_to_what_they_were_in() -> None:
    documents = [
        daily("file:f1", 3, "dataset:d1", "collection:c1"),
        daily("file:f2", 2, "dataset:d1", "collection:c1"),
        daily("file:f3", 1),
        daily("dataset:d1", 5, "collection:c1"),
        daily("collection:c1", 5),
        daily("site:all", 6),
    ]
    assert read_kinds(documents, request()) == {"collection:c1": 5, "": 1}
    assert read_kinds(documents, request("dataset")) == {"dataset:d1": 5, "": 1}
    assert read_kinds(documents, request("file")) == {"file:f1": 3, "file:f2": 2, "file:f3": 1}


def test_what_was_used_itself_and_in_its_parts_counts_once() -> None:
    documents = [
        daily("file:f1", 3, "dataset:d1", "collection:c1"),
        daily("dataset:d1", 10, "collection:c1"),
        daily("collection:c1", 10),
    ]
    assert read_kinds(documents, request("dataset")) == {"dataset:d1": 10}


def test_of_several_parents_always_the_same_one_is_credited() -> None:
    documents = [
        daily("file:f1", 3, "collection:c2", "collection:c1"),
        daily("file:f2", 4, "collection:c2"),
        daily("collection:c1", 3),
        daily("collection:c2", 7),
    ]
    assert read_kinds(documents, request()) == {"collection:c1": 3, "collection:c2": 4}


def test_days_are_credited_one_by_one() -> None:
    later = {"timestamp": "2024-01-02T00:00:00.000Z"}
    documents = [
        daily("file:f1", 3, "collection:c1"),
        daily("collection:c1", 3),
        daily("file:f1", 2, "collection:c2") | later,
        daily("collection:c2", 2) | later,
    ]
    assert read_kinds(documents, request()) == {"collection:c1": 3, "collection:c2": 2}


def test_what_moved_within_a_day_is_no_more_than_there_was() -> None:
    """Its document names both collections, and has the number of the whole day."""
    documents = [
        daily("file:f1", 3, "collection:c1", "collection:c2"),
        daily("file:f2", 1, "collection:c2"),
        daily("collection:c2", 2),
    ]
    found = read_kinds(documents, request("file", within="collection:c2"))
    assert found == {"file:f2": 1, "file:f1": 1}


def test_what_moved_within_a_day_is_divided_by_its_parts() -> None:
    """From c1 to c2, and c0 for some of the time in between: no bucket is more than its own."""
    moved = daily("file:f1", 7, "collection:c0", "collection:c1", "collection:c2")
    moved["partly"] = ["collection:c0", "collection:c1", "collection:c2"]
    stayed = daily("file:f2", 2, "collection:c2")
    key = (DAY["timestamp"], DAY["event"], DAY["interval"], DAY["source"], "file:f1")
    of_day = {"collection:c1": 3, "collection:c2": 2, "collection:c0": 1}
    found = read_kinds([moved, stayed], request(), parts={key: Counter(of_day)})
    assert found == {"collection:c0": 1, "collection:c1": 3, "collection:c2": 4, "": 1}

    moved["parents"].append("collection:c3")  # all day
    found = read_kinds([moved, stayed], request(), parts={key: Counter(of_day)})
    assert found == {"collection:c0": 1, "collection:c1": 3, "collection:c2": 4, "collection:c3": 1}


def test_a_rolled_up_month_has_several_documents_of_what_moved() -> None:
    documents = [
        daily("file:f1", 3, "dataset:d1", "collection:c1"),
        daily("file:f1", 2, "dataset:d1", "collection:c2"),
        daily("dataset:d1", 5, "collection:c1"),
        daily("dataset:d1", 3, "collection:c2"),
        daily("collection:c1", 5),
        daily("collection:c2", 3),
    ]
    month = [document | {"interval": "month"} for document in documents]
    assert read_kinds(month, request()) == {"collection:c1": 5, "collection:c2": 3}
    assert read_kinds(month, request("file")) == {"file:f1": 5, "": 3}
    assert read_kinds(month, request("dataset")) == {"dataset:d1": 8}


def test_numbers_taken_over_are_credited_beside_those_of_events() -> None:
    legacy = {"source": "legacy"}
    documents = [
        daily("file:f1", 3, "collection:c1"),
        daily("collection:c1", 3),
        daily("file:f1", 4, "collection:c1") | legacy,
        daily("collection:c1", 4) | legacy,
    ]
    assert read_kinds(documents, request("file")) == {"file:f1": 7}


@pytest.mark.parametrize("broken", [["file:a", "file:b"], ["file:a"]])
def test_a_circle_of_parents_does_not_hang(broken: list[str]) -> None:
    documents = [daily("file:a", 1, "file:b"), daily("file:b", 1, *broken)]
    assert sum(read_kinds(documents, request()).values()) >= 1


@given(
    st.dictionaries(
        st.sampled_from(["file:1", "file:2", "file:3", "dataset:1", "record:9"]),
        st.tuples(
            st.integers(1, 5),
            st.sampled_from([(), ("dataset:1",), ("dataset:2",)]),
            st.lists(st.sampled_from(["collection:1", "collection:2"]), unique=True),
        ),
    ),
    st.sampled_from(["collection", "dataset", "file", "space"]),
)
def test_every_event_is_in_exactly_one_bucket(
    events: dict[str, tuple[int, tuple[str, ...], list[str]]], by: str
) -> None:
    """The daily documents are made by the aggregation's own rule of what contains what."""
    containers, counts = Containers(Hierarchy(build_kinds())), Counter[str]()
    for resource, (count, datasets, collections) in events.items():
        refs = tuple(dict.fromkeys((resource, *datasets, *collections)))
        containers.add(refs)
        counts.update(dict.fromkeys(refs, count))
    documents = [daily(ref, count, *containers.of(ref)) for ref, count in counts.items()]
    sums = read_kinds(documents, request(by))
    assert sum(sums.values()) == sum(count for count, *_ in events.values())


def test_a_dimension_is_read_from_the_resource_itself() -> None:
    rows = {"country": [["CH", 3, 2, 300], ["ZZ", 1, 1, 50]]}
    documents = [{**daily("site:all", 4), "breakdown": rows}, daily("site:all", 2)]
    assert read_dimension(documents, request("country")) == {"CH": 3, "ZZ": 1}
    assert read_dimension(documents, request("country", metric="volume")) == {"CH": 300, "ZZ": 50}
    assert build_documents(request("country"), own=True)["_source"][-1] == "breakdown.country"


def test_the_answer_has_titles_and_most_first() -> None:
    found = sources(descriptions={"collection:c1": {"title": "One"}})
    answer = build_answer(
        request(),
        {"": 1, "collection:c2": 5, "collection:c1": 5, "collection:c3": 0},
        total=11,
        counted_until=None,
        sources=found,
    )
    assert answer["buckets"] == [
        {"key": "collection:c1", "title": "One", "value": 5},
        {"key": "collection:c2", "title": "", "value": 5},
        {"key": "", "title": "", "value": 1},
    ]
    assert (answer["within"], answer["metric"], answer["total"]) == ("site:all", "downloads", 11)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "missing", "by"),
        ({"by": "Not a kind"}, "bad_format", "by"),
        ({"by": "access_method+country"}, "bad_format", "by"),
        ({"by": "x" * 65}, "bad_format", "by"),
        ({"by": "country", "within": "nowhere"}, "bad_format", "within"),
        ({"by": "country", "within": ""}, "bad_format", "within"),
        ({"by": "country", "metric": "unique_downloads"}, "out_of_range", "metric"),
        ({"by": "country", "from": "2024-02-01", "to": "2024-01-01"}, "bad_window", "to"),
        ({"by": "country", "size": "3"}, "unknown_parameter", "size"),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_breakdown(given, kinds=build_kinds(), dimensions=BY_NAME)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    ("by", "hint"),
    [
        ("contry", "did you mean country?"),
        ("records", "did you mean record?"),
        ("sampel", "did you mean sample?"),
        ("site", "did you mean"),
        ("zzz", "take one of "),
    ],
)
def test_what_nothing_is_called_divides_nothing(by: str, hint: str) -> None:
    counted = [{"_id": "site:all", "kind": "site"}]
    with pytest.raises(InputError) as caught:
        run_breakdown(request(by), sources(totals=counted, kinds=[Kind("sample")]))
    assert (caught.value.code, caught.value.field) == ("bad_format", "by")
    assert hint in caught.value.message


@pytest.mark.parametrize("by", ["collection", "item", "named", "counted", "described"])
def test_a_kind_is_known_by_a_catalogue_a_setting_or_one_resource(
    by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sources(
        totals=[{"_id": "counted:1", "kind": "counted"}],
        descriptions={"described:1": {}},
        kinds=[Kind("named")],
    )
    monkeypatch.setattr("stats.reports.breakdown._total", lambda *_: 0)
    monkeypatch.setattr("stats.reports.breakdown._documents", lambda *_, **__: [])
    assert run_breakdown(request(by), found)["buckets"] == []
