"""One line of an access log in the combined format of Apache and nginx.

In comes a line, out go the fields of an event, or None when the request is not
one that counts. ``InputError`` says that the line is malformed.
"""

from __future__ import annotations

import re
from typing import Any

from stats.errors import InputError
from stats.events.importers.mapping import Mapping

_HEAD = r'(?P<address>\S+) \S+ (?P<user>\S+|"[^"]*") \[(?P<time>[^\]]+)\] '
_STRICT = re.compile(
    _HEAD + r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"\s*',
    re.ASCII,
)
_LENIENT = re.compile(
    _HEAD + r'"(?P<request>.*?)" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referrer>.*?)" "(?P<agent>.*)"\s*',
    re.ASCII,
)
"""For servers that write quotes within a field as they came."""

_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})", re.ASCII)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_REQUEST = re.compile(r"(?P<method>\S+) (?P<target>.*?)(?: HTTP/[0-9.]+)?", re.ASCII)
_ESCAPE = re.compile(r'\\(?:x([0-9a-fA-F]{2})|(["\\]))')


def read_combined(line: str, *, mapping: Mapping) -> dict[str, Any] | None:
    """Return the fields of the event that a line is, without ``id``."""
    found = _STRICT.fullmatch(line) or _LENIENT.fullmatch(line)
    if found is None:
        raise InputError("bad_format", "is not in the combined format")
    fields = found.groupdict()
    request = _REQUEST.fullmatch(fields["request"])
    if request is None or not mapping.counts(int(fields["status"]), request["method"]):
        return None
    event = mapping.match(_unescape(request["target"]))
    return None if event is None else event | _actor(fields)


def _actor(fields: dict[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "timestamp": _timestamp(fields["time"]),
        "ip_address": fields["address"],
        "user_agent": _text(fields["agent"]),
        "referrer": _text(fields["referrer"]),
    }
    if fields["user"] not in ("-", '""'):
        event["user_id"] = fields["user"]
    if fields["size"] != "-":
        event["size"] = int(fields["size"])
    return event


def _timestamp(text: str) -> str:
    """Return ISO 8601 of ``17/May/2015:10:05:03 +0000``, whatever the locale."""
    found = _TIME.fullmatch(text)
    month, rest = divmod(_MONTHS.find(found[2]), 3) if found else (0, 1)
    if found is None or rest:
        raise InputError("bad_format", f"{text[:40]!r} is not a time", field="timestamp")
    day, _month, year, clock, offset = found.groups()
    return f"{year}-{month + 1:02d}-{day}T{clock}{offset}"


def _text(value: str) -> str:
    """Return a quoted field: ``-`` is the empty one, which is not an absent one."""
    return "" if value == "-" else _unescape(value)


def _unescape(value: str) -> str:
    r"""Undo the escapes of the server: ``\"``, ``\\`` and the bytes ``\xhh``."""
    if "\\" not in value:
        return value
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], value)
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
