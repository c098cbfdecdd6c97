"""The pictures of the documentation: each is made by the command, and each is shown."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.screenshots import OPEN_SHOTS, PAGE_SHOTS, SHOTS

ROOT = Path(__file__).parents[2]
MADE = {f"{shot.name}.png" for shot in (*SHOTS, *PAGE_SHOTS, *OPEN_SHOTS)}


def test_every_picture_is_made_by_the_command() -> None:
    assert {path.name for path in (ROOT / "docs" / "images").iterdir()} == MADE


def test_every_picture_is_shown_and_every_picture_shown_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {
        name for page in pages for name in re.findall(r"images/([\w-]+\.png)", page.read_text())
    }
    assert shown == MADE
