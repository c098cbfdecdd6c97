"""Completing events of signals by the host's own functions.

``STATS_EVENT_BUILDERS = {"file-download": [add_record]}``: each gets the event
(``docs/contracts.md#event``) and what the signal carried, and returns the event, changed or not,
or None to drop it. As the event builders of invenio-stats, but they get the
finished event.
"""

from __future__ import annotations

from typing import Any

from stats.hosts.decorators import count_response
from stats.hosts.emit import emit
from stats.proxies import current_stats

Event = dict[str, Any]


def complete(event: Event, **carried: Any) -> Event | None:
    """Return the event as the host's functions leave it, without empty fields."""
    for build in current_stats.settings.event_builders.get(event["type"], ()):
        built = build(event, **carried)
        if built is None:
            return None
        event = built
    return {name: value for name, value in event.items() if value is not None}


def emit_response(event: Event, **carried: Any) -> None:
    """Emit an event of a request when its response counts."""
    completed = complete(event, **carried)
    if completed is not None:
        type_name = completed.pop("type")
        count_response(type_name, lambda: completed)


def emit_now(event: Event, **carried: Any) -> None:
    """Emit an event that no visitor causes."""
    completed = complete(event, **carried)
    if completed is not None:
        emit(completed)
