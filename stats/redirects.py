"""Requests whose redirects give nothing away and lose nothing.

Comes in: a request, perhaps with credentials. Goes out: the answer. Invariants: a
redirect to another origin (scheme, host or port) is not followed, since the
credentials would go with it; a redirect of anything but GET and HEAD is not
followed, since what was sent would be lost on the way and look like a success.
Both are a :class:`ConfigError` that names where to.
"""

from __future__ import annotations

import urllib.request
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from stats.errors import ConfigError

_SAFE = ("GET", "HEAD")
_PORTS = {"http": 80, "https": 443}


def open_at_origin(request: urllib.request.Request, *, timeout: float) -> Any:
    """Send a request as ``urllib`` does; raise ``ConfigError`` for a redirect that is refused."""
    return _OPENER.open(request, timeout=timeout)


class _AtOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a redirect within one origin, of a request that only asks."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        method, old, new = req.get_method(), urlsplit(req.full_url), urlsplit(newurl)
        if method not in _SAFE or _origin(old) != _origin(new):
            raise ConfigError(_refusal(method, old, new))
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any
    ) -> Any:
        """Refuse before the library decides by the status what becomes of a method."""
        target = headers.get("Location") or headers.get("URI")
        if target:
            self.redirect_request(req, fp, code, msg, headers, urljoin(req.full_url, target))
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


_OPENER = urllib.request.build_opener(_AtOrigin)


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


def _refusal(method: str, old: SplitResult, new: SplitResult) -> str:
    """Say where to, without path and query: they may hold something secret."""
    here, there = (f"{url.scheme}://{url.netloc.rpartition('@')[2]}" for url in (old, new))
    moved = f"{here} redirects to {there}"
    if _origin(old) != _origin(new):
        return f"{moved}, which gets no credentials; if it has moved, set its new address"
    return f"{here} redirects a {method}, which would lose what is sent; set its whole address"
