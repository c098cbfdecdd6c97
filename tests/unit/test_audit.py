"""What an audit says about two documents, and about one alone."""

from __future__ import annotations

import pytest

from stats.audit.differences import Place, compare
from stats.audit.invariants import check_document

PLACE = Place("record-view", "2026-03-05", "record:r1")
DAY = {"timestamp": "2026-03-05T00:00:00.000Z", "resource": "record:r1", "interval": "day"}


def fields(stored, right):
    return [(d.field, d.stored, d.right) for d in compare(PLACE, stored, right)]


def test_equal_documents_have_no_differences():
    document = {"count": 2, "sum": 0.3, "breakdown": {"country": [["CH", 2, 1, 0]]}}
    other = document | {"counted_at": "later", "sum": 0.1 + 0.2}
    assert fields(document, other) == []
    assert fields(None, None) == []


def test_the_field_the_row_and_the_missing_document_are_named():
    stored = {"count": 2, "breakdown": {"country": [["CH", 2, 1, 0], ["DE", 1, 1, 0]]}}
    right = {"count": 3, "breakdown": {"country": [["CH", 2, 2, 0]]}}
    assert fields(stored, right) == [
        ("breakdown.country.CH", "[2, 1, 0]", "[2, 2, 0]"),
        ("breakdown.country.DE", "[1, 1, 0]", "nothing"),
        ("count", "2", "3"),
    ]
    assert fields(None, right) == [("document", "none", "one")]
    assert fields(stored, None) == [("document", "one", "none")]


def test_a_difference_is_a_line():
    (difference,) = compare(PLACE, {"count": 2}, {"count": 3})
    assert str(difference) == "record-view 2026-03-05 record:r1 count: stored 2, right 3"


@pytest.mark.parametrize(
    ("family", "fields", "wrong"),
    [
        ("record-view", {"count": 2, "unique_count": 2}, None),
        ("record-view", {"count": 2, "unique_count": 3}, "unique_count"),
        ("record-view", {"count": 2, "breakdown": {"via": [["ui", 1, 1, 0]]}}, "count"),
        ("record-view", {"volume": 2, "breakdown": {"via": [["ui", 0, 0, 1]]}}, "volume"),
        ("record-view", {"excluded_count": 2, "excluded": {"robot": 1}}, "excluded_count"),
        ("usage", {"total_investigations": 1, "total_requests": 2}, "total_requests"),
        ("usage", {"total_requests": 1, "breakdown": {"a": [["x", 0, 0, 2, 0, 0]]}}, "total_"),
        ("users", {"user_id": "u", "views": 2, "via": {"ui": {"views": 1}}}, "views"),
        ("users", {"user_id": "u", "views": 1, "via": {"extractor": {"views": 1}}}, "views"),
        ("users", {"user_id": "u", "views": 1, "via": {"api": {"views": 1}}}, None),
    ],
)
def test_what_cannot_be_is_found(family, fields, wrong):
    found = [difference.field for difference in check_document(family, DAY | fields)]
    assert bool(found) == (wrong is not None)
    assert wrong is None or found[0].startswith(wrong)
