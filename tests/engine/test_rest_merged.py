"""What was merged into another resource is asked for by its old ref, over HTTP."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.retention.merge import run_merge
from tests.serving import make_token

OLD, NEW = "record:old", "record:r1"
SAID = [{"resource": OLD, "into": NEW, "summed_before": None}]


@pytest.fixture
def merged(rest: FlaskClient, rest_state: StatsState, stats_namespace: Namespace) -> FlaskClient:
    """One download of each of two records that are one."""
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    rest_state.publish(
        [
            {
                "type": "file-download",
                "resource": f"file:f{number}",
                "parents": [ref],
                "timestamp": f"2025-03-01T1{number}:00:00Z",
                "session_id": "s",
            }
            for number, ref in enumerate((OLD, NEW))
        ]
    )
    rest_state.process()
    rest_state.aggregate()
    job = rest_state.retention_job(wait=lambda seconds: None)
    run_merge(job, OLD, NEW, merges=rest_state.stores.merges)
    return rest


def test_a_division_within_the_old_ref_is_that_of_the_new_one(merged: FlaskClient) -> None:
    for within in (OLD, NEW):
        asked = {"by": "file", "within": within}
        answer = merged.get("/api/stats/breakdown", query_string=asked).get_json()
        assert (answer["within"], answer["total"], answer["merged"]) == (NEW, 2, SAID)
        assert {one["key"] for one in answer["buckets"]} == {"file:f0", "file:f1"}


def test_events_of_the_old_ref_are_found(
    merged: FlaskClient,
    rest_state: StatsState,
    stats_namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    headers = {"Authorization": f"Bearer {make_token(rest_state, 'admin')}"}
    page = merged.get("/api/events", query_string={"resource": OLD}, headers=headers).get_json()
    assert [one["resource"] for one in page["events"]] == ["file:f1", "file:f0"]
    for name, value in stats_namespace.as_config().items():
        monkeypatch.setenv(name, value)
    printed = CliRunner().invoke(stats, ["events", "search", "--resource", OLD])
    assert len(printed.stdout.splitlines()) == 2
