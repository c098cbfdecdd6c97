"""Sending a body to a service elsewhere, a few times if need be.

Comes in: one request. Goes out: the reply, whatever its status below 500.
Invariants: a service that does not answer, or answers that it cannot (5xx, 429), is
tried again after a wait and then is :class:`StoreUnavailable`; a redirect that
would give the credentials away, or lose the body, is a :class:`ConfigError`.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException

from stats.errors import StoreUnavailable
from stats.redirects import open_at_origin

TOO_MANY = 429
GATEWAY = frozenset({502, 504})
"""Answers of somebody between: what is behind may have got the request."""


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What came back; ``doubtful`` when an earlier try may have arrived without a reply."""

    status: int
    body: bytes
    doubtful: bool = False


@dataclass(frozen=True)
class Caller:
    """How calls to one service are made; ``waits`` are the seconds before each further try."""

    name: str
    timeout: float = 60.0
    waits: tuple[float, ...] = (1.0, 10.0)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def call(self, call: Call) -> Reply:
        """Return the reply; raise ``StoreUnavailable`` when no try brought one."""
        doubtful = False
        reason = ""
        for wait in (*self.waits, None):
            try:
                reply = self._once(call)
            except (OSError, HTTPException) as error:
                doubtful, reason = True, str(error) or type(error).__name__
            else:
                if reply.status < 500 and reply.status != TOO_MANY:
                    return Reply(reply.status, reply.body, doubtful)
                doubtful = doubtful or reply.status in GATEWAY
                reason = f"status {reply.status}"
            if wait is not None:
                self.sleep(wait)
        raise StoreUnavailable(self.name, reason)

    def _once(self, call: Call) -> Reply:
        request = urllib.request.Request(
            call.url, data=call.body, method=call.method, headers=dict(call.headers)
        )
        try:
            with open_at_origin(request, timeout=self.timeout) as answer:
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read())
