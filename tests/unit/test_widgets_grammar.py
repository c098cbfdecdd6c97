"""The attributes of elements have one grammar: the page of a frame reads it as the elements do."""

from __future__ import annotations

import json
import re
from pathlib import Path

from stats.queries.windows import INTERVALS
from stats.widgets import frame

SETTINGS = (Path(__file__).parents[2] / "widgets/src/settings.js").read_text("utf-8")


def words(pattern: str) -> list[str]:
    """Return the list of words that stands where ``pattern`` says."""
    found = re.search(pattern + r"\s*\[([^\]]*)\]", SETTINGS)
    assert found, pattern
    return [word for word in json.loads(f"[{found[1]}]") if word]


def test_the_lists_are_the_same() -> None:
    assert words(r"INTERVALS =") == list(INTERVALS)
    assert words(r"SHOWN =") == list(frame.SHOWN)
    assert words(r"chart: among\(") == list(frame.CHARTS)


def test_names_and_numbers_are_the_same() -> None:
    assert f"const NAME = /^{frame._NAME.pattern}$/;" in SETTINGS
    assert f"const MOST_ROWS = {frame.MAX_ROWS};" in SETTINGS


def test_elements_have_the_attributes_that_a_frame_passes_on() -> None:
    listed = re.search(r'ATTRIBUTES =\s+"([^"]+)"', SETTINGS)
    assert listed
    own = {name for names in frame.ELEMENTS.values() for name in names}
    assert own <= set(listed[1].split())
