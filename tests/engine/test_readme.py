"""README's first example, pasted by somebody who has never seen the package."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from stats.engines.folder import free_port
from stats.engines.namespace import Namespace

README = Path(__file__).parents[2] / "README.md"


def example() -> str:
    found = re.search(
        r"A Flask application:\n\n```python\n(.*?)```", README.read_text("utf-8"), re.S
    )
    assert found
    return found[1]


@pytest.mark.timeout(120)
def test_the_first_example_serves_routes(stats_namespace: Namespace, tmp_path: Path) -> None:
    code = example()
    for said, here in (
        ("http://localhost:9200", stats_namespace.elasticsearch),
        ("mongodb://localhost/stats", stats_namespace.mongo),
        ("amqp://guest:guest@localhost:5672//", stats_namespace.broker),
    ):
        assert said in code
        code = code.replace(said, here)
    (tmp_path / "app.py").write_text(code, "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "app:app"]
    environ = {"STATS_INDEX_PREFIX": stats_namespace.prefix, "PATH": ""}
    process = subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE)
    try:
        answer = _get(f"http://127.0.0.1:{port}/api/stats/totals/record:r1", process)
        assert b'"views":' in answer
        assert b"stats-panel" in _get(f"http://127.0.0.1:{port}/widgets/record:r1", process)
    finally:
        process.terminate()
        process.wait(10)


def _get(url: str, process: subprocess.Popen[bytes]) -> bytes:
    for _ in range(200):
        if process.poll() is not None:
            assert process.stderr
            raise AssertionError(process.stderr.read().decode())
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return bytes(answer.read())
        except ConnectionError:
            time.sleep(0.2)
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), ConnectionError):
                raise
            time.sleep(0.2)
    raise AssertionError("the application did not answer")
