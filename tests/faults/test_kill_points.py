"""A worker that dies right before or after a named write: another one makes it good.

Each point lies between two writes that belong together: queue and index, index and bookmark,
bookmark and mark, daily documents and totals. Some events are counted before, so that there is
a bookmark to be wrong about.
"""

from __future__ import annotations

import random
import signal
import time

import pytest

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.faults.traffic import assert_equals_model, make_events
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
    "before state.mark_days 1",
    "after state.mark_days 1",
    "after state.move_found 1",
]
WHILE_A_DAY_IS_COUNTED = [
    "after state.claim_day 1",
    "after state.ticket 1",
    # the bulks of the two types' raw events come first
    "before search.bulk 3",
    "after search.bulk 3",
]
BETWEEN_DOCUMENTS_AND_TOTALS = [
    "before totals.write 1",
    "after totals.write 1",
    "after totals.write_users 1",
    "before state.finish_day 1",
    "after state.finish_day 1",
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
    assert state.stores.state.marked_days() == []
    assert_equals_model(pipeline, events)
