"""Redirects: credentials stay at their origin, and nothing that is sent is lost."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stats.client import Client
from stats.errors import ConfigError
from stats.exports.http import Call, Caller
from stats.redirects import open_at_origin

SECRET = "marker-token"


class Place:
    """A server: ``target`` is where it redirects to, if anywhere; ``seen`` what it got."""

    def __init__(self) -> None:
        self.url, self.target, self.status = "", "", 302
        self.seen: list[tuple[str, str, str, bytes]] = []


@contextmanager
def serving() -> Iterator[Place]:
    place = Place()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "")
            place.seen.append((self.command, self.path, token, body))
            moved = place.target and self.path != "/there"
            self.send_response(place.status if moved else 200)
            if moved:
                self.send_header("Location", place.target)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def places() -> Iterator[tuple[Place, Place]]:
    with serving() as near, serving() as far:
        yield near, far


STATUSES = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])


@STATUSES
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_export_never_goes_to_another_origin(
    places: tuple[Place, Place], method: str, status: int
) -> None:
    near, far = places
    near.target, near.status = f"{far.url}/there?x=1", status
    call = Call(method, near.url, b"body", {"Authorization": f"Bearer {SECRET}"})
    with pytest.raises(ConfigError, match="redirects to") as refused:
        Caller("Somebody", waits=()).call(call)
    assert far.seen == []
    assert far.url in str(refused.value)
    assert "x=1" not in str(refused.value)
    assert SECRET not in str(refused.value)


@STATUSES
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_is_sent_is_not_lost_in_a_redirect(
    places: tuple[Place, Place], method: str, status: int
) -> None:
    near, _ = places
    near.target, near.status = "/there", status
    with pytest.raises(ConfigError, match=f"redirects a {method}"):
        Caller("Somebody", waits=()).call(Call(method, near.url, b"body", {}))
    assert [path for _, path, _, _ in near.seen] == ["/"]


@STATUSES
def test_a_question_is_redirected_within_its_origin(
    places: tuple[Place, Place], status: int
) -> None:
    near, _ = places
    near.target, near.status = "/there", status
    request = urllib.request.Request(near.url, headers={"Authorization": SECRET})
    with open_at_origin(request, timeout=10) as answer:
        assert answer.status == 200
    assert [path for _, path, _, _ in near.seen] == ["/", "/there"]


@STATUSES
def test_the_python_client_keeps_its_token(places: tuple[Place, Place], status: int) -> None:
    near, far = places
    near.target, near.status = f"{far.url}/there", status
    client = Client(near.url, token=SECRET)
    with pytest.raises(ConfigError):
        client.totals("record:r1")
    with pytest.raises(ConfigError):
        client.publish([{"type": "record-view", "resource": "record:r1"}])
    near.target = "/there"
    with pytest.raises(ConfigError):
        client.publish([{"type": "record-view", "resource": "record:r1"}])
    assert far.seen == []


def test_another_port_or_scheme_is_another_origin(places: tuple[Place, Place]) -> None:
    near, _ = places
    near.target = near.url.replace("http://", "https://")
    with pytest.raises(ConfigError, match="no credentials"):
        Caller("Somebody", waits=()).call(Call("GET", near.url, b"", {}))
