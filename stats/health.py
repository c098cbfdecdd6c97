"""How the pipeline does: until when it has counted, what waits, and what is wrong.

Comes in: an installation. Goes out: one snapshot, for the dashboard, the command line and
``/metrics``. Invariant: an engine that does not answer is a problem of the snapshot, no error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from stats.errors import StatsError, StoreBlocked, StoreUnavailable
from stats.ext import StatsState
from stats.stores.counted_days import MissingEvents
from stats.stores.locks import HeldDay
from stats.stores.mongo import ping
from stats.stores.workers import InHand

T = TypeVar("T")

FROZEN_ROUNDS = 10
"""So many intervals of the aggregation without progress, while something waits, are too many."""

LEAST_FROZEN = timedelta(minutes=15)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do; ``frozen``: counters do not go on until it is done."""

    text: str
    mend: str
    frozen: bool = False

    def __str__(self) -> str:
        return f"{self.text}. {self.mend}"


@dataclass(frozen=True)
class Health:
    """How the pipeline does; what could not be asked is None or empty."""

    counted_until: datetime | None = None
    lag_seconds: float | None = None
    days_waiting: int = 0
    held: tuple[HeldDay, ...] = ()
    missing: tuple[MissingEvents, ...] = ()
    letters: Mapping[str, int] = field(default_factory=dict)
    queued: Mapping[str, int] = field(default_factory=dict)
    in_hand: tuple[InHand, ...] = ()
    drained: Mapping[str, datetime] = field(default_factory=dict)
    read_only: tuple[str, ...] = ()
    down: Mapping[str, str] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)

    @property
    def dead_letters(self) -> int:
        """Return how many dead letters there are."""
        return sum(self.letters.values())

    def oldest_queued_seconds(self, now: datetime) -> dict[str, float]:
        """Return by type how long the oldest queued event has waited at most.

        A type whose queue is empty, or was never worked off, is absent.
        """
        waiting = self.queued.keys() & self.drained.keys()
        return {name: (now - self.drained[name]).total_seconds() for name in sorted(waiting)}

    @property
    def is_waiting(self) -> bool:
        """Return whether any event waits to be counted."""
        return bool(self.days_waiting or self.queued or self.in_hand)


def read_health(state: StatsState, now: datetime) -> Health:
    """Return how the pipeline does, as far as its engines say."""
    asked = _Asked()
    stores = state.stores
    asked.ask("Elasticsearch", stores.search.ping)
    asked.ask("the AMQP broker", stores.queues.ping)
    if asked.ask("MongoDB", lambda: ping(stores.database)) is None and "MongoDB" in asked.down:
        health = Health()
    else:
        health = asked.ask("MongoDB", partial(_read_bookkeeping, state, now)) or Health()
    depths = asked.ask("the AMQP broker", lambda: stores.queues.depths(state.event_types)) or {}
    read_only = asked.ask("Elasticsearch", stores.search.read_only_indices) or []
    return replace(
        health,
        queued={name: depth for name, depth in depths.items() if depth},
        read_only=tuple(read_only),
        down=asked.down,
        blocked=asked.blocked,
    )


def _read_bookkeeping(state: StatsState, now: datetime) -> Health:
    stores = state.stores
    counted = stores.bookmarks.counted_until()
    return Health(
        counted_until=counted,
        lag_seconds=(now - counted).total_seconds() if counted else None,
        days_waiting=len(stores.day_claims.marked_days()),
        held=tuple(stores.day_claims.held_days(now)),
        missing=tuple(stores.counted_days.refused()),
        letters=stores.dead_letters.count_by_code(),
        in_hand=tuple(stores.workers.read(now)),
        drained=stores.workers.drained(),
    )


class _Asked:
    """Asks engines, each until it fails once."""

    def __init__(self) -> None:
        self.down: dict[str, str] = {}
        self.blocked: dict[str, str] = {}

    def ask(self, engine: str, question: Callable[[], T]) -> T | None:
        if engine in self.down:
            return None
        try:
            return question()
        except StoreBlocked as error:  # it answers other questions
            self.blocked[engine] = error.reason
            return None
        except StatsError as error:
            reason = error.reason if isinstance(error, StoreUnavailable) else str(error)
            self.down[engine] = reason
            return None


def find_problems(health: Health, *, interval: float) -> list[Problem]:
    """Return what is wrong, the worst first; ``interval`` is that of the aggregation."""
    problems = [
        Problem(f"{engine} cannot be used: {reason}", _MEND_DOWN, frozen=True)
        for engine, reason in health.down.items()
    ]
    problems += [
        Problem(f"{engine} is blocked: {reason}", _MEND_ALARM, frozen=True)
        for engine, reason in health.blocked.items()
    ]
    if health.read_only:
        names = ", ".join(health.read_only[:5])
        problems.append(
            Problem(
                f"{len(health.read_only)} indices take no writes: {names}",
                _MEND_BLOCK,
                frozen=health.is_waiting,
            )
        )
    problems += _find_frozen(health, interval)
    problems += [
        Problem(f"{one}; the day is not counted again", _MEND_MISSING, frozen=True)
        for one in health.missing
    ]
    if health.letters:
        codes = ", ".join(f"{code} {number}" for code, number in sorted(health.letters.items()))
        problems.append(Problem(f"{health.dead_letters} dead letters ({codes})", _MEND_LETTERS))
    return problems


def _find_frozen(health: Health, interval: float) -> list[Problem]:
    if not health.is_waiting or health.down:
        return []
    if health.counted_until is None:
        return [Problem("nothing is counted yet, and events wait", _MEND_FROZEN)]
    lag = timedelta(seconds=health.lag_seconds or 0)
    if lag < max(LEAST_FROZEN, timedelta(seconds=FROZEN_ROUNDS * interval)):
        return []
    text = f"events wait, and nothing was counted for {_duration(lag)}: the counters are frozen"
    return [Problem(text, _MEND_FROZEN, frozen=True)]


def _duration(lag: timedelta) -> str:
    minutes = int(lag.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


_MEND_DOWN = "Start it, or mend its address in the settings; nothing is lost meanwhile"
_MEND_ALARM = (
    "Give it memory or disk space (rabbitmqctl list_alarms);"
    " hosts keep events in their spool meanwhile"
)
_MEND_BLOCK = (
    "Make room on the disks of the search engine, then lift the block"
    " (index.blocks.read_only_allow_delete or index.blocks.write: null); events wait in the queue"
)
_MEND_FROZEN = (
    "Run a worker with its schedule (celery -A stats.worker worker --beat), or stats events process"
    " and stats aggregate, and read its log"
)
_MEND_MISSING = (
    "Bring the raw events back and run stats aggregate --from DAY --to DAY, or accept the loss"
    " with --accept-missing; then stats events dead-letters replay (docs/operations.md)"
)
_MEND_LETTERS = "See stats events dead-letters list; replay them when the cause is mended"
