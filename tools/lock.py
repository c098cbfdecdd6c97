"""Write ``requirements-lock.txt``: the versions of all packages that the tests ran with.

    python tools/lock.py      in the environment in which ./run-tests.sh passed

Reads what ``setup.py`` declares and follows it through the installed packages. The file has one
``name==version`` a line; ``pip install -r requirements-lock.txt`` brings that set back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from runpy import run_path
from typing import Any
from unittest.mock import patch

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-lock.txt"
OURS = frozenset({"stats", "stats-country-database"})
"""Packages of this repository."""

HEAD = """\
# Versions of the packages that the tests passed with: docs/deployment.md#dependencies.
# Written by `python tools/lock.py`; change setup.py, not this file.
"""


def read_declared() -> list[Requirement]:
    """Return what ``setup.py`` declares, of all extras."""
    given: dict[str, Any] = {}
    with patch("setuptools.setup", lambda **named: given.update(named)):
        run_path(str(ROOT / "setup.py"))
    lines = [*given["install_requires"], *(r for e in given["extras_require"].values() for r in e)]
    return [Requirement(line) for line in dict.fromkeys(lines)]


def find_versions(declared: Iterable[Requirement]) -> dict[str, str]:
    """Return the installed version of what is declared, and of all that it needs in turn."""
    found: dict[str, str] = {}
    waiting, asked = list(declared), set[str]()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name in OURS or str(one) in asked or not _applies(one):
            continue
        asked.add(str(one))
        installed = distribution(name)
        if not one.specifier.contains(installed.version, prereleases=True):
            raise SystemExit(f"{name} {installed.version} is installed, but {one} is needed")
        found[name] = installed.version
        waiting += _needed(installed.requires or (), one.extras)
    return found


def _needed(lines: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in ("", *extras)):
            one.marker = None
            yield one


def _applies(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": ""})


def read_lock() -> dict[str, str]:
    """Return the versions in the file, by the normal form of the package's name."""
    lines = LOCK.read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return dict(pairs)  # type: ignore[arg-type]


def build_lock(versions: dict[str, str]) -> str:
    """Return the file."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))


if __name__ == "__main__":
    LOCK.write_text(build_lock(find_versions(read_declared())), "utf-8")
    sys.stderr.write(f"{LOCK.name}: {len(read_lock())} packages\n")
