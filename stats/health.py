"""How the pipeline does: until when it has counted, and what waits.

Comes in: an installation. Goes out: one snapshot, for the dashboard and the
command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stats.ext import StatsState


@dataclass(frozen=True)
class Health:
    """How the pipeline does; what could not be asked is None."""

    counted_until: datetime | None
    lag_seconds: float | None
    days_waiting: int
    dead_letters: int
    queued: dict[str, int]


def read_health(state: StatsState, now: datetime) -> Health:
    """Return how the pipeline does."""
    counted = state.stores.bookmarks.counted_until()
    depths = state.stores.queues.depths(state.event_types)
    return Health(
        counted_until=counted,
        lag_seconds=(now - counted).total_seconds() if counted else None,
        days_waiting=len(state.stores.day_claims.marked_days()),
        dead_letters=state.stores.dead_letters.count(),
        queued={name: depth for name, depth in depths.items() if depth},
    )
