"""Clients in Python and TypeScript, generated from the document, compiled, used on a service."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stats.engines.folder import Addresses
from stats.reports.workbook import MEDIA_TYPE as XLSX
from tests.serving import fresh_service, make_token, served

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / "widgets" / "node_modules"
PERSON = {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
VIEW = {"type": "record-view", "timestamp": "2025-03-05T10:00:00Z", **PERSON}
EVENTS = [
    {**VIEW, "id": "a", "resource": "record:r1", "session_id": "s1"},
    {**VIEW, "id": "b", "resource": "record:r1", "session_id": "s2"},
    {**VIEW, "id": "c", "resource": "record:r2", "session_id": "s1"},
]
ANSWER = {
    "views": 2,
    "counts": [2],
    "ranking": ["record:r1", "record:r2"],
    "breakdown": 2,
    "events": ["record:r1", "record:r1", "record:r2"],
    "csv": ["date", "count"],
    "xlsx": "PK",
    "counter": ["PR", 1],
    "tsv": ["Report_ID", "IR"],
}


@dataclass(frozen=True)
class Service:
    """A running service, its document, and a token that may ask for everything."""

    url: str
    document: str
    token: str


@pytest.fixture(scope="module")
def service(stats_engines: Addresses) -> Iterator[Service]:
    """A service that counted EVENTS."""
    with fresh_service(stats_engines) as (app, state):
        state.init()
        state.publish(EVENTS)
        state.process()
        state.aggregate()
        document = app.test_client().get("/api/openapi.json").text
        with served(app) as url:
            yield Service(url, document, make_token(state, "admin"))


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_a_client_in_python(service: Service, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(service.document, "utf-8")
    config = {"post_hooks": [], "content_type_overrides": {XLSX: "application/octet-stream"}}
    (tmp_path / "config.yml").write_text(json.dumps(config), "utf-8")
    python = (sys.executable, "-m")
    made = ("--meta", "none", "--output-path", "usage_client", "--config", "config.yml")
    run(tmp_path, *python, "openapi_python_client", "generate", "--path", "openapi.json", *made)
    shutil.copy(HERE / "ask.py", tmp_path)
    run(tmp_path, *python, "mypy", "--config-file=", "ask.py")
    answer = run(tmp_path, sys.executable, "ask.py", service.url, service.token)
    assert json.loads(answer) == ANSWER


@pytest.mark.timeout(300)
def test_a_client_in_typescript(service: Service, tmp_path: Path) -> None:
    tools = TOOLS / ".bin"
    if not (tools / "openapi-typescript").exists() or shutil.which("node") is None:
        pytest.skip("the front end's tools are not installed: npm --prefix widgets ci")
    (tmp_path / "openapi.json").write_text(service.document, "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    (tmp_path / "node_modules").symlink_to(TOOLS)
    run(tmp_path, tools / "openapi-typescript", "openapi.json", "-o", "schema.d.ts")
    shutil.copy(HERE / "ask.ts", tmp_path)
    kind = ("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")
    run(tmp_path, tools / "tsc", "--strict", "--skipLibCheck", *kind, "ask.ts")
    answer = run(tmp_path, "node", "ask.js", service.url, service.token)
    assert json.loads(answer) == ANSWER
