"""Signals that this package sends, for hosts that want to know.

    @statistics_changed.connect
    def write_into_index(sender, refs, **_):
        ...

Invariant: a receiver that fails is logged and disturbs neither the
counting nor other receivers; what it missed is in ``GET /api/stats/changed``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from blinker import Namespace

_LOG = logging.getLogger(__name__)
_signals = Namespace()

statistics_changed = _signals.signal("statistics-changed")
"""The totals of some resources were set anew.

Sent where the counting runs (usually a Celery worker), after the totals are
written. ``sender`` is the :class:`~stats.ext.StatsState`, ``refs`` a frozenset
of refs; their new totals are ``sender.totals(refs)``.
"""


def send_changed(sender: object, refs: Iterable[str]) -> None:
    """Tell every receiver which resources have new totals."""
    changed = frozenset(refs)
    for receiver in statistics_changed.receivers_for(sender) if changed else ():
        try:
            receiver(sender, refs=changed)
        except Exception:  # a host's code may raise anything
            _LOG.exception("a receiver of statistics_changed failed")
