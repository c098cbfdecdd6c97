"""Logs that real servers write, in the formats that they come with.

Each server is started on a port of its own where it is installed, asked the same, stopped, and its
log imported; elsewhere these tests skip.
"""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.importing import import_files, mapping

AGENT = 'Mozilla/5.0 (X11; "quoted" \\ é; rv:131.0) Gecko/20100101 Firefox/131.0'
QUERY = "/records/1?q=%22a%22&b=r%C3%A9"
LAST = "/records/2/files/r%C3%A9sum%C3%A9.pdf"
PATIENCE = 20.0

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
        '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"';
    access_log {folder}/access.log {name};
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /missing {{ return 404; }}
        location / {{ return 200 "found\\n"; }}
    }}
}}
"""
APACHE = """
ServerRoot {folder}
ServerName repo.example.org
PidFile {folder}/pid
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\
\\"%{{User-Agent}}i\\"" vhost_combined
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
LogFormat "%h %l %u %t \\"%r\\" %>s %O" common
CustomLog {folder}/access.log {name}
DocumentRoot {folder}
AliasMatch ^/records/ {folder}/page
"""
HAPROXY = """
global
    log stdout format raw local0
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    log global
    option httplog
frontend repo
    bind 127.0.0.1:{port}
    http-request return status 404 if {{ path /missing }}
    http-request return status 200 content-type text/plain string found
"""
SERVERS: dict[str, tuple[str, str, Callable[[str], list[str]]]] = {
    "nginx": ("nginx", NGINX, lambda config: ["nginx", "-c", config]),
    "apache2": ("apache2", APACHE, lambda config: ["apache2", "-f", config, "-D", "FOREGROUND"]),
    "haproxy": ("haproxy", HAPROXY, lambda config: ["haproxy", "-f", config]),
}


def written(folder: Path, server: str, name: str) -> Path:
    """Return the log of a server that was asked for some records, in its format ``name``."""
    program, template, command = SERVERS[server]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "server.conf"
    config.write_text(template.format(folder=folder, port=port, name=name), "utf-8")
    (folder / "page").write_text("found\n", "utf-8")
    folder.chmod(0o755)
    with (folder / "out").open("wb") as out:
        running = subprocess.Popen(command(str(config)), stdout=out, stderr=subprocess.STDOUT)
        try:
            ask(port)
            wait_until_written(folder)
        finally:
            running.terminate()
            running.wait(PATIENCE)
    return log_in(folder)


def log_in(folder: Path) -> Path:
    """Return where a server logs: its file, or what it prints."""
    log = folder / "access.log"
    return log if log.exists() else folder / "out"


def wait_until_written(folder: Path) -> None:
    """Wait for the line of the last request, which a server may write after its answer."""
    end = time.monotonic() + PATIENCE
    while LAST.encode() not in log_in(folder).read_bytes():
        assert time.monotonic() < end, "the last request is not in the log"
        time.sleep(0.02)


def ask(port: int) -> None:
    """Look at a record twice, once quoted and once by the server's own way of asking; and more."""
    wait_for(port)
    for method, target in (
        ("GET", "/records/1"),
        ("GET", QUERY),
        ("HEAD", "/records/1"),
        ("GET", "/missing"),
        ("GET", LAST),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {"User-Agent": AGENT.encode(), "X-Forwarded-For": "203.0.113.5"}
        connection.request(method, target, headers=headers)
        connection.getresponse().read()
        connection.close()


def wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("nginx", "combined"),
        ("nginx", "main"),
        ("apache2", "vhost_combined"),
        ("apache2", "combined"),
        ("apache2", "common"),
        ("haproxy", "httplog"),
    ],
)
def test_what_a_server_writes_by_default_is_understood(
    server: str, name: str, tmp_path: Path
) -> None:
    log = written(tmp_path, server, name)
    summary, events = import_files(log, rules=mapping(), trusted=("127.0.0.0/8",))
    text = log.read_text("utf-8", "replace")
    seen = [(event["type"], event["resource"]) for event in events]
    assert seen == [
        ("record-view", "record:1"),
        ("record-view", "record:1"),
        ("file-download", "file:2/résumé.pdf"),
    ], text
    assert summary.result.malformed == 0, text
    assert {event["ip_address"] for event in events} == (
        {"203.0.113.5"} if name == "main" else {"127.0.0.1"}
    )
    agents = {event.get("user_agent") for event in events}
    assert agents == ({None} if name in ("common", "httplog") else {AGENT}), text
