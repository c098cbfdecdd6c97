"""The walk of one event: the files that the documentation names are those it goes through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stats.engines import Addresses
from tools.walk import walk_event

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
STAGES = {
    "publish": "publish",
    "process": "process",
    **dict.fromkeys(("find days", "read", "filter", "count", "write", "total"), "aggregate"),
    **dict.fromkeys(("answer", "widget"), "answer"),
}
"""Stage of the page -> stage of the walk."""


def test_an_event_goes_through_the_files_of_the_page(
    stats_engines: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stats_engines.as_env().items():
        monkeypatch.setenv(name, value)
    section = PAGE.read_text("utf-8").partition("## The walk of one event")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| ([a-z ]+) \| (`.*?) \|", section, re.MULTILINE))
    assert rows.keys() == STAGES.keys()
    walked = walk_event().files
    for stage, files in rows.items():
        named = set(re.findall(r"`stats/(\S+\.py)`", files))
        assert named
        assert named <= walked[STAGES[stage]], stage
