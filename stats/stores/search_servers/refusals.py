"""Why a server refused a request, in one line, as the error that callers tell apart. Pure."""

from __future__ import annotations

from typing import Any

from stats.errors import StoreRejected, StoreUnavailable
from stats.stores.search_source import Body

TIME_OVER = "Time exceeded"
"""What both servers say of a search that its own ``timeout`` ended; some with status 500."""

BUSY = frozenset({429, 502, 503, 504})
"""Statuses of a server that may take the same request later."""


def build_error(engine: str, status: int, body: Any) -> StoreRejected | StoreUnavailable:
    """Build the error of a refused request: of the two kinds that callers tell apart."""
    if status in BUSY:
        return StoreUnavailable(engine, f"busy ({status})")
    reason = _read_reason(body)
    if TIME_OVER in reason:
        return StoreUnavailable(engine, "a search took longer than it may")
    return StoreRejected(engine, f"{status} {reason}")


def _read_reason(body: Any) -> str:
    """Return why a request was refused; the inner cause says more than what is around it."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return " ".join(str(error).split())[:500]
    causes = error.get("root_cause") or [error]
    return "; ".join(dict.fromkeys(f"{one.get('type')}: {_innermost(one)}" for one in causes))


def _innermost(error: Body) -> str:
    """Return the reason of the last cause, which is the fault itself."""
    reason = str(error.get("reason"))
    while error := error.get("caused_by") or {}:
        reason = str(error.get("reason") or reason)
    return reason
