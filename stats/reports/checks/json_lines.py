"""JSON that knows where its values stand.

Comes in: the text of a file. Goes out: the value, and the line of each place in it, a
place being a tuple of keys and positions. The standard library's scanner says where a
value ends, so only the structure is walked here.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import Any

from stats.errors import InputError

Path = tuple[str | int, ...]

_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


class Lines:
    """The line of each place in a JSON text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
        self._offsets: dict[Path, int] = {}

    def of(self, path: Path) -> int:
        """Return the line of a place, or of the nearest that is there around it."""
        while path and path not in self._offsets:
            path = path[:-1]
        return bisect_right(self._starts, self._offsets.get(path, 0))

    def read(self) -> Any:
        """Return the value of the whole text; raise ``InputError`` where it is no JSON."""
        try:
            value = json.loads(self._text)
        except (ValueError, RecursionError) as error:
            raise InputError("not_json", f"the file is no JSON: {error}") from error
        self._walk((), self._skip(0))
        return value

    def _skip(self, at: int) -> int:
        while self._text[at] in _SPACE:
            at += 1
        return at

    def _walk(self, path: Path, at: int) -> int:
        """Note where the value at ``at`` stands, and all in it; return where it ends."""
        self._offsets[path] = at
        opening = self._text[at]
        if opening not in "{[":
            return _DECODER.raw_decode(self._text, at)[1]
        at, number = self._skip(at + 1), 0
        while self._text[at] not in "}]":
            key: str | int = number
            if opening == "{":
                key, at = _DECODER.raw_decode(self._text, at)
                at = self._skip(self._skip(at) + 1)  # the colon
            at, number = self._skip(self._walk((*path, key), at)), number + 1
            if self._text[at] == ",":
                at = self._skip(at + 1)
        return at + 1
