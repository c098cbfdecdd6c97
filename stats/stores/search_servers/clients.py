"""The official client of each server, both behind one call: a request, and what was answered.

Invariant: a server that answers, whatever it answers, is an :class:`Answer`; one that does
not is :class:`StoreUnavailable`. Nothing is retried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from stats.errors import StoreUnavailable
from stats.search_address import Node, SearchAddress

ELASTICSEARCH, OPENSEARCH = "Elasticsearch", "OpenSearch"
NO_CLIENT = (
    "neither the client of Elasticsearch nor that of OpenSearch is installed:"
    " pip install 'stats[elasticsearch]' or 'stats[opensearch]'"
)
CONNECTIONS = 10
"""Connections that are kept to a node; Elastic's client keeps as many."""

JSON = {"accept": "application/json", "content-type": "application/json"}
LINES = {"accept": "application/json", "content-type": "application/x-ndjson"}


class Answer(NamedTuple):
    """A status and the body, decoded when it is JSON."""

    status: int
    body: Any


class NodeDown(StoreUnavailable):
    """A node took no connection, or lost it; another may answer. The client avoids it a while."""


class Client(Protocol):
    """What both clients do, for a cluster of so many ``nodes``."""

    nodes: int

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str], body: Any, lines: bool
    ) -> Answer:
        """Send one request; ``lines`` says that ``body`` is lines of JSON, and not one."""

    def close(self) -> None:
        """Close the connections."""


class ElasticsearchClient:
    """The client of Elastic; its headers ask for version 8's answers, which 9 gives too."""

    def __init__(self, address: SearchAddress, *, timeout: float) -> None:
        import elasticsearch  # noqa: PLC0415 - optional dependency

        self.nodes = len(address.nodes)
        self._answered = elasticsearch.ApiError
        self._down = elasticsearch.ConnectionError
        self._failures = (elasticsearch.TransportError,)
        self._client = elasticsearch.Elasticsearch(
            [node.url for node in address.nodes],
            request_timeout=timeout,
            max_retries=0,
            retry_on_timeout=False,
            serializer=elasticsearch.OrjsonSerializer(),
            **_elasticsearch_security(address),
        )

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str], body: Any, lines: bool
    ) -> Answer:
        """Send one request."""
        headers = LINES if lines else JSON
        try:
            answer = self._client.perform_request(
                method, path, params=params, headers=headers, body=body
            )
        except self._answered as error:
            return Answer(error.meta.status, error.body)
        except self._down as error:
            raise NodeDown(ELASTICSEARCH, _cause_of(error)) from error
        except self._failures as error:
            raise StoreUnavailable(ELASTICSEARCH, _cause_of(error)) from error
        return Answer(answer.meta.status, answer.body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class OpenSearchClient:
    """The client of OpenSearch."""

    def __init__(self, address: SearchAddress, *, timeout: float) -> None:
        import opensearchpy  # noqa: PLC0415 - optional dependency

        class Quiet(opensearchpy.Urllib3HttpConnection):
            """A connection that does not log what is raised, with a traceback, as well."""

            def log_request_fail(self, *_args: Any, **_named: Any) -> None:
                """Say nothing: the error says it."""

        class Serializer(opensearchpy.JSONSerializer):
            """JSON by orjson, which is several times as fast."""

            def loads(self, s: str) -> Any:
                return orjson.loads(s)

            def dumps(self, data: Any) -> Any:
                return data if isinstance(data, bytes | str) else orjson.dumps(data)

        self.nodes = len(address.nodes)
        self._answered = opensearchpy.exceptions.TransportError
        self._down = opensearchpy.exceptions.ConnectionError
        self._failures = (opensearchpy.exceptions.ConnectionTimeout, ValueError)
        self._client = opensearchpy.OpenSearch(
            [_opensearch_node(node) for node in address.nodes],
            connection_class=Quiet,
            timeout=timeout,
            max_retries=0,
            retry_on_timeout=False,
            pool_maxsize=CONNECTIONS,
            serializer=Serializer(),
            **_opensearch_security(address),
        )

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str], body: Any, lines: bool
    ) -> Answer:
        """Send one request."""
        headers = LINES if lines else JSON
        try:
            answer = self._client.transport.perform_request(
                method, path, params=dict(params), headers=headers, body=body
            )
        except self._failures as error:
            raise StoreUnavailable(OPENSEARCH, _cause_of(error)) from error
        except self._down as error:
            raise NodeDown(OPENSEARCH, _cause_of(error)) from error
        except self._answered as error:
            return Answer(int(error.status_code), error.info or error.error)
        return Answer(200, answer)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def ask_any_node(client: Client, method: str, path: str, **request: Any) -> Answer:
    """Send a request that may be sent twice; to another node when one is down."""
    for _ in range(client.nodes - 1):
        try:
            return client.ask(method, path, **request)
        except NodeDown:
            continue
    return client.ask(method, path, **request)


def _elasticsearch_security(address: SearchAddress) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if address.user:
        given["basic_auth"] = (address.user, address.password)
    if address.api_key:
        given["api_key"] = address.api_key
    if address.ca_certs:
        given["ca_certs"] = address.ca_certs
    if not address.verify_certs:
        given |= {"verify_certs": False, "ssl_show_warn": False}
    return given


def _opensearch_node(node: Node) -> dict[str, Any]:
    return {
        "host": node.host,
        "port": node.port,
        "use_ssl": node.scheme == "https",
        "url_prefix": node.path,
    }


def _opensearch_security(address: SearchAddress) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if address.user:
        given["http_auth"] = (address.user, address.password)
    if address.api_key:
        given["headers"] = {"authorization": f"ApiKey {address.api_key}"}
    if address.ca_certs:
        given["ca_certs"] = address.ca_certs
    if not address.verify_certs:
        given |= {"verify_certs": False, "ssl_show_warn": False}
    return given


def _cause_of(error: Exception) -> str:
    """Return what happened, without the names of the client's classes around it."""
    said, cause = str(getattr(error, "error", error)), error.__cause__
    whole = f"{said}: {cause}" if cause is not None and str(cause) not in said else said
    return " ".join(re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?", "", whole).split())
