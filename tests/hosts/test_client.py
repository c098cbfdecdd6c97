"""The clients in Python and JavaScript against the real service, over HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from werkzeug.serving import make_server

import stats.hosts
from stats.client import AT_A_TIME, Client
from stats.errors import AccessError, InputError, StoreUnavailable
from stats.ext import EXTENSION, StatsState
from stats.permissions import COMMAND_LINE
from stats.service import create_app

MODULE = Path(stats.hosts.__file__).parent / "static" / "stats-client.js"
VIEW = {"type": "record-view", "resource": "record:r1", "user_agent": "Mozilla/5.0 Firefox/128.0"}


@pytest.fixture
def state(config: dict[str, Any], prepare: Callable[[Flask], StatsState]) -> StatsState:
    return prepare(create_app({**config, "STATS_IDENTITY": lambda: COMMAND_LINE}))


@pytest.fixture
def service(state: StatsState, config: dict[str, Any]) -> Iterator[str]:
    app = create_app({**config, "STATS_IDENTITY": lambda: COMMAND_LINE})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    app.extensions[EXTENSION].stores.search.close()


def test_events_go_in_and_numbers_come_out(service: str, state: StatsState) -> None:
    client = Client(service)
    twice = {**VIEW, "id": "a", "timestamp": "2025-03-05T10:00:00Z", "session_id": "s1"}
    other = {**twice, "id": "b", "session_id": "s2"}
    assert client.publish([twice, twice, other]) == []
    assert client.describe([{"resource": "record:r1", "title": "Tides"}]) == []
    state.process()
    state.aggregate()
    assert client.totals("record:r1")["views"] == 2
    assert client.totals_of(["record:r1", "record:a/b c"])["record:a/b c"]["views"] == 0
    window = {"from_": "2025-03-01", "to": "2025-03-31", "interval": "month"}
    answer = client.query("record-view-histogram", resource="record:r1", **window)
    assert [bucket["count"] for bucket in answer["buckets"]] == [2]


def test_what_is_wrong_is_told(service: str) -> None:
    client = Client(service)
    (rejected,) = client.publish([VIEW, {"type": "nothing", "resource": "record:r1"}])
    assert (rejected["index"], rejected["code"]) == (1, "unknown_type")
    taken = client.publish([VIEW, {**VIEW, "size": -1}])
    assert taken == []
    [warning] = taken.warnings
    assert (warning["index"], warning["code"], warning["field"]) == (1, "out_of_range", "size")
    with pytest.raises(InputError, match="no query") as caught:
        client.query("nothing")
    assert caught.value.code == "unknown_query"


class Moody(BaseHTTPRequestHandler):
    """Answers what the test has put into ``answers``, then 202; notes the bodies."""

    answers: ClassVar[list[int]] = []
    bodies: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(json.loads(body))
        status = self.answers.pop(0) if self.answers else 202
        answer = {"accepted": 1, "rejected": [{"index": 0, "code": "c", "message": "m"}]}
        if status != 202:
            answer = {"error": {"code": "c", "message": "no", "field": ""}}
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def moody() -> Iterator[str]:
    Moody.answers, Moody.bodies = [], []
    with running(Moody) as url:
        yield url


def test_what_is_busy_is_tried_again_with_the_same_ids(moody: str) -> None:
    Moody.answers = [503, 429]
    Client(moody).publish([VIEW])
    assert len(Moody.bodies) == 3
    assert Moody.bodies[0] == Moody.bodies[2]
    assert Moody.bodies[0][0]["id"]


def test_many_events_are_several_requests_and_keep_their_places(moody: str) -> None:
    rejected = Client(moody).publish([VIEW] * (AT_A_TIME + 1))
    assert [len(body) for body in Moody.bodies] == [AT_A_TIME, 1]
    assert [one["index"] for one in rejected] == [0, AT_A_TIME]


def test_a_refusal_is_not_tried_again(moody: str) -> None:
    for status, error in ((401, AccessError), (403, AccessError), (400, InputError)):
        Moody.answers, Moody.bodies = [status], []
        with pytest.raises(error):
            Client(moody).publish([VIEW])
        assert len(Moody.bodies) == 1


class Elsewhere(BaseHTTPRequestHandler):
    """Notes what comes, and answers as totals are."""

    seen: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"record:r1": {"views": 1}}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Redirecting(Elsewhere):
    """Sends whoever asks elsewhere."""

    target: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.target + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


REDIRECTED = """
import { StatsClient } from %(module)s;
const ask = (token) => new StatsClient({ base: %(base)s, token, tries: 1 })
  .totals("record:r1").then((totals) => totals.views, () => "refused");
console.log(JSON.stringify([await ask("secret"), await ask(undefined)]));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_the_module_takes_no_token_along_a_redirect(tmp_path: Path) -> None:
    Elsewhere.seen.clear()
    with running(Elsewhere) as target, running(Redirecting) as base:
        Redirecting.target = target
        script = tmp_path / "page.mjs"
        names = {"module": MODULE.as_uri(), "base": f"{base}/"}
        script.write_text(REDIRECTED % {name: json.dumps(value) for name, value in names.items()})
        found = subprocess.run(["node", str(script)], capture_output=True, timeout=60, check=True)
    assert json.loads(found.stdout) == ["refused", 1]
    assert Elsewhere.seen == [None]


def test_a_service_that_stays_away_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="service"):
        Client("http://127.0.0.1:9", patience=0.3).publish([VIEW])


SCRIPT = """
import { StatsClient } from %(module)s;
const calls = [];
const real = globalThis.fetch;
globalThis.fetch = (url, options) => { calls.push(String(url)); return real(url, options); };
const client = new StatsClient({ base: %(base)s });
const rejected = await client.publish(%(view)s, { type: "nothing", resource: "record:r1" });
const { warnings } = await client.publish({ ...%(view)s, size: -1 });
const before = calls.length;
const refs = ["record:r1", "record:a b", "record:r1"];
const totals = await Promise.all(refs.map((ref) => client.totals(ref)));
const asked = calls.length - before;
const query = await client.query("record-view-total", { resource: "record:r1", from: null });
const wrong = await client.query("nothing").catch((error) => error);
const away = await new StatsClient({ base: "http://127.0.0.1:9/", tries: 2, pause: 1 })
  .totals("record:r1").catch((error) => error);
console.log(JSON.stringify({
  rejected, warned: warnings.map((one) => one.field), asked,
  views: totals.map((t) => t.views), total: query.total.count,
  wrong: [wrong.status, wrong.code], away: away.status,
}));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_the_module_for_pages_does_the_same(
    service: str, state: StatsState, tmp_path: Path
) -> None:
    script = tmp_path / "page.mjs"
    names = {"module": MODULE.as_uri(), "base": service, "view": VIEW}
    script.write_text(SCRIPT % {name: json.dumps(value) for name, value in names.items()})
    done = subprocess.run(
        ["node", str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["code"] for one in found["rejected"]] == ["unknown_type"]
    assert found["warned"] == ["size"]
    assert found["asked"] == 1
    assert found["wrong"] == [404, "unknown_query"]
    assert found["away"] == 0
    assert found["views"] == [0, 0, 0]
    assert state.process()["record-view"].created == 2
