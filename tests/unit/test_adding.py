"""Each example of ``docs/adding.md`` applies to the package as it is, and does what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding.md"
COPIED = ("stats", "widgets/src", "widgets/tests", "widgets/package.json")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "static", "*.mmdb")


class Task(NamedTuple):
    """One section of the page."""

    title: str
    files: tuple[str, ...]
    diff: str
    language: str
    lines: str


def read_tasks(text: str) -> list[Task]:
    found = []
    for section in re.split(r"(?m)^## ", text)[1:]:
        blocks = re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", section)
        (_, diff), (language, lines) = blocks
        listed = re.findall(r"(?m)^\d\. `?([^\s`:]+)", section)
        found.append(Task(section.splitlines()[0], tuple(listed), diff, language, lines))
    return found


TASKS = read_tasks(PAGE.read_text("utf-8"))


def run(command: list[str], tree: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, input=text, capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the examples change."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            shutil.copy(source, target)
    return tmp_path


def test_there_are_nine() -> None:
    assert len(TASKS) == 9


@pytest.mark.parametrize("task", TASKS, ids=[task.title for task in TASKS])
def test_an_example_applies_and_runs(task: Task, tree: Path) -> None:
    if task.language == "sh" and shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    applied = run(["git", "apply", "--whitespace=nowarn", "-"], tree, task.diff)
    assert not applied.returncode, (
        f"docs/adding.md, {task.title}: the example does not apply any more, write it anew:"
        f" {applied.stderr}"
    )
    command = [sys.executable, "-"] if task.language == "python" else ["sh"]
    done = run(command, tree, task.lines)
    assert not done.returncode, f"docs/adding.md, {task.title}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("task", TASKS, ids=[task.title for task in TASKS])
def test_the_files_of_an_example_are_those_that_are_listed(task: Task) -> None:
    changed = re.findall(r"(?m)^\+\+\+ b/(\S+)", task.diff)
    folders = [name for name in task.files if name.endswith("/")]
    for name in changed:
        known = name in task.files or any(name.startswith(folder) for folder in folders)
        assert known or any("<name>" in one for one in task.files), name
