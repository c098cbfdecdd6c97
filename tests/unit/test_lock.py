"""The lock file of the tested set agrees with what the package declares."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import LOCK, OURS, build_lock, find_versions, read_declared, read_lock


def test_what_is_declared_is_locked_in_a_version_that_is_allowed() -> None:
    locked = read_lock()
    for one in read_declared():
        name = canonicalize_name(one.name)
        if name in OURS or (one.marker is not None and name not in locked):
            continue  # a marker may leave it out on the Python that wrote the file
        assert name in locked, f"{one}: run python tools/lock.py"
        assert one.specifier.contains(locked[name], prereleases=True), one


def test_the_file_holds_versions_alone() -> None:
    text = LOCK.read_text("utf-8")
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.+!]*", line), line
    assert build_lock(read_lock()) == text


def test_what_is_needed_in_turn_is_found() -> None:
    found = find_versions([Requirement("flask")])
    assert {"flask", "werkzeug", "jinja2", "markupsafe", "blinker"} <= found.keys()


def test_an_environment_that_does_not_fit_is_not_written_down() -> None:
    with pytest.raises(SystemExit, match=r"flask .* is installed, but flask<1 is needed"):
        find_versions([Requirement("flask<1")])
