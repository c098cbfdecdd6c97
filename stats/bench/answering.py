"""A totals request through the application, and the bare look-up that it is compared with.

The request is a WSGI call: routing, permissions, look-up, JSON, ETag, and no HTTP server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from flask import Flask
from werkzeug.test import create_environ

from stats.bench.places import open_state
from stats.engines.namespace import Namespace
from stats.errors import StoreRejected
from stats.kinds.catalogue import FILE, RECORD
from stats.service import create_app
from stats.stores.mongo import ENGINE
from stats.stores.resources import RESOURCES
from stats.stores.totals import TOTALS

WARM_UP = 20


@dataclass(frozen=True)
class Answered:
    """Seconds of each totals request, and of each bare look-up of the same document."""

    requests: list[float]
    look_ups: list[float]


def request_totals(place: Namespace, number: int) -> Answered:
    """Ask for the totals of ``number`` open resources or less, in turns through both."""
    app = create_app(place.as_config())
    database = open_state(place).stores.database
    collection = database[TOTALS]
    closed = [str(one["_id"]) for one in database[RESOURCES].find({"access": {"$ne": "open"}})]
    public = {"kind": {"$in": [RECORD.name, FILE.name]}, "_id": {"$nin": closed}}
    refs = [str(total["_id"]) for total in collection.find(public, {"_id": 1}).limit(number)]
    requests, look_ups = [], []
    for ref in (*refs[:WARM_UP], *refs):
        environ = create_environ(f"/api/stats/totals/{ref}")
        began = perf_counter()
        statuses = _ask(app, environ)
        between = perf_counter()
        collection.find_one({"_id": ref})
        look_ups.append(perf_counter() - between)
        requests.append(between - began)
        if statuses != ["200 OK"]:
            raise StoreRejected(ENGINE, f"the totals of {ref} answered {statuses}")
    return Answered(requests[WARM_UP:], look_ups[WARM_UP:])


def _ask(app: Flask, environ: dict[str, Any]) -> list[str]:
    """Call the application and read its answer; return the status lines it sent."""
    statuses: list[str] = []

    def start_response(status: str, headers: object, error: object = None) -> Any:
        statuses.append(status)

    answer: Iterable[bytes] = app(environ, start_response)
    b"".join(answer)
    return statuses
