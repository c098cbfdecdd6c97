"""The attributes of elements have one grammar: this package reads it as the elements do."""

from __future__ import annotations

import json
import re
from pathlib import Path

from stats.layouts import elements
from stats.queries.windows import INTERVALS

SETTINGS = (Path(__file__).parents[2] / "widgets/src/settings.js").read_text("utf-8")


def words(pattern: str) -> list[str]:
    """Return the list of words that stands where ``pattern`` says."""
    found = re.search(pattern + r"\s*\[([^\]]*)\]", SETTINGS)
    assert found, pattern
    return [word for word in json.loads(f"[{found[1]}]") if word]


def test_the_lists_are_the_same() -> None:
    assert words(r"INTERVALS =") == list(INTERVALS)
    assert words(r"SHOWN =") == list(elements.SHOWN)
    assert words(r"chart: among\(") == list(elements.CHARTS)


def test_names_and_numbers_are_the_same() -> None:
    assert f"const NAME = /^{elements._NAME.pattern}$/;" in SETTINGS
    assert f"const MOST_ROWS = {elements.MAX_ROWS};" in SETTINGS


def test_elements_have_the_attributes_that_a_frame_passes_on() -> None:
    listed = re.search(r'ATTRIBUTES =\s+"([^"]+)"', SETTINGS)
    assert listed
    own = {name for names in elements.ELEMENTS.values() for name in names}
    assert own <= set(listed[1].split())
