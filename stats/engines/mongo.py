"""Serve MongoDB's wire protocol with mongo-java-server and its H2 store.

Always holds: a write is in the file before it is acknowledged, so it survives a kill.
The store itself would write once a second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stats.engines.folder import HOST, Launch
from stats.engines.jvm import implement, java, start_jvm

SAYS_VERSION = (7, 0, 0)
SAYS_WIRE_VERSION = 21
BACKEND = "de.bwaldvogel.mongo.MongoBackend"


def serve_mongo(home: Path, launch: Launch) -> Callable[[], None]:
    """Listen on the port; return what closes the server."""
    start_jvm(launch.jars, "-Xmx512m", "-XX:+UseSerialGC")
    backend = java("de.bwaldvogel.mongo.backend.h2.H2Backend")(str(home / "mongo.h2"))
    backend.version(_version())
    server = java("de.bwaldvogel.mongo.MongoServer")(_committing(backend))
    server.bind(HOST, launch.port)

    def close() -> None:
        server.shutdownNow()

    return close


def _version() -> Any:
    """Return a newer version than its own, 5.0 with wire version 8.

    That is too old for PyMongo 4.15 and later; the commands we use have not changed.
    """
    parts = java("java.util.ArrayList")()
    for part in SAYS_VERSION:
        parts.add(java("java.lang.Integer")(part))
    return implement(
        "de.bwaldvogel.mongo.MongoVersion",
        getVersionArray=lambda: parts,
        getWireVersion=lambda: SAYS_WIRE_VERSION,
        toVersionString=lambda: ".".join(map(str, SAYS_VERSION)),
    )


def _committing(backend: Any) -> Any:
    """Return the backend with a commit before the answer to every message that wrote."""
    store = backend.getMvStore()
    store.setRetentionTime(0)  # milliseconds; space of old versions is used again at once

    def handle_message(message: Any) -> Any:
        answer = backend.handleMessage(message)
        if store.hasUnsavedChanges():
            store.commit()
        return answer

    methods = {str(method.getName()) for method in java(BACKEND).class_.getMethods()}
    same = {name: getattr(backend, name) for name in methods}
    return implement(BACKEND, **{**same, "handleMessage": handle_message})
