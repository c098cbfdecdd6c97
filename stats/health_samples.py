"""The metrics of an installation at one moment: gauges of its health, counters of all processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from stats.ext import StatsState
from stats.health import Health, read_health
from stats.metrics import (
    COUNTED_UNTIL,
    DAYS_HELD,
    DAYS_REFUSED,
    DAYS_WAITING,
    DEAD_LETTERS,
    IN_HAND_SECONDS,
    LAG,
    OLDEST_QUEUED_SECONDS,
    QUEUE_MESSAGES,
    READ_ONLY_INDICES,
    UNACKNOWLEDGED,
    Sample,
)

Samples = list[tuple[Sample, float]]


def read_samples(state: StatsState, now: datetime) -> Samples:
    """Return every metric but those of the engines themselves."""
    health = read_health(state, now)
    return [*build_gauges(health, state.event_types, now), *read_counters(state)]


def read_counters(state: StatsState) -> Samples:
    """Return the counters of all processes; those of this one are brought there first."""
    state.flush_counters(at_once=True)
    return list(state.stores.counters.read())


def build_gauges(
    health: Health, types: Iterable[str], now: datetime
) -> Iterator[tuple[Sample, float]]:
    """Yield the gauges; what is not known is left out, since 0 would be a measurement."""
    yield (DAYS_WAITING, ()), health.days_waiting
    yield (DAYS_HELD, ()), len(health.held)
    yield (DAYS_REFUSED, ()), len({one.day for one in health.missing})
    yield (READ_ONLY_INDICES, ()), len(health.read_only)
    for code, letters in (health.letters or {"none": 0}).items():
        yield (DEAD_LETTERS, (code,)), letters
    for name in types:
        yield (QUEUE_MESSAGES, (name,)), health.queued.get(name, 0)
    for name, seconds in health.oldest_queued_seconds(now).items():
        yield (OLDEST_QUEUED_SECONDS, (name,)), seconds
    for held in health.in_hand:
        yield (UNACKNOWLEDGED, (held.type_name,)), held.messages
        yield (IN_HAND_SECONDS, (held.type_name,)), (now - held.since).total_seconds()
    if health.counted_until is not None and health.lag_seconds is not None:
        yield (COUNTED_UNTIL, ()), health.counted_until.timestamp()
        yield (LAG, ()), health.lag_seconds
