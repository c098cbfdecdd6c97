"""Emitting the events of one request together, when its response is a use.

A host emits in its view, before there is a response. Invariant: an event is built
while the view runs, so that what it reads of the database is there, and is sent
once, or not at all when the response fails, is a ``HEAD`` or resumes a download.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Request, Response, after_this_request, has_request_context, request

from stats.hosts.emit import emit, emit_beside
from stats.hosts.request_context import is_counted_response

Event = dict[str, Any]

ELSEWHERE = frozenset({301, 302, 303, 307, 308})
"""A file in an object store is sent from there, by a redirect that the host answers with."""

_WAITING = "stats.waiting"
_FROM_START = re.compile(r"bytes=0-")


def emit_when_answered(event: Event) -> None:
    """Emit an event with the others of this request; outside of a request at once."""
    if not has_request_context():
        emit(event)
        return
    waiting: list[Event] = request.environ.setdefault(_WAITING, [])
    waiting.append(event)
    if len(waiting) == 1:
        after_this_request(_send)


def _send(response: Response) -> Response:
    waiting: list[Event] = request.environ.pop(_WAITING, [])
    if waiting and is_use(request, response):
        emit_beside(response, *waiting)
    return response


def is_use(asked: Request, response: Response) -> bool:
    """Return whether a response shows or sends what the host emitted an event of."""
    if response.status_code not in ELSEWHERE:
        return is_counted_response(asked, response)
    wanted = asked.headers.get("Range")
    return asked.method == "GET" and (wanted is None or bool(_FROM_START.match(wanted)))
