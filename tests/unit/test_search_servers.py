"""What a server says it is, and what is said when it, or its client, does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.search_address import parse_search_address
from stats.stores.search import SearchStore
from stats.stores.search_servers import server as servers
from stats.stores.search_servers.clients import ElasticsearchClient, OpenSearchClient
from stats.stores.search_servers.server import Server, find_server

BOTH = ("elasticsearch", "opensearchpy")
NODE = "/_nodes/_local"


def root(number: str, **more: str) -> tuple[int, Any]:
    return 200, {"version": {"number": number, **more}}


def nodes(number: str) -> tuple[int, Any]:
    return 200, {"nodes": {"x": {"version": number}}}


NO_ROOT = (400, {"error": "no handler found for uri [/] and method [GET]"})


@contextmanager
def answering(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """Serve canned answers by path; 404 for every other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path.partition("?")[0], (404, {"error": "no"}))
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            kind = "text/html" if isinstance(body, str) else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
            thread.join()


def find(url: str, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...] = BOTH) -> Server:
    monkeypatch.setattr(servers, "find_spec", lambda name: name in installed or None)
    return find_server(parse_search_address(url), timeout=5)


@pytest.mark.parametrize("installed", [BOTH, BOTH[:1]])
@pytest.mark.parametrize(
    ("answers", "version"),
    [
        ({"/": root("8.19.21", build_flavor="default")}, "8.19.21"),
        ({"/": root("9.5.3", build_flavor="default")}, "9.5.3"),
        ({"/": NO_ROOT, NODE: nodes("8.19.21")}, "8.19.21"),
    ],
)
def test_elasticsearch(
    installed: tuple[str, ...], answers: Any, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(answers) as url:
        found = find(url, monkeypatch, installed)
    assert (found.name, found.version) == ("Elasticsearch", version)
    assert isinstance(found.client, ElasticsearchClient)
    assert not found.is_opensearch


@pytest.mark.parametrize("installed", [BOTH, BOTH[1:]])
@pytest.mark.parametrize(
    ("answers", "version"),
    [
        ({"/": root("2.19.1", distribution="opensearch")}, "2.19.1"),
        ({"/": root("3.3.0", distribution="opensearch")}, "3.3.0"),
        # in its compatibility mode
        ({"/": root("7.10.2", distribution="opensearch"), NODE: nodes("2.19.1")}, "2.19.1"),
        ({"/": NO_ROOT, NODE: nodes("2.19.1")}, "2.19.1"),
    ],
)
def test_opensearch(
    installed: tuple[str, ...], answers: Any, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(answers) as url:
        found = find(url, monkeypatch, installed)
    assert (found.name, found.version) == ("OpenSearch", version)
    assert isinstance(found.client, OpenSearchClient)
    assert found.is_opensearch


@pytest.mark.parametrize(
    ("answers", "installed", "message"),
    [
        (
            {"/": root("7.17.0", build_flavor="default")},
            BOTH,
            "Elasticsearch 7.17.0 at URL is not supported; Elasticsearch 8 and 9 are",
        ),
        (
            {"/": root("10.0.0", build_flavor="default")},
            BOTH,
            "Elasticsearch 10.0.0 at URL is not supported",
        ),
        (
            {"/": root("1.3.0", distribution="opensearch")},
            BOTH,
            "OpenSearch 1.3.0 at URL is not supported; OpenSearch 2 and 3 are",
        ),
        (
            {"/": root("2.19.1", distribution="opensearch")},
            BOTH[:1],
            "the server at URL is OpenSearch 2.19.1, and its client opensearch-py is not"
            " installed: pip install 'stats[opensearch]'",
        ),
        (
            {"/": root("8.19.21", build_flavor="default")},
            BOTH[1:],
            "the server at URL is Elasticsearch 8.19.21, and its client elasticsearch is not"
            " installed: pip install 'stats[elasticsearch]'",
        ),
        ({}, (), "neither the client of Elasticsearch nor that of OpenSearch is installed"),
        (
            {"/": (200, "<h1>It works!</h1>")},
            BOTH,
            "what answers at URL is neither Elasticsearch nor OpenSearch",
        ),
        ({"/": (200, {"hello": 1})}, BOTH, "is neither Elasticsearch nor OpenSearch"),
        ({"/": (404, "<h1>Not here</h1>")}, BOTH[1:], "is neither Elasticsearch nor OpenSearch"),
        (
            {"/": (401, {"error": "missing authentication credentials"})},
            BOTH,
            "the server at URL does not let us in with no user (401)",
        ),
        ({"/": (403, "Forbidden")}, BOTH[1:], "does not let us in with no user (403)"),
    ],
)
def test_what_does_not_fit_is_one_line(
    answers: Any, installed: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(answers) as url, pytest.raises(ConfigError) as caught:
        find(url, monkeypatch, installed)
    assert message.replace("URL", url) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("installed", [BOTH, BOTH[1:]])
def test_a_server_that_is_not_there_yet_is_asked_again(
    installed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, tuple[int, Any]] = {"/": (503, {"error": "starting"})}
    monkeypatch.setattr(servers, "find_spec", lambda name: name in installed or None)
    with answering(answers) as url:
        store = SearchStore(url, prefix="", type_names=(), request_timeout=5)
        with pytest.raises(StoreUnavailable, match="busy"):
            store.ping()
        version = "8.19.21" if "elasticsearch" in installed else "2.19.1"
        answers["/"] = NO_ROOT
        answers[NODE] = nodes(version)
        answers["/_cluster/health"] = (200, {"status": "red"})
        with pytest.raises(StoreUnavailable, match="is not reachable: the cluster's health is red"):
            store.ping()
        answers["/_cluster/health"] = (200, {"status": "yellow"})
        if "opensearchpy" in installed:
            store.ping()  # Elastic's client insists on a header of its server's
        answers["/x-*/_alias"] = (
            400,
            {
                "error": {
                    "type": "a",
                    "root_cause": [
                        {"type": "b", "reason": "c", "caused_by": {"reason": "what it is"}}
                    ],
                }
            },
        )
        with pytest.raises(StoreRejected, match="refused a request: 400 b: what it is"):
            store.indices("x-*")
        store.close()
    with pytest.raises(StoreUnavailable) as caught:
        store.ping()
    assert "object at 0x" not in str(caught.value)
