"""Parameters: what is read, what is refused, and under which name."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from stats.aggregations.types import daily
from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES
from stats.kinds.declared import build_kinds
from stats.queries.catalogue import build_catalogue, resolve_params
from stats.times import UTC

KINDS = build_kinds()
BACKWARDS = {"resource": "a:b", "from_": "2025-02-02", "to": "2025-02-01"}
NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
QUERIES = build_catalogue([daily(event_type) for event_type in EVENT_TYPES])


def resolve(name: str, **given: object) -> dict[str, object]:
    renamed = {key.rstrip("_"): value for key, value in given.items()}
    return dict(resolve_params(QUERIES[name], renamed, now=NOW, kinds=KINDS))


def test_the_catalogue() -> None:
    assert {
        "record-view-histogram",
        "record-view-total",
        "record-view-by",
        "record-view-top",
        "file-download-histogram",
        "file-download-total",
        "file-download-by",
        "file-download-top",
        "top",
        "record-view",
        "record-view-all-versions",
        "record-download",
        "record-download-all-versions",
    } <= set(QUERIES)


def test_defaults_of_a_histogram() -> None:
    assert resolve("record-view-histogram", resource="record:r1") == {
        "resource": "record:r1",
        "from": date(2025, 2, 13),
        "to": date(2025, 3, 14),
        "interval": "day",
        "source": "all",
    }


def test_a_histogram_of_the_past_has_the_usual_length_too() -> None:
    params = resolve("record-view-histogram", resource="a:b", to="2020-01-31", interval="month")
    assert params["from"] == date(2019, 2, 1)


def test_empty_text_and_null_are_not_given() -> None:
    params = resolve("record-view-total", resource="a:b", from_="", to=None)
    assert (params["from"], params["to"]) == (None, None)


def test_numbers_come_as_text_or_as_numbers() -> None:
    assert resolve("record-view-top", size="1000")["size"] == 1000
    assert resolve("record-view-top", size=7)["size"] == 7


def test_invenio_ids_become_refs_and_times_become_days() -> None:
    params = resolve("record-view", recid=12, start_date="2025-01-01T23:30:00-02:00")
    assert params["recid"] == "record:12"
    assert params["start_date"] == date(2025, 1, 2)
    assert resolve("record-view-all-versions", parent_recid="p")["parent_recid"] == "concept:p"


@pytest.mark.parametrize(
    ("name", "given", "code", "field"),
    [
        ("record-view-total", {}, "missing", "resource"),
        ("record-view-total", {"resource": ""}, "missing", "resource"),
        ("record-view-total", {"resource": "r1"}, "bad_format", "resource"),
        ("record-view-total", {"resource": 5}, "wrong_type", "resource"),
        (
            "record-view-total",
            {"resource": "a:b", "Resource": "x"},
            "unknown_parameter",
            "Resource",
        ),
        ("record-view-total", {"resource": "a:b", "from_": "2025-02-30"}, "bad_format", "from"),
        ("record-view-total", {"resource": "a:b", "from_": "2025-2-3"}, "bad_format", "from"),
        ("record-view-total", {"resource": "a:b", "from_": "20250203"}, "bad_format", "from"),
        ("record-view-total", {"resource": "a:b", "to": "today"}, "bad_format", "to"),
        ("record-view-total", {"resource": "a:b", "to": 2025}, "wrong_type", "to"),
        ("record-view-total", {"resource": "a:b", "to": "9999-01-01"}, "out_of_range", "to"),
        ("record-view-total", {"resource": "a:b", "source": "mine"}, "bad_format", "source"),
        (
            "record-view-histogram",
            {"resource": "a:b", "interval": "hour"},
            "bad_format",
            "interval",
        ),
        ("record-view-histogram", BACKWARDS, "bad_window", "to"),
        ("record-view-histogram", {"resource": "a:b", "from_": "2099-01-01"}, "bad_window", "to"),
        (
            "record-view-histogram",
            {"resource": "a:b", "from_": "1900-01-01"},
            "out_of_range",
            "interval",
        ),
        ("record-view-total", BACKWARDS, "bad_window", "to"),
        (
            "record-view",
            {"recid": "1", "start_date": "2025-02-02", "end_date": "2025-02-01"},
            "bad_window",
            "end_date",
        ),
        ("record-view-top", {"size": 0}, "out_of_range", "size"),
        ("record-view-top", {"size": 1001}, "out_of_range", "size"),
        ("record-view-top", {"size": "-1"}, "wrong_type", "size"),
        ("record-view-top", {"size": True}, "wrong_type", "size"),
        ("record-view-top", {"size": 1.5}, "wrong_type", "size"),
        ("record-view-top", {"kind": "Record"}, "bad_format", "kind"),
        ("record-view-top", {"within": "community"}, "bad_format", "within"),
        ("record-view-top", {"within": ""}, "bad_format", "within"),
        ("top", {"kind": ""}, "bad_format", "kind"),
        ("access-share", {"resource": ""}, "bad_format", "resource"),
        ("sip-created-share", {"resource": "a:b", "of": ""}, "bad_format", "of"),
        ("store-size-level", {"kind": ""}, "bad_format", "kind"),
        ("user-statistics", {"user": "u", "resource": ""}, "bad_format", "resource"),
        ("user-statistics", {"user": ""}, "missing", "user"),
        ("record-view-by", {"resource": "a:b"}, "missing", "breakdown"),
        ("record-view-by", {"resource": "a:b", "breakdown": "colour"}, "bad_format", "breakdown"),
        ("top", {"metric": "likes"}, "bad_format", "metric"),
        ("record-view", {}, "missing", "recid"),
        ("record-view", {"recid": ["1"]}, "wrong_type", "recid"),
        ("record-view", {"recid": "x" * 300}, "too_long", "recid"),
        ("record-view", {"recid": "1", "start_date": "yesterday"}, "bad_format", "start_date"),
    ],
)
def test_what_is_refused(name: str, given: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(name, **given)
    assert (caught.value.code, caught.value.field) == (code, field)
