"""``record_stats(ref)``: a resource's numbers for templates and serializers.

Invariant: all resources of a page are one look-up; a store that is down
is not waited for, and its numbers are None, never zeros that somebody stores.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from flask import Flask, current_app, has_request_context, request

from stats.errors import StatsError
from stats.hosts.outage import Outage
from stats.proxies import current_stats
from stats.stores.mongo import connect, ping
from stats.stores.totals import TotalsStore

NUMBERS = ("views", "unique_views", "downloads", "unique_downloads", "volume")
EXTENSION = "stats-numbers"

Numbers = dict[str, int | None]

_KNOWN = "stats.numbers"
_log = logging.getLogger(__name__)


class Lookups:
    """The totals, asked with a short time-out; threads share it."""

    def __init__(self, totals: TotalsStore, probe: Callable[[], None]) -> None:
        self._totals = totals
        self._outage = Outage(probe)

    def read(self, refs: list[str]) -> dict[str, Numbers]:
        """Return the numbers of all ``refs``: zeros when nothing happened, None when unknown."""
        if self._outage.is_on():
            return {ref: dict.fromkeys(NUMBERS) for ref in refs}
        try:
            found = self._totals.read(refs)
        except StatsError as error:
            self._outage.begin()
            _log.warning("no statistics on this page: %s", error)
            return {ref: dict.fromkeys(NUMBERS) for ref in refs}
        return {ref: _pick(found.get(ref, {})) for ref in refs}


def record_stats(ref: str, among: Iterable[str] = ()) -> Numbers:
    """Return ``{"views": 42, "unique_views": .., "downloads": 10, ...}`` of a resource.

    ``among`` are all the refs of the page: they are looked up together with the
    first, and the others then cost nothing.
    """
    page = request.environ if has_request_context() else {}
    known: dict[str, Numbers] = page.setdefault(_KNOWN, {})
    if ref not in known:
        wanted = dict.fromkeys((ref, *among))
        known.update(_lookups(current_app).read([r for r in wanted if r not in known]))
    return dict(known[ref])


def _lookups(app: Flask) -> Lookups:
    if EXTENSION not in app.extensions:
        settings = current_stats.settings
        seconds = settings.emit_timeout
        database = connect(settings.mongo_url, timeout=seconds, answer_timeout=seconds)
        lookups = Lookups(TotalsStore(database), partial(ping, database))
        app.extensions.setdefault(EXTENSION, lookups)
    return cast(Lookups, app.extensions[EXTENSION])


def _pick(document: dict[str, Any]) -> Numbers:
    return {name: document.get(name, 0) for name in NUMBERS}
