"""The entry point ``invenio_queues.queues``: so that ``invenio queues`` knows them."""

from __future__ import annotations

from typing import Any

from flask import current_app

from stats.ext import EXTENSION
from stats.proxies import current_stats


def declare_queues() -> list[dict[str, Any]]:
    """Return name and exchange of the queue of each event type."""
    if EXTENSION not in current_app.extensions:
        return []  # installed beside an application that has no statistics
    return current_stats.stores.queues.definitions()
