"""Messages that are no events, among messages that are."""

from __future__ import annotations

import random

from stats.ext import StatsState
from tests.faults.traffic import assert_equals_model, make_events
from tests.system import System

POISON = {
    b"\x00 no JSON at all": "not_json",
    b"[" * 100_000: "not_json",
    b'{"type":"record-view"}': "missing",
    b'{"type":"record-view","id":"p","timestamp":"2024-02-29","resource":"7"}': "bad_format",
}


def test_what_is_no_event_is_set_aside_and_the_others_are_counted(
    state: StatsState, pipeline: System
) -> None:
    events = make_events(random.Random(9), 60)
    pipeline.publish(events[:30])
    state.stores.queues.publish("record-view", list(POISON))
    pipeline.publish(events[30:])
    pipeline.process()
    pipeline.aggregate()
    assert {letter.payload: letter.code for letter in state.stores.dead_letters.read()} == POISON
    assert not any(state.stores.queues.depths(state.event_types).values())
    assert_equals_model(pipeline, events)
