"""Requests that would cost much are refused before they do."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import waitress.server
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from stats.cli.service import server_options
from stats.errors import LimitError
from stats.limits import Limits, Rates, parse_rate
from stats.service import create_app
from tests.example_repository import NOWHERE


def client_with(monkeypatch: pytest.MonkeyPatch, **settings: object) -> FlaskClient:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    return create_app({**NOWHERE, "STATS_CONNECT_TIMEOUT": 0.2, **settings}).test_client()


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def history(first: str) -> dict[str, object]:
    return {
        "stat": "record-view-histogram",
        "params": {"resource": "site:all", "from": first, "to": "2026-01-01"},
    }


def test_many_long_histories_in_one_post_are_refused_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_with(monkeypatch)
    body = {str(n): history("2016-01-01") for n in range(100)}
    answer = client.post("/api/stats", json=body)
    assert refusal(answer) == (422, "too_large")
    assert "365,400 buckets; ask for at most 10,000" in answer.json["error"]["message"]


def test_a_post_has_only_so_many_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {str(n): history("2026-01-01") for n in range(101)}
    assert refusal(client_with(monkeypatch).post("/api/stats", json=body)) == (422, "too_large")


def test_a_history_is_as_long_as_the_setting_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with(monkeypatch, STATS_LIMIT_POINTS=30)
    path = "/api/stats/record-view-histogram?resource=site:all&to=2026-01-31&from=2026-01-"
    assert refusal(client.get(f"{path}01")) == (422, "too_large")
    assert client.get(f"{path}02").status_code == 503  # no engine is there, but it was asked


def test_totals_are_of_so_many_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with(monkeypatch, STATS_LIMIT_REFS=2)
    assert refusal(client.get("/api/stats/totals?ref=a:1&ref=a:2&ref=a:3")) == (422, "too_large")


def test_an_address_is_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_with(monkeypatch, STATS_LIMIT_ADDRESS_BYTES=100)
    assert refusal(client.get(f"/api/stats/totals/record:{'r' * 90}")) == (414, "too_long")


def test_an_address_asks_so_often_and_is_told_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_with(monkeypatch, STATS_RATE_BY_ADDRESS="3/minute")
    answers = [client.get("/api/stats/nothing") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert refusal(answers[-1]) == (429, "too_many")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 120
    other = client.get("/api/stats/nothing", environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert other.status_code == 404
    assert client.get("/healthz").status_code == 200
    report = client.get("/api/counter/r51/status")
    assert (report.status_code, report.json["Code"]) == (429, 1020)


def test_a_rate_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="STATS_RATE_BY_TOKEN: must be a rate such as 600/minute"):
        client_with(monkeypatch, STATS_RATE_BY_TOKEN="often")


def test_a_caller_publishes_so_many_resources_an_hour() -> None:
    rates = Rates(
        by_address=None,
        by_token=None,
        events=parse_rate("100/hour"),
        refs=parse_rate("10/hour"),
        storage_url="memory://",
    )
    rates.count_published("writer", events=2, refs=8)
    with pytest.raises(LimitError, match="more than 10 refs in 1 hour") as refused:
        rates.count_published("writer", events=1, refs=3)
    assert refused.value.status == 429
    rates.count_published("another", events=1, refs=3)


def rates_in(storage_url: str) -> Rates:
    rate = parse_rate("1000000/hour")
    return Rates(by_address=rate, by_token=None, events=None, refs=None, storage_url=storage_url)


def test_callers_at_the_same_moment_are_all_counted(switching: None) -> None:
    """The first requests of a page come together, to a store of counters at rest."""

    def ask(_: int) -> None:
        barrier.wait()
        rates.count_request("192.0.2.1", None)

    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        for _ in range(100):
            rates = rates_in("memory://")
            time.sleep(0.015)  # its timer has run out, and is started by whoever comes next
            assert list(threads.map(ask, range(8))) == [None] * 8


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads take turns as often as they can, as on a busy machine."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_nobody_is_refused_while_the_store_of_counters_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("redis")
    rates_in("redis://127.0.0.1:9").count_request("192.0.2.1", None)
    assert "requests are not limited, STATS_RATE_STORAGE_URL is away" in caplog.text


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    app = client_with(monkeypatch).application
    server = waitress.server.create_server(
        app, host="127.0.0.1", port=0, **server_options(Limits(body_bytes=1_000_000))
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()


def ask_health(port: int) -> tuple[int, float]:
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status, time.monotonic() - began


def test_connections_that_send_half_a_request_stop_nothing(port: int) -> None:
    half_open = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for connection in half_open[::2]:
        connection.sendall(b"GET /api/stats HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    status, seconds = ask_health(port)
    for connection in half_open:
        connection.close()
    assert (status, seconds < 5) == (200, True)


def test_a_body_that_is_too_large_is_refused_by_its_header(port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = "POST /api/events HTTP/1.1\r\nHost: a\r\nContent-Length: 600000000\r\n\r\n"
    connection.sendall(head.encode())  # and no byte of the body
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    connection.close()
