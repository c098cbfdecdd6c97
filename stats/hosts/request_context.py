"""Who did it and whether it counts, read from a Flask request and its response.

Pure but for the identity that the host knows. Counting rule 1: status 200 or 304,
``GET`` alone, and of ranges those that begin at byte 0, so that a resumed or
seeking download is one.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Request, Response, current_app

from stats.config import Settings

try:
    from flask_login import current_user
except ImportError:  # the host does not use it
    current_user = None

WHOLE = frozenset({200, 304})
PARTIAL = 206
_FIRST_BYTE = re.compile(r"bytes 0-")

_log = logging.getLogger(__name__)


def is_counted(method: str, status: int, content_range: str | None) -> bool:
    """Return whether an answered request counts; ``content_range`` is the response's header.

    Of several ranges in one response (which then has no such header) nothing is
    known of where they begin: not counted.
    """
    if method != "GET":
        return False
    if status == PARTIAL:
        return bool(content_range and _FIRST_BYTE.match(content_range))
    return status in WHOLE


def is_counted_response(request: Request, response: Response) -> bool:
    """Return whether a response is a use of what it shows."""
    return is_counted(request.method, response.status_code, response.headers.get("Content-Range"))


def read_actor(request: Request, settings: Settings) -> dict[str, Any]:
    """Return the fields of an event that say who did it and how.

    A browser says its name, so a request without one has an empty one.
    """
    return {
        "ip_address": request.remote_addr,
        "user_agent": request.headers.get("User-Agent", ""),
        "referrer": request.referrer or None,
        "user_id": _signed_in(settings),
        "via": "api" if _is_api(request) else "ui",
    }


def _is_api(request: Request) -> bool:
    path = f"{request.script_root}{request.path}"
    return "Authorization" in request.headers or path.startswith("/api/")


def _signed_in(settings: Settings) -> str | None:
    """Return who the host says is signed in; when it cannot say, nobody."""
    try:
        if settings.identity is not None:
            identity = settings.identity()
            return identity.user_id if identity is not None else None
        if current_user is None or not hasattr(current_app, "login_manager"):
            return None
        if current_user and current_user.is_authenticated:
            return str(current_user.get_id())
    except Exception:
        _log.exception("who is signed in could not be found out")
    return None
