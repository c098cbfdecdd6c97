"""A TCP proxy between the pipeline and an engine, that cuts, holds up, slows down or refuses."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import Literal

Mode = Literal["through", "half-open", "slow", "busy", "overloaded", "refuse"]

_REST = (
    b"\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"
    b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
)
REFUSALS: dict[Mode, bytes] = {
    "busy": b"HTTP/1.1 503 Service Unavailable" + _REST,
    "overloaded": b"HTTP/1.1 429 Too Many Requests" + _REST,
}
"""What a search engine in trouble answers."""

SLOW = 0.2


class Proxy:
    """Listens on a port of its own and passes connections on to ``target``."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.mode: Mode = "through"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections that are open."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _close(pair)

    def close(self) -> None:
        """Listen no more."""
        _shut(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._pass_on, args=(pair,), daemon=True).start()

    def _pass_on(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with selectors.DefaultSelector() as selector, suppress(OSError, ValueError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while self._pass_some(selector, client):
                continue
        with self._lock:
            self._pairs.discard(pair)
        _close(pair)

    def _pass_some(self, selector: selectors.BaseSelector, client: socket.socket) -> bool:
        """Pass on what is there, as the mode says; False when a side has closed."""
        if self.mode == "half-open":  # neither side hears anything, nor that the other is gone
            time.sleep(0.05)
            return True
        for key, _ in selector.select(0.5):
            source: socket.socket = key.fileobj  # type: ignore[assignment]
            data = source.recv(65_536)
            if not data:
                return False
            if self.mode in REFUSALS and source is client:
                client.sendall(REFUSALS[self.mode])
                return False
            if self.mode == "slow":
                time.sleep(SLOW)
            key.data.sendall(data)
        return True


def _close(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        _shut(one)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
