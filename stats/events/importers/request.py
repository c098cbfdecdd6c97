"""One request as a log tells of it, whatever wrote the log.

Every format reads a line into a :class:`Request`; everything behind the formats works on
that alone. A field that the log does not hold is None; a field that it holds and that the
client did not send is the empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """A request and its answer.

    ``timestamp`` is epoch milliseconds. ``target`` is the request target as it is in the
    line, with the server's escapes undone and percent-encoding left. ``address`` is the peer
    of the server that wrote the log, ``forwarded`` what that peer said of whom it asks for.
    ``named`` holds the fields of the line that a mapping asks for by their names.
    """

    timestamp: int
    method: str
    target: str
    status: int
    address: str | None = None
    forwarded: str | None = None
    user: str | None = None
    session: str | None = None
    user_cookie: str | None = None
    agent: str | None = None
    referrer: str | None = None
    size: str | int | None = None
    named: Mapping[str, str] = NO_NAMES
