"""The service on engines of the tests, on a port of its own, and tokens for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from stats.engines.folder import Addresses
from stats.engines.namespace import clean_up, fresh_namespace
from stats.ext import EXTENSION, StatsState
from stats.permissions import tokens
from stats.permissions.identity import Role
from stats.service import create_app
from stats.times import utc_now


@contextmanager
def fresh_service(addresses: Addresses) -> Iterator[tuple[Flask, StatsState]]:
    """Make the service under names of its own, which are cleaned up."""
    namespace = fresh_namespace(addresses)
    config: dict[str, Any] = dict(namespace.as_config())
    with pytest.MonkeyPatch.context() as patch:
        for name in config:  # the environment is over the configuration
            patch.delenv(name, raising=False)
        app = create_app(config)
    state: StatsState = app.extensions[EXTENSION]
    namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    yield app, state
    state.stores.search.close()
    clean_up(namespace)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a free port; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def make_token(state: StatsState, role: Role, user: str | None = None) -> str:
    """Return a token of a role, or of a person."""
    scope = tokens.parse_scope(role, user=user, communities=())
    secret = tokens.make_secret()
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    return secret
