"""`/metrics` of one process speaks of what all processes did."""

from __future__ import annotations

from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.faults.workers import PATIENCE, environment_of, worker


def value(rest: FlaskClient, sample: str) -> float | None:
    for line in rest.get("/metrics").text.splitlines():
        if line.startswith(f"{sample} "):
            return float(line.rpartition(" ")[2])
    return None


def test_counters_of_several_processes_are_one(
    rest: FlaskClient, rest_state: StatsState, stats_namespace: Namespace
) -> None:
    event = {"type": "record-view", "resource": "record:r1", "id": "e1"}
    robot = {**event, "id": "e2", "user_agent": "Googlebot"}
    answer = rest.post("/api/events", json=[event, robot, {"type": "none"}])
    assert answer.json["accepted"] == 2
    environment = environment_of(stats_namespace, lease=5)
    with worker(environment, "--once") as process:
        assert process.wait(PATIENCE) == 0
    assert value(rest, 'stats_accepted_events_total{type="record-view"}') == 2
    assert (
        value(rest, 'stats_refused_events_total{code="missing"}') == 1
        or value(rest, 'stats_refused_events_total{code="unknown_type"}') == 1
    )
    created = 'stats_processed_events_total{type="record-view",outcome="created"}'
    assert value(rest, created) == 2
    assert value(rest, 'stats_excluded_events_total{reason="robot"}') == 1
    assert value(rest, "stats_counted_days_total") == 1
    assert (value(rest, 'stats_aggregation_seconds_total{stage="count"}') or 0) > 0
    assert value(rest, 'stats_queue_messages{type="record-view"}') == 0
    assert (value(rest, "stats_lag_seconds") or 0) < 3600


def test_before_the_first_count_there_is_no_lag(rest: FlaskClient, rest_state: StatsState) -> None:
    rest_state.publish([{"type": "record-view", "resource": "record:r1"}])
    rest_state.process()
    assert value(rest, "stats_lag_seconds") is None
    assert value(rest, 'stats_oldest_queued_seconds{type="record-view"}') is None
    rest_state.publish([{"type": "record-view", "resource": "record:r1"}])
    age = value(rest, 'stats_oldest_queued_seconds{type="record-view"}')
    assert age is not None
    assert 0 < age < PATIENCE
    assert value(rest, 'stats_engine_up{engine="broker"}') == 1
