"""Clients in Python and TypeScript, generated from the document, and programs on them compiled."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stats.ext import EXTENSION
from stats.service import create_app
from stats.views.openapi import build_openapi

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / "widgets" / "node_modules"


@pytest.fixture(scope="module")
def document() -> str:
    app = create_app({})
    return json.dumps(build_openapi(app, app.extensions[EXTENSION].queries.values()))


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_a_client_in_python(document: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(document, "utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", "utf-8")
    python = (sys.executable, "-m")
    made = ("--meta", "none", "--output-path", "usage_client", "--config", "config.yml")
    run(tmp_path, *python, "openapi_python_client", "generate", "--path", "openapi.json", *made)
    shutil.copy(HERE / "ask.py", tmp_path)
    run(tmp_path, *python, "mypy", "--config-file=", "ask.py")


@pytest.mark.timeout(300)
def test_a_client_in_typescript(document: str, tmp_path: Path) -> None:
    tools = TOOLS / ".bin"
    if not (tools / "openapi-typescript").exists() or shutil.which("node") is None:
        pytest.skip("the front end's tools are not installed: npm --prefix widgets ci")
    (tmp_path / "openapi.json").write_text(document, "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    (tmp_path / "node_modules").symlink_to(TOOLS)
    run(tmp_path, tools / "openapi-typescript", "openapi.json", "-o", "schema.d.ts")
    shutil.copy(HERE / "ask.ts", tmp_path)
    kind = ("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")
    run(tmp_path, tools / "tsc", "--strict", "--skipLibCheck", *kind, "ask.ts")
