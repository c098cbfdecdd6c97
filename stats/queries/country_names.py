"""What countries are called in tables, in English (CLDR; `widgets/scripts/countries.js`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def read_country_names() -> Mapping[str, str]:
    """Return the names by their codes, those that geolocation databases add too."""
    text = Path(__file__).with_name("country_names.json").read_text("utf-8")
    names: Mapping[str, str] = json.loads(text)
    return names
