r"""JSON from outside, read as far as it can be read.

``orjson`` refuses a text that holds half of a character (``"\ud800"``, which some
programs write when they cut a title); the standard library reads it, and the checks of
the fields say what becomes of it. Anything else that is no JSON is refused by both.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def read_json_text(data: bytes) -> Any:
    """Return decoded JSON; raise ``orjson.JSONDecodeError`` when it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"\\u" not in data:
            raise
        found = _read_with_halves(data)
        if found is None:
            raise
        return found


def _read_with_halves(data: bytes) -> Any:
    """Return what the standard library reads, or None when it reads nothing either."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> None:
    """``NaN`` and ``Infinity`` are no JSON."""
    raise ValueError(name)
