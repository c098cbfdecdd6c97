"""Two processes that aggregate the same days all the time while events come in."""

from __future__ import annotations

import random

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.faults.traffic import assert_equals_model, make_events
from tests.faults.workers import environment_of, worker
from tests.system import System

ROUNDS = 12
EVENTS_A_ROUND = 60
NO_LEASE = 0.001
"""A claim that ends at once: both count the same day at the same time."""


def test_two_aggregators_at_once_are_as_good_as_one(
    state: StatsState, pipeline: System, stats_namespace: Namespace
) -> None:
    events = make_events(random.Random(2), ROUNDS * EVENTS_A_ROUND)
    environment = environment_of(stats_namespace, lease=NO_LEASE)
    with (
        worker(environment, "--only", "aggregate") as one,
        worker(environment, "--only", "aggregate") as other,
    ):
        for start in range(0, len(events), EVENTS_A_ROUND):
            pipeline.publish(events[start : start + EVENTS_A_ROUND])
            pipeline.process()
        assert one.poll() is other.poll() is None, "an aggregator ended by itself"
    pipeline.aggregate()
    assert state.stores.day_claims.marked_days() == []
    assert_equals_model(pipeline, events)
