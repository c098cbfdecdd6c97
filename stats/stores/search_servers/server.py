"""Find out which server answers, and open the client that fits it.

In: an address. Out: a :class:`Server`. Raises :class:`~stats.errors.StoreUnavailable` when
nobody answers, and :class:`~stats.errors.ConfigError` with one line when the server is none
that this package works with, when its client is not installed, or when it lets nobody in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from stats.errors import ConfigError, StoreUnavailable
from stats.search_address import SearchAddress
from stats.stores.search_servers.clients import (
    ELASTICSEARCH,
    NO_CLIENT,
    OPENSEARCH,
    Answer,
    Client,
    ElasticsearchClient,
    OpenSearchClient,
    ask_any_node,
)

SETTING = "STATS_ELASTICSEARCH_URL"
FIRST_OF_ELASTIC = 5
"""OpenSearch began again at 1 when Elasticsearch was at 7."""


@dataclass(frozen=True)
class Kind:
    """One of the two servers: its versions that are known, and its client."""

    name: str
    majors: tuple[int, ...]
    package: str
    distribution: str
    extra: str
    open: Callable[..., Client]

    @property
    def is_installed(self) -> bool:
        """Return whether its client is there."""
        return find_spec(self.package) is not None


KINDS = {
    ELASTICSEARCH: Kind(
        ELASTICSEARCH,
        majors=(8, 9),
        package="elasticsearch",
        distribution="elasticsearch",
        extra="elasticsearch",
        open=ElasticsearchClient,
    ),
    OPENSEARCH: Kind(
        OPENSEARCH,
        majors=(2, 3),
        package="opensearchpy",
        distribution="opensearch-py",
        extra="opensearch",
        open=OpenSearchClient,
    ),
}


@dataclass(frozen=True)
class Server:
    """The server that was found, and the client to talk to it with."""

    name: str
    version: str
    client: Client

    @property
    def is_opensearch(self) -> bool:
        """Return whether it is OpenSearch."""
        return self.name == OPENSEARCH


def find_server(address: SearchAddress, *, timeout: float) -> Server:
    """Ask what the server is, with whichever client is there, and return it with its own."""
    first = next((kind for kind in KINDS.values() if kind.is_installed), None)
    if first is None:
        raise ConfigError(NO_CLIENT)
    client = first.open(address, timeout=timeout)
    try:
        name, version = _read_server(client, address)
        kind = KINDS[name]
        _check_version(kind, version, address)
        _check_installed(kind, version, address)
    except BaseException:
        client.close()
        raise
    if kind is not first:
        client.close()
        client = kind.open(address, timeout=timeout)
    return Server(name=name, version=version, client=client)


def _read_server(client: Client, address: SearchAddress) -> tuple[str, str]:
    """Return the server's name and version.

    ``GET /`` says both; an Elasticsearch may lack it, and then the node says its version.
    """
    root = _get(client, "/", address)
    version = _dig(root.body, "version", "number")
    if _dig(root.body, "version", "distribution") == "opensearch":
        # In compatibility mode it gives itself out as Elasticsearch 7.10.2 here.
        return OPENSEARCH, _node_version(client, address) or str(version)
    version = version or _node_version(client, address)
    if not version:
        raise ConfigError(
            f"{SETTING}: what answers at {address.text} is neither Elasticsearch nor OpenSearch"
        )
    return (ELASTICSEARCH if _major(version) >= FIRST_OF_ELASTIC else OPENSEARCH), str(version)


def _node_version(client: Client, address: SearchAddress) -> str:
    """Return the version as the node itself says it; empty when it does not."""
    nodes = _dig(_get(client, "/_nodes/_local", address).body, "nodes")
    versions = [str(_dig(node, "version") or "") for node in (nodes or {}).values()]
    return versions[0] if versions else ""


def _get(client: Client, path: str, address: SearchAddress) -> Answer:
    answer = ask_any_node(client, "GET", path, params={}, body=None, lines=False)
    if answer.status in (401, 403):
        how = "user and password" if address.user else "API key" if address.api_key else "no user"
        raise ConfigError(
            f"{SETTING}: the server at {address.text} does not let us in with {how}"
            f" ({answer.status})"
        )
    if answer.status in (429, 502, 503, 504):
        raise StoreUnavailable(ELASTICSEARCH, f"busy ({answer.status})")
    return answer


def _check_version(kind: Kind, version: str, address: SearchAddress) -> None:
    if _major(version) not in kind.majors:
        known = " and ".join(map(str, kind.majors))
        raise ConfigError(
            f"{SETTING}: {kind.name} {version} at {address.text} is not supported;"
            f" {kind.name} {known} are"
        )


def _check_installed(kind: Kind, version: str, address: SearchAddress) -> None:
    if not kind.is_installed:
        raise ConfigError(
            f"{SETTING}: the server at {address.text} is {kind.name} {version}, and its client"
            f" {kind.distribution} is not installed: pip install 'stats[{kind.extra}]'"
        )


def _major(version: Any) -> int:
    first = str(version).split(".", maxsplit=1)[0]
    return int(first) if first.isdigit() else 0


def _dig(body: Any, *names: str) -> Any:
    """Return what is below the names, one after the other; None when it is not there."""
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body
