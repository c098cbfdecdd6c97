"""Who asked and how, behind the proxies of ``STATS_TRUSTED_PROXIES``.

WSGI middleware of the service. Invariant: headers that say so (``X-Forwarded-For``, ``-Proto``,
``-Host``, ``-Prefix``) count when a trusted proxy sends the request, and are nothing otherwise:
anybody can write them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from stats.events.importers.forwarded import address_of, client_of, trust

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"


class TrustedProxies:
    """An application that believes what the proxies in ``networks`` (CIDR) say of a request."""

    def __init__(self, app: WSGIApplication, networks: Iterable[str]) -> None:
        self._app = app
        self._forwarded = ProxyFix(app, x_for=0, x_proto=1, x_host=1, x_prefix=1)
        self._is_trusted = trust(networks)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, with the client's address in the place of the proxy's."""
        peer = address_of(environ.get("REMOTE_ADDR", ""))
        if peer is None or not self._is_trusted(peer):
            return self._app(environ, start_response)
        forwarded = environ.get(FORWARDED_FOR)
        environ["REMOTE_ADDR"] = client_of(peer, forwarded, is_trusted=self._is_trusted) or peer
        return self._forwarded(environ, start_response)
