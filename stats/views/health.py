"""Is the service alive, are its engines reachable, and how far is the counting?

``/healthz`` asks nobody. ``/readyz`` and ``/metrics`` ask the engines and
answer within seconds whatever these do. No names of resources or people are
in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import orjson
from flask import Response, current_app

from stats.ext import EMITTER
from stats.proxies import current_stats
from stats.stores.mongo import ping
from stats.times import utc_now
from stats.views.blueprints import api_blueprint
from stats.views.errors import RETRY_AFTER
from stats.views.gauges import CONTENT_TYPE, Gauge, build_text
from stats.views.probes import Probed, Probes
from stats.views.responses import JSON

_EXTENSION = "stats-probes"
SEARCH, MONGO, BROKER = "elasticsearch", "mongo", "broker"

blueprint = api_blueprint("stats_health", __name__, limited=False)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return _uncached({"status": "ok"}, 200)


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say which engines answer; 503 unless all do."""
    found = _probes().run()
    ready = all(probed.ok for probed in found.values())
    engines = {name: _describe(probed) for name, probed in found.items()}
    status = {"status": "ready" if ready else "not_ready", "engines": engines}
    response = _uncached(status, 200 if ready else 503)
    if not ready:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return gauges in Prometheus' text format."""
    found = _probes().run()
    up = {name: float(probed.ok) for name, probed in found.items()}
    gauges = [Gauge("stats_engine_up", "Whether an engine answers.", up, "engine")]
    if found[MONGO].ok:
        gauges += _counting(utc_now())
    if found[BROKER].ok:
        gauges += _queues()
    gauges += _emitted()
    response = Response(build_text(gauges), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _counting(now: datetime) -> list[Gauge]:
    """Return how far the counting is; before the first count, nobody knows."""
    stores = current_stats.stores
    days, letters = len(stores.day_claims.marked_days()), stores.dead_letters.count()
    gauges = [
        Gauge("stats_days_waiting", "Days that are to be counted anew.", {"": days}),
        Gauge("stats_dead_letters", "Events that were set aside.", {"": letters}),
    ]
    counted = stores.bookmarks.counted_until()
    if counted is None:
        return gauges
    lag = (now - counted).total_seconds()
    return [
        *gauges,
        Gauge(
            "stats_counted_until_seconds",
            "Events indexed before this time are counted.",
            {"": counted.timestamp()},
        ),
        Gauge("stats_lag_seconds", "Time since stats_counted_until_seconds.", {"": lag}),
    ]


def _queues() -> list[Gauge]:
    queues = current_stats.stores.queues
    depths = {name: float(n) for name, n in queues.depths(current_stats.event_types).items()}
    return [Gauge("stats_queue_messages", "Messages that wait in a queue.", depths, "type")]


def _emitted() -> list[Gauge]:
    """Return what became of events that this process of a host emitted, if it did."""
    emitter = current_app.extensions.get(EMITTER)
    if emitter is None:
        return []
    outcomes = {name: float(events) for name, events in emitter.counts.items()}
    gauges = [Gauge("stats_emitted_events", "Events of this process.", outcomes, "outcome")]
    if emitter.spool is not None:
        waiting = {"": float(emitter.spool.size())}
        gauges.append(Gauge("stats_spool_bytes", "Bytes that wait in the spool.", waiting))
    return gauges


def _describe(probed: Probed) -> dict[str, object]:
    return {"ok": True} if probed.ok else {"ok": False, "reason": probed.reason}


def _probes() -> Probes:
    extensions = current_app.extensions
    if _EXTENSION not in extensions:
        stores = current_stats.stores
        pings: dict[str, Callable[[], None]] = {
            SEARCH: stores.search.ping,
            MONGO: partial(ping, stores.database),
            BROKER: stores.queues.ping,
        }
        extensions[_EXTENSION] = Probes(pings)
    found: Probes = extensions[_EXTENSION]
    return found


def _uncached(answer: Mapping[str, object], status: int) -> Response:
    response = Response(orjson.dumps(answer), status, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response
