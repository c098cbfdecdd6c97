"""A worker killed with SIGKILL at random points, again and again: every number is the model's.

STATS_FAULT_KILLS=20    how often (20 by default)
STATS_FAULT_SEED=7      other events and moments than the fixed ones
"""

from __future__ import annotations

import os
import random
import time

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.faults.traffic import assert_equals_model, make_events
from tests.faults.workers import environment_of, worker
from tests.system import System

KILLS = int(os.environ.get("STATS_FAULT_KILLS", "20"))
SEED = int(os.environ.get("STATS_FAULT_SEED", "1"))
EVENTS_A_KILL = 150
LEASE = 2.0


def test_a_worker_killed_again_and_again_loses_nothing_and_counts_nothing_twice(
    state: StatsState, pipeline: System, stats_namespace: Namespace
) -> None:
    chance = random.Random(SEED)
    events = make_events(chance, KILLS * EVENTS_A_KILL)
    environment = environment_of(stats_namespace, lease=LEASE)
    interrupted = 0
    for start in range(0, len(events), EVENTS_A_KILL):
        pipeline.publish(events[start : start + EVENTS_A_KILL])
        with worker(environment) as process:
            time.sleep(chance.choice((0.02, 0.1, 0.5, 1.5)) * chance.random())
            assert process.poll() is None, "the worker ended by itself"
        interrupted += any(state.stores.queues.depth(name) for name in state.event_types)
    assert interrupted, "no kill met a worker at work"
    time.sleep(LEASE)
    pipeline.process()
    pipeline.aggregate()
    assert state.stores.dead_letters.count() == 0
    assert state.stores.day_claims.marked_days() == []
    assert_equals_model(pipeline, events)
