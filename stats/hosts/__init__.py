"""Counting inside a host application: Flask, Invenio, or anything over HTTP.

Invariant: nothing here breaks or slows the host when statistics are
down. What a host needs is imported from this package.
"""

from __future__ import annotations

from stats.hosts.decorators import count, count_download, count_view, counted
from stats.hosts.emit import emit
from stats.hosts.extension import StatsHost
from stats.hosts.lookups import record_stats

__all__ = [
    "StatsHost",
    "count",
    "count_download",
    "count_view",
    "counted",
    "emit",
    "record_stats",
]
