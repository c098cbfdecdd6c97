"""What a proxy says of a request, and what anybody else says: with real proxies and Gunicorn."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
from flask import Flask, request

from stats.cli.service import server_options
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.limits import Limits
from stats.permissions import tokens
from stats.service import create_app
from stats.times import utc_now
from tests.example_repository import NOWHERE

DOCS = Path(__file__).parents[2] / "docs" / "deployment.md"
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    made = create_app({**NOWHERE, "STATS_TRUSTED_PROXIES": "10.0.0.0/8"})

    @made.get("/seen")
    def seen() -> dict[str, str | None]:
        return {
            "address": request.remote_addr,
            "scheme": request.scheme,
            "host": request.host,
            "root": request.script_root,
        }

    return made


def seen_by(app: Flask, peer: str, headers: dict[str, str]) -> tuple[str, ...]:
    answer = app.test_client().get("/seen", headers=headers, environ_base={"REMOTE_ADDR": peer})
    return tuple(answer.json[name] for name in ("address", "scheme", "host", "root"))


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "unix:", "::1"])
def test_nobody_else_says_who_asks(app: Flask, peer: str) -> None:
    assert seen_by(app, peer, FORGED) == (peer, "http", "localhost", "")


def test_a_trusted_proxy_says_who_asks_and_how(app: Flask) -> None:
    headers = FORGED | {"X-Forwarded-For": "198.51.100.7, 203.0.113.9, 10.1.1.1"}
    found = seen_by(app, "10.0.0.1", headers)
    assert found == ("203.0.113.9", "https", "evil.example", "/evil")
    assert seen_by(app, "::ffff:10.0.0.1", headers)[0] == "203.0.113.9"
    assert seen_by(app, "10.0.0.1", {})[:2] == ("10.0.0.1", "http")
    assert seen_by(app, "10.0.0.1", {"X-Forwarded-For": "no address"})[0] == "10.0.0.1"


def test_our_own_server_leaves_the_headers_to_the_setting() -> None:
    assert server_options(Limits())["clear_untrusted_proxy_headers"] is False


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def documented(name: str) -> str:
    """Return the configuration of a proxy as the page has it."""
    _, _, behind = DOCS.read_text("utf-8").partition(f"\n{name}:\n")
    block = re.match(r"(?:\n|    .*\n)+", behind)
    assert block, name
    return re.sub(r"(?m)^    ", "", block[0])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key -out crt"
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    both = folder / "both"
    both.write_text((folder / "crt").read_text() + (folder / "key").read_text())
    return folder


def nginx(folder: Path, certificate: Path, port: int, behind: int) -> list[str]:
    server = documented("nginx")
    for old, new in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/stats.pem": str(certificate / "crt"),
        "/etc/ssl/stats.key": str(certificate / "key"),
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
    }.items():
        assert old in server
        server = server.replace(old, new)
    paths = " ".join(
        f"{kind}_temp_path {folder};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi")
    )
    own = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"
    http = f"access_log off; client_body_temp_path {folder}; {paths}"
    file = folder / "nginx.conf"
    file.write_text(f"{own}\nevents {{}}\nhttp {{\n{http}\n{server}\n}}\n")
    return ["nginx", "-p", str(folder), "-c", str(file)]


def haproxy(folder: Path, certificate: Path, port: int, behind: int) -> list[str]:
    sections = documented("HAProxy")
    for old, new in {
        "bind :443": f"bind 127.0.0.1:{port}",
        "/etc/ssl/stats-with-key.pem": str(certificate / "both"),
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
    }.items():
        assert old in sections
        sections = sections.replace(old, new)
    waits = "defaults\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n"
    file = folder / "haproxy.cfg"
    file.write_text(waits + sections)
    return ["haproxy", "-db", "-f", str(file)]


PROXIES = {"nginx": nginx, "haproxy": haproxy}


@pytest.fixture(params=sorted(PROXIES))
def port(
    request: pytest.FixtureRequest, stats_namespace: Namespace, certificate: Path, tmp_path: Path
) -> Iterator[int]:
    """The port of a proxy with TLS, in front of Gunicorn with the service."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    behind, front = free_port(), free_port()
    settings = {
        **stats_namespace.as_config(),
        "STATS_TRUSTED_PROXIES": "127.0.0.1",
        "STATS_RATE_BY_ADDRESS": "20/hour",
    }
    environ = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    workers = f"--workers 1 --threads 8 --bind 127.0.0.1:{behind}"
    gunicorn = [sys.executable, "-m", "gunicorn", *workers.split(), "stats.service:create_app()"]
    command = PROXIES[request.param](tmp_path, certificate, front, behind)
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(gunicorn, env=environ, stdout=log, stderr=log) as service,
        subprocess.Popen(command, stdout=log, stderr=log) as proxy,
    ):
        try:
            wait_for(behind, tmp_path / "log")
            wait_for(front, tmp_path / "log")
            yield front
        finally:
            proxy.terminate()
            service.terminate()


def wait_for(port: int, log: Path) -> None:
    for _ in range(300):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def send(
    port: int, method: str, path: str, body: str | None = None, **headers: str
) -> HTTPResponse:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader = ("127.0.0.2", 0)  # 127.0.0.1 is the proxy's
    connection = HTTPSConnection(
        "127.0.0.1", port, context=context, timeout=30, source_address=reader
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    return connection.getresponse()


def test_behind_a_real_proxy(port: int, stats_namespace: Namespace) -> None:
    """The cookie is secure, the page is of this site, and rates are by the reader's address."""
    state: StatsState = create_app(stats_namespace.as_config()).extensions[EXTENSION]
    secret = tokens.make_secret()
    scope = tokens.parse_scope("admin", user=None, communities=())
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    own = {**form, "Origin": f"https://127.0.0.1:{port}"}
    answer = send(port, "POST", "/stats/sign-in", f"token={secret}", **own)
    assert answer.status == 303, answer.read()
    cookie = answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    plain = {**form, "Origin": f"http://127.0.0.1:{port}"}
    assert send(port, "POST", "/stats/sign-in", f"token={secret}", **plain).status == 403
    forged = {name.replace("-", "_"): value for name, value in FORGED.items()}
    answer = send(port, "GET", "/stats", **forged)
    assert (answer.status, answer.headers["Location"]) == (308, "/stats/")
    statuses = [
        send(port, "GET", "/api/stats/nothing", X_Forwarded_For=f"203.0.113.{n}").status
        for n in range(25)
    ]
    assert set(statuses) == {404, 429}  # whatever the client writes, it is one address
