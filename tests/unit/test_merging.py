"""Documents and answers of refs that were merged, without engines."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from stats.aggregations.users.retained_rows import rename_rows
from stats.events.batch import Ready
from stats.events.catalogue import EVENT_TYPES
from stats.events.merging import rename, rename_documents
from stats.events.parse import parse_event
from stats.events.raw_document import build_raw
from stats.queries.merged import follow, list_merged
from stats.retention.month import merge
from stats.stores.merges import Merge
from stats.times import utc_now
from tests.unit.test_aggregation_day import ENRICHMENT

OLD, NEW = "record:old", "record:new"
MERGES = {OLD: Merge(OLD, NEW, date(2025, 3, 1))}
TYPES = {one.name: one for one in EVENT_TYPES}


def raw_of(**fields: Any) -> dict[str, Any]:
    given = {"id": "a", "type": "record-view", "timestamp": "2026-03-05T10:00:00Z", **fields}
    event = parse_event(given, types=TYPES, now=utc_now())
    return orjson.loads(orjson.dumps(build_raw(event, enrichment=ENRICHMENT).source))


@pytest.mark.parametrize(
    "fields",
    [
        {"resource": "{}"},
        {"resource": "{}", "request_url": "/records/old"},
        {"resource": "{}", "type": "feature-use", "feature": "comment"},
        {"resource": "file:f1", "parents": ["{}", "community:a"]},
        {"resource": "file:f1", "parents": ["community:a", "{}"], "owner_id": "anna"},
    ],
)
def test_a_renamed_event_is_what_it_had_been_under_the_new_ref(fields: dict[str, Any]) -> None:
    def under(ref: str) -> dict[str, Any]:
        named = {name: _fill(value, ref) for name, value in fields.items()}
        return raw_of(**named)

    renamed = rename(under(OLD), OLD, NEW)
    assert renamed == under(NEW)
    assert rename(renamed, OLD, NEW) == renamed


def _fill(value: Any, ref: str) -> Any:
    if isinstance(value, list):
        return [one.format(ref) for one in value]
    return value.format(ref)


def test_a_ref_is_named_once() -> None:
    renamed = rename(raw_of(resource="file:f1", parents=[OLD, NEW]), OLD, NEW)
    assert renamed["parents"] == [NEW]
    assert renamed["resources"].count(NEW) == 1
    assert "parents" not in rename(raw_of(resource=OLD), OLD, NEW)
    assert rename(raw_of(resource=OLD, parents=[NEW]), OLD, NEW)["parents"] == []


def test_events_on_their_way_are_renamed_and_others_left() -> None:
    def ready(ref: str) -> Ready:
        given = {"id": "a", "type": "record-view", "timestamp": "2026-03-05T10:00:00Z"}
        event = parse_event({**given, "resource": ref}, types=TYPES, now=utc_now())
        return Ready("2026-03", "a", orjson.dumps(raw_of(resource=ref)), event, False)

    documents = [ready(OLD), ready("record:other")]
    assert rename_documents(documents, {}) is documents
    first, second = rename_documents(documents, MERGES)
    assert orjson.loads(first.body) == raw_of(resource=NEW)
    assert second is documents[1]


def test_kept_rows_of_people_are_renamed() -> None:
    rows = [["user", "anna", OLD, [], [], {}], ["breakdown", "record-view", OLD, "anna", 1, 1, 0]]
    assert [row[2] for row in rename_rows(rows, OLD, NEW)] == [NEW, NEW]
    assert rename_rows(rows, "record:other", NEW) == rows


def test_a_month_keeps_what_was_merged_into_its_days() -> None:
    day = {"resource": NEW, "timestamp": "2020-08-01T00:00:00.000Z", "count": 1}
    days = [day, {**day, "merged": [OLD]}, {**day, "merged": ["record:a", OLD]}]
    rolled = merge(days, date(2020, 8, 1))
    assert (rolled["count"], rolled["merged"]) == (3, ["record:a", OLD])


def test_answers_follow_and_say_so() -> None:
    assert [follow(ref, MERGES) for ref in (OLD, NEW)] == [NEW, NEW]
    assert list_merged([NEW], MERGES) == [
        {"resource": OLD, "into": NEW, "summed_before": "2025-03-01"}
    ]
    assert list_merged(["record:other"], MERGES) == []
