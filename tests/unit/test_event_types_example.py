"""The complete example of a type of one's own is taken by the settings as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from stats.definitions import build_definitions
from stats.setting_sources import load_settings

PAGE = Path(__file__).parents[2] / "docs" / "event-types.md"


def example() -> dict[str, Any]:
    """Run the page's block of Python, as ``STATS_CONFIG`` would."""
    block = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block
    found: dict[str, Any] = {}
    exec(block[1], found)
    return {name: value for name, value in found.items() if name.isupper()}


def test_the_example_defines_a_type_and_all_that_follows_from_it() -> None:
    config = {name: value for name, value in example().items() if name.startswith("STATS_")}
    definitions = build_definitions(load_settings(config, {}))
    assert "notebook-run" in definitions.event_types
    wanted = {"histogram", "total", "by", "top", "map", "api-share"}
    names = {
        f"notebook-{name}" if name == "api-share" else f"notebook-run-{name}" for name in wanted
    }
    assert names <= set(definitions.queries)
    assert "average" in definitions.queries["notebook-run-total"].columns
