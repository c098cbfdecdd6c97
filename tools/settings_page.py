"""Writes ``docs/settings.md``, the reference of all settings, from ``stats/config.py``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stats.config import SettingHelp, setting_help
from stats.setting_sources import RENAMED

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """# Settings

Every setting is a key of Flask's configuration. A Python file that `STATS_CONFIG` names
overrides it, and an environment variable of the same name overrides both; lists and dictionaries
are written there as JSON. An unknown `STATS_*` key is an error at start-up (exit code 2) that
suggests the near one.

This page is written by `python tools/settings_page.py` from the help beside each setting in
`stats/config.py`; a test compares the two.

| setting | default | what it is for |
|---|---|---|
"""

OLD = """
## Names of before

These are still read; a warning in the log says the name of today, which wins where both are set.

| before | today |
|---|---|
"""


def build_page(settings: Sequence[SettingHelp], renamed: Mapping[str, str]) -> str:
    """Return the page."""
    rows = [f"| `{one.name}` | {_default(one.default)} | {_cell(one.help)} |\n" for one in settings]
    old = [f"| `{before}` | `{today}` |\n" for before, today in renamed.items()]
    return "".join([HEAD, *rows, OLD, *old])


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    return f"`{_cell(json.dumps(value, default=str))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(build_page(setting_help(), RENAMED), "utf-8")
