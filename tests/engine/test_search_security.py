"""https with an own authority, user and password, API key, several nodes.

The embedded servers have no security. What stands before them here ends TLS and asks for
credentials as the real ones do: 401 for none or wrong ones.
"""

from __future__ import annotations

import base64
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from stats.engines.folder import free_port
from stats.engines.namespace import Namespace
from stats.errors import ConfigError, StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.search import SearchStore
from tests.certificates import Certificates

USER, PASSWORD = "st@ts", "m4rker:#/?"
ESCAPED = "st%40ts:m4rker%3A%23%2F%3F"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
KEY = "bTRya2VyOmtleQ=="


@contextmanager
def guarded(url: str, certificates: Certificates | None = None, *, asks_for: str) -> Iterator[int]:
    """Pass requests on to ``url`` that have this ``Authorization``."""

    class Guard(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != asks_for:
                return self.answer(401, {}, b'{"error":"security_exception","status":401}')
            names = ("Content-Type", "Accept")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            request = urllib.request.Request(
                url + self.path, data=body or None, method=self.command, headers=headers
            )
            try:
                with urllib.request.urlopen(request, timeout=30) as found:
                    return self.answer(found.status, found.headers, found.read())
            except urllib.error.HTTPError as error:
                return self.answer(error.code, error.headers, error.read())

        def answer(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", headers.get("Content-Type", "application/json"))
            if "X-elastic-product" in headers:
                self.send_header("X-elastic-product", headers["X-elastic-product"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    for method in ("GET", "POST", "PUT", "DELETE"):
        setattr(Guard, f"do_{method}", Guard.pass_on)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guard)
    if certificates:
        context = certificates.server_context()
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def open_store(url: str, key: str = "") -> SearchStore:
    return SearchStore(url, prefix="", type_names=("x",), request_timeout=10, api_key=key)


def test_the_pipeline_counts_over_https_with_a_user(
    stats_namespace: Namespace, certificates: Certificates
) -> None:
    with guarded(stats_namespace.elasticsearch, certificates, asks_for=BASIC) as port:
        url = f"https://{ESCAPED}@localhost:{port}?ca_certs={certificates.authority}"
        config = stats_namespace.as_config() | {"STATS_ELASTICSEARCH_URL": url}
        state = StatsState(load_settings(config, {}))
        stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
        state.stores.ensure()
        view = {"type": "record-view", "resource": "record:r", "user_agent": AGENT}
        state.publish([view | {"session_id": "s"}])
        state.process()
        state.aggregate()
        assert state.totals(["record:r"])["record:r"]["views"] == 1
        answer = state.query("record-view-histogram", {"resource": "record:r"})
        assert answer["total"]["count"] == 1


def test_an_api_key(stats_namespace: Namespace) -> None:
    with guarded(stats_namespace.elasticsearch, asks_for=f"ApiKey {KEY}") as port:
        open_store(f"http://localhost:{port}", KEY).ping()


@pytest.mark.parametrize(
    ("user", "key", "how"),
    [("", "", "no user"), ("stats:m4rker@", "", "user and password"), ("", "m4rker", "API key")],
)
def test_who_is_not_let_in_is_told_so_without_secrets(
    user: str, key: str, how: str, stats_namespace: Namespace
) -> None:
    engine = stats_namespace.elasticsearch
    with guarded(engine, asks_for=BASIC) as port, pytest.raises(ConfigError) as caught:
        open_store(f"http://{user}localhost:{port}", key).ping()
    assert str(caught.value) == (
        f"STATS_ELASTICSEARCH_URL: the server at http://localhost:{port} does not let us in with"
        f" {how} (401)"
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(
    stats_namespace: Namespace, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with guarded(stats_namespace.elasticsearch, certificates, asks_for=BASIC) as port:
        with pytest.raises(StoreUnavailable, match="certificate verify failed") as caught:
            open_store(f"https://{ESCAPED}@localhost:{port}").ping()
        open_store(f"https://{ESCAPED}@localhost:{port}?verify_certs=false").ping()
    assert "m4rker" not in str(caught.value)
    assert "m4rker" not in caplog.text
    assert BASIC not in caplog.text


def test_a_node_that_is_down_is_left_for_another(
    stats_namespace: Namespace, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(f"http://127.0.0.1:{free_port()},{stats_namespace.elasticsearch}")
    for _ in range(4):
        store.ping()
        assert store.count("nothing-*", {"match_all": {}}) == 0
    store.close()
