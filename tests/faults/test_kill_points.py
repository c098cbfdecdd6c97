"""A worker that dies right before or after a named write: another one makes it good.

Each point lies between two writes that belong together: queue and index, index and bookmark,
bookmark and mark, daily documents and totals. Some events are counted before, so that there is
a bookmark to be wrong about.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import Any

import pytest

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.stores.search import Action
from stats.times import EPOCH
from tests.faults.traffic import START, assert_equals_model, make_events
from tests.faults.workers import PATIENCE, environment_of, worker
from tests.system import System

LEASE = 0.5
EVENTS = 120

BETWEEN_QUEUE_AND_INDEX = ["before search.bulk 1"]
BETWEEN_INDEX_AND_ACKNOWLEDGEMENT = [
    "after search.bulk 1",
    "before resources.describe 1",
    "before consumer.ack 1",
    "after consumer.ack 1",
]
BETWEEN_INDEX_AND_BOOKMARK = [
    "before day_claims.mark_days 1",
    "after day_claims.mark_days 1",
    "after bookmarks.move_found 1",
]
WHILE_A_DAY_IS_COUNTED = [
    "after day_claims.claim_day 1",
    "after bookmarks.ticket 1",
    # the bulks of the two types' raw events come first
    "before search.bulk 3",
    "after search.bulk 3",
]
BETWEEN_DOCUMENTS_AND_TOTALS = [
    "before months.merge 1",
    "after months.merge 1",
    "before totals.write 1",
    "after totals.write 1",
    "after totals.write_users 1",
    "before day_claims.finish_day 1",
    "after day_claims.finish_day 1",
]


@pytest.mark.parametrize(
    "point",
    [
        *BETWEEN_QUEUE_AND_INDEX,
        *BETWEEN_INDEX_AND_ACKNOWLEDGEMENT,
        *BETWEEN_INDEX_AND_BOOKMARK,
        *WHILE_A_DAY_IS_COUNTED,
        *BETWEEN_DOCUMENTS_AND_TOTALS,
    ],
)
def test_a_worker_that_dies_there_loses_nothing_and_counts_nothing_twice(
    point: str, state: StatsState, pipeline: System, stats_namespace: Namespace
) -> None:
    events = make_events(random.Random(point), 2 * EVENTS)
    pipeline.publish(events[:EVENTS])
    pipeline.process()
    pipeline.aggregate()
    pipeline.publish(events[EVENTS:])
    environment = environment_of(stats_namespace, lease=LEASE)
    with worker(environment, "--die", *point.split()) as process:
        assert process.wait(PATIENCE) == -signal.SIGKILL, "the worker never came to that point"
    time.sleep(LEASE)
    pipeline.process()
    pipeline.aggregate()
    assert state.stores.day_claims.marked_days() == []
    assert_equals_model(pipeline, events)


BETWEEN_DELETION_AND_TOTALS = [
    "before day_claims.note_gone 1",
    "after day_claims.note_gone 1",
    # the days' documents are one bulk, what is no more of them is the next
    "after search.bulk 2",
    "before months.merge 1",
    "after months.merge 1",
    "before totals.write 1",
    "after totals.write 1",
    "before totals.delete_users 1",
    "before day_claims.finish_day 1",
    "after day_claims.finish_day 1",
]


@pytest.mark.parametrize("point", BETWEEN_DELETION_AND_TOTALS)
def test_a_worker_that_dies_there_leaves_no_totals_of_what_is_gone(
    point: str, state: StatsState, pipeline: System, stats_namespace: Namespace
) -> None:
    """Events of two things on one day are gone: so are documents of it, and a part of totals."""
    events = make_events(random.Random(point), 2 * EVENTS)
    pipeline.publish(events)
    pipeline.process()
    pipeline.aggregate()
    left = [event for event in events if not is_gone(event)]
    assert EVENTS < len(left) < len(events)
    gone = Counter(event["type"] for event in events if is_gone(event))
    state.stores.counted_days.withdraw(START.date(), gone)
    delete_raw(state, {event["id"] for event in events if is_gone(event)})
    state.stores.day_claims.mark_days([START.date()], since=EPOCH)
    environment = environment_of(stats_namespace, lease=LEASE)
    with worker(environment, "--only", "aggregate", "--die", *point.split()) as process:
        assert process.wait(PATIENCE) == -signal.SIGKILL, "the worker never came to that point"
    time.sleep(LEASE)
    pipeline.aggregate()
    assert state.stores.day_claims.marked_days() == []
    assert list(state.stores.database["bookmarks"].find({"kind": "gone"})) == []
    assert_equals_model(pipeline, left)


def is_gone(event: dict[str, Any]) -> bool:
    of_day = event["timestamp"].startswith(START.date().isoformat())
    return of_day and event["resource"] in ("record:r1", "file:f1", "file:f2")


def delete_raw(state: StatsState, ids: set[str]) -> None:
    search = state.stores.search
    names = state.aggregation_job.raw_names
    search.refresh(names)
    hits = [hit for page in search.pages(names, {}) for hit in page if hit["_source"]["id"] in ids]
    results = search.bulk([Action("delete", hit["_index"], hit["_id"]) for hit in hits])
    assert len(results) == len(ids)
    assert all(result.ok for result in results)
    search.refresh(names)
