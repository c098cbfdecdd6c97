"""Is the service alive, are its engines reachable, and how far is the counting?

``/healthz`` asks nobody. ``/readyz`` and ``/metrics`` ask the engines and
answer within seconds whatever these do. No names of resources or people are
in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import orjson
from flask import Response, current_app

from stats.ext import EMITTER
from stats.health_samples import Samples, read_counters, read_samples
from stats.metrics import ENGINE_UP, SPOOL_BYTES, build_text
from stats.proxies import current_stats
from stats.stores.mongo import ping
from stats.times import utc_now
from stats.views.blueprints import api_blueprint
from stats.views.errors import RETRY_AFTER
from stats.views.probes import Probed, Probes
from stats.views.responses import JSON

_EXTENSION = "stats-probes"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
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
    """Return all metrics in Prometheus' text format (``docs/metrics.md``)."""
    found = _probes().run()
    samples: Samples = [((ENGINE_UP, (name,)), float(probed.ok)) for name, probed in found.items()]
    answers = {name for name, probed in found.items() if probed.ok or probed.is_blocked}
    if answers == {SEARCH, MONGO, BROKER}:
        samples += read_samples(current_stats._get_current_object(), utc_now())  # type: ignore[attr-defined]
    elif MONGO in answers:
        samples += read_counters(current_stats._get_current_object())  # type: ignore[attr-defined]
    emitter = current_app.extensions.get(EMITTER)
    if emitter is not None and emitter.spool is not None:
        samples.append(((SPOOL_BYTES, ()), float(emitter.spool.size())))
    response = Response(build_text(samples), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


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
