"""How long the searches of the current request may take, all together."""

from __future__ import annotations

from time import monotonic
from typing import cast

from flask import request

from stats.proxies import current_stats
from stats.stores.bounded_search import Patience, never_gone

GONE = "waitress.client_disconnected"
"""What our own server tells whether the client is still there with; others do not."""

_KNOWN = "stats.patience"


def patience() -> Patience:
    """Return the patience of this request, which began when it was first asked for."""
    environ = request.environ
    if _KNOWN not in environ:
        seconds = current_stats.settings.query_seconds
        gone = environ.get(GONE, never_gone)
        environ[_KNOWN] = Patience(seconds, monotonic() + seconds, gone, monotonic)
    return cast(Patience, environ[_KNOWN])
