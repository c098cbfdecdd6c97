"""What is said of a pipeline that does not go on, and of one that does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from stats.cli.status import build_status
from stats.health import FROZEN_ROUNDS, Health, find_problems
from stats.health_samples import build_gauges
from stats.metrics import COUNTED_UNTIL, LAG, QUEUE_MESSAGES, UNACKNOWLEDGED
from stats.metrics import OLDEST_QUEUED_SECONDS as OLDEST
from stats.stores.counted_days import MissingEvents
from stats.stores.workers import InHand
from stats.times import UTC

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)
INTERVAL = 600.0
WELL = Health(counted_until=NOW - timedelta(seconds=90), lag_seconds=90.0)
OLD = FROZEN_ROUNDS * INTERVAL + 1
IN_HAND = (InHand("record-view", 500, NOW - timedelta(minutes=5)),)


def frozen(health: Health) -> list[bool]:
    return [problem.frozen for problem in find_problems(health, interval=INTERVAL)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"lag_seconds": OLD}, []),  # a quiet site: nothing waits
        ({"queued": {"record-view": 4}}, []),
        ({"queued": {"record-view": 4}, "lag_seconds": OLD}, [True]),
        ({"in_hand": IN_HAND, "lag_seconds": OLD}, [True]),
        ({"days_waiting": 1, "lag_seconds": OLD}, [True]),
        ({"days_waiting": 1, "lag_seconds": None, "counted_until": None}, [False]),
        ({"letters": {"too_late": 2}}, [False]),
        ({"read_only": ("i (write)",)}, [False]),
        ({"read_only": ("i (write)",), "in_hand": IN_HAND}, [True]),
        ({"blocked": {"the AMQP broker": "low on memory"}}, [True]),
        ({"down": {"MongoDB": "refused"}}, [True]),
        ({"missing": (MissingEvents(date(2024, 3, 4), "record-view", 645, 1),)}, [True]),
    ],
)
def test_counters_are_frozen_when_nothing_goes_on_though_something_waits(
    changes: dict[str, object], expected: list[bool]
) -> None:
    health = replace(WELL, **changes)
    assert frozen(health) == expected
    for problem in find_problems(health, interval=INTERVAL):
        assert problem.text
        assert problem.mend


def test_a_missing_day_is_named_with_what_mends_it() -> None:
    health = replace(WELL, missing=(MissingEvents(date(2024, 3, 4), "record-view", 645, 1),))
    (problem,) = find_problems(health, interval=INTERVAL)
    assert "2024-03-04 record-view: counted from 645 raw events, 1 are there" in problem.text
    assert "stats aggregate --from DAY --to DAY" in problem.mend


def test_what_was_never_counted_has_no_lag() -> None:
    samples = dict(build_gauges(Health(), ["record-view"], NOW))
    assert (LAG, ()) not in samples
    assert (COUNTED_UNTIL, ()) not in samples
    assert samples[QUEUE_MESSAGES, ("record-view",)] == 0


def test_what_workers_have_in_hand_waits() -> None:
    health = replace(WELL, in_hand=IN_HAND)
    samples = dict(build_gauges(health, ["record-view"], NOW))
    assert samples[UNACKNOWLEDGED, ("record-view",)] == 500
    assert build_status(health, [], NOW)["in_hand"] == {"record-view": 500}


def test_the_oldest_queued_event_came_after_its_queue_was_worked_off() -> None:
    hour = NOW - timedelta(hours=1)
    drained = {"record-view": hour, "file-download": hour}
    health = replace(WELL, queued={"record-view": 4, "loan-return": 1}, drained=drained)
    gauges = dict(build_gauges(health, ["record-view", "file-download"], NOW))
    ages = {labels: age for (metric, labels), age in gauges.items() if metric is OLDEST}
    assert ages == {("record-view",): 3600.0}
    assert build_status(health, [], NOW)["oldest_queued_seconds"] == {"record-view": 3600.0}


def test_the_form_of_the_status() -> None:
    status = build_status(replace(WELL, queued={"record-view": 4}), [], NOW)
    assert status == {
        "counted_until": "2024-03-05T11:58:30.000Z",
        "lag_seconds": 90.0,
        "days_waiting": 0,
        "days_held": [],
        "dead_letters": 0,
        "queues": {"record-view": 4},
        "oldest_queued_seconds": {},
        "in_hand": {},
        "problems": [],
    }
