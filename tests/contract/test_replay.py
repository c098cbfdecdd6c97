"""Dead letters come back once their cause is mended, and once only."""

from __future__ import annotations

from datetime import datetime, timezone

import orjson

from stats.events.replay import Replayed, run_replay
from stats.stores.dead_letters import DeadLetter
from tests.contract.conftest import TYPES

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
VIEW = "record-view"


def letter(payload, code="rejected"):
    return DeadLetter(VIEW, payload, code, "why", NOW)


def replay(dead_letters, queues):
    return run_replay(
        dead_letters.read(),
        dead_letters=dead_letters,
        queues=queues,
        types=TYPES,
        clock=lambda: NOW,
    )


def test_what_is_an_event_now_goes_to_the_queue_and_the_rest_stays(dead_letters, queues):
    good = {"type": VIEW, "resource": "record:r1", "id": "e1", "timestamp": "2024-05-01T00:00:00Z"}
    dead_letters.put([letter(orjson.dumps(good)), letter(b"not JSON"), letter(b'{"type": 5}')])
    assert replay(dead_letters, queues) == Replayed(replayed=1, refused=2)
    assert dead_letters.count() == 2
    assert queues.depth(VIEW) == 1
    with queues.consume(VIEW, prefetch=10) as consumer:
        (delivery,) = list(consumer.arriving(wait=0.5))
    assert orjson.loads(delivery.body)["id"] == "e1"
    assert replay(dead_letters, queues) == Replayed(replayed=0, refused=2)


def test_a_letter_without_id_and_time_is_the_same_event_at_each_replay(dead_letters, queues):
    nameless = letter(b'{"type":"record-view","resource":"record:r1","id":null}', "missing")
    bodies = []
    for _ in range(2):
        dead_letters.put([nameless])
        assert replay(dead_letters, queues).replayed == 1
        with queues.consume(VIEW, prefetch=10) as consumer:
            (delivery,) = list(consumer.arriving(wait=0.5))
            consumer.ack(delivery.tag)
        bodies.append(delivery.body)
    assert bodies[0] == bodies[1]
    assert orjson.loads(bodies[0])["timestamp"] == "2024-05-17T12:00:00.000Z"
