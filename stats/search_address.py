"""The addresses of the nodes of one search cluster, and how to sign in there.

In: the text of ``STATS_ELASTICSEARCH_URL``. Out: a :class:`SearchAddress`, or a
``ValueError`` that says what is wrong. Invariant: no message repeats the text, which
may hold a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SCHEMES = ("http", "https")
EXAMPLE = "such as http://127.0.0.1:9200"
OPTIONS = ("ca_certs", "verify_certs")


@dataclass(frozen=True)
class Node:
    """One node: ``path`` begins the path of every request, for one behind a proxy."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        """The node's address without anything secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


@dataclass(frozen=True)
class SearchAddress:
    """A cluster's nodes, any of which may be asked; secrets stay out of its ``repr``."""

    nodes: tuple[Node, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    ca_certs: str = ""
    verify_certs: bool = True

    @property
    def text(self) -> str:
        """The addresses without anything secret, for messages."""
        return ",".join(node.url for node in self.nodes)

    @property
    def is_secure(self) -> bool:
        """Return whether certificates matter."""
        return any(node.scheme == "https" for node in self.nodes)


def parse_search_address(text: str, *, api_key: str = "") -> SearchAddress:
    """Read one address, or several with commas between; user and options of the first count.

    ``http(s)://[user:password@]host:port[/path][?ca_certs=FILE&verify_certs=false]``; user and
    password are percent-encoded. Raises ``ValueError``.
    """
    parts = [_split(part.strip()) for part in text.split(",")]
    users = {(part.username, part.password) for part in parts if part.username is not None}
    if len(users) > 1:
        raise ValueError("must name one user for all nodes")
    user, password = users.pop() if users else ("", "")
    if user and api_key:
        raise ValueError("must hold no user when STATS_ELASTICSEARCH_API_KEY is set")
    options = _parse_options(parts)
    return SearchAddress(
        nodes=tuple(_parse_node(part) for part in parts),
        user=unquote(user or ""),
        password=unquote(password or ""),
        api_key=api_key,
        ca_certs=_parse_file(options.get("ca_certs", "")),
        verify_certs=_parse_flag(options.get("verify_certs", "true")),
    )


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"must be an address, {EXAMPLE}") from None
    if parts.scheme not in SCHEMES or not text.lower().startswith(f"{parts.scheme}://"):
        raise ValueError(f"must begin with http:// or https://, {EXAMPLE}")
    if parts.fragment:
        raise ValueError("must not hold #; in a user or password write %23")
    return parts


def _parse_node(parts: SplitResult) -> Node:
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("must have a number from 1 to 65535 as port") from None
    if not host:
        raise ValueError(f"must name a host, {EXAMPLE}")
    if not port:
        usual = 443 if parts.scheme == "https" else 80
        raise ValueError(f"must name the port, {EXAMPLE}, or :{usual} if it is the usual one")
    return Node(scheme=parts.scheme, host=host, port=port, path=parts.path.rstrip("/"))


def _parse_options(parts: list[SplitResult]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in (pair for part in parts for pair in parse_qsl(part.query, True)):
        if name not in OPTIONS:
            raise ValueError(f"has an option that is not known; there are {', '.join(OPTIONS)}")
        if given.setdefault(name, value) != value:
            raise ValueError(f"must give all nodes one {name}")
    if given and not all(part.scheme == "https" for part in parts):
        raise ValueError(f"must begin with https:// when it has {' or '.join(given)}")
    return given


def _parse_file(path: str) -> str:
    if path and not Path(path).is_file():
        raise ValueError(f"names a file of certificates that is not there: ca_certs={path}")
    return path


def _parse_flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must have true or false as verify_certs")
    return value == "true"
