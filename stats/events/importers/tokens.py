r"""The fields of a line: bare, ``"quoted"``, ``[bracketed]`` or ``key=value``, blanks between."""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"(?P<key>[A-Za-z_][\w.-]*[=:])?(?P<quoted>{_QUOTED})(?=[ \t,]|$)"
    r"|\[(?P<bracketed>[^\[\]]*)\](?=[ \t]|$)"
    r'|(?P<name>[A-Za-z_][\w.-]*=)(?P<value>[^ \t"]*)(?=[ \t]|$)'
    r'|(?P<bare>[^ \t"]+)(?=[ \t]|$)',
)
_BLANKS = re.compile(r"[ \t]+")


class Token(NamedTuple):
    """One field: its text without quotes (escapes still in), how it was written, and its key."""

    text: str
    is_quoted: bool = False
    key: str = ""


def tokenize(line: str) -> list[Token] | None:
    """Return the fields of a line; None when quotes do not pair."""
    tokens: list[Token] = []
    position, end = 0, len(line.rstrip(" \t\r\n"))
    while position < end:
        blank = _BLANKS.match(line, position)
        if blank:
            position = blank.end()
            continue
        found = _TOKEN.match(line, position, end)
        if found is None:
            return None
        tokens.append(_token(found))
        position = found.end()
        if line[position : position + 1] == ",":  # behind a quoted field of a list
            position += 1
    return tokens


def _token(found: re.Match[str]) -> Token:
    if found["quoted"] is not None:
        return Token(found["quoted"][1:-1], True, (found["key"] or "").rstrip("=:"))
    if found["name"] is not None:
        return Token(found["value"], key=found["name"][:-1])
    return Token(found["bracketed"] if found["bare"] is None else found["bare"])
