"""What may stand around the lines of a log: the prefix of syslog, the object of a container's log.

An envelope takes a line apart into the program that wrote it and the line of the log. Lines of
other programs in the same file are none of the log's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d+)?"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_TAG = r"(?P<program>[^\s:\[\]]+)(?:\[[^\]]*\])?: ?"


class Unwrapped(NamedTuple):
    """The program that wrote a line, empty when it is not said, and the line."""

    program: str
    line: str


Unwrap = Callable[[str], Unwrapped | None]
"""From a whole line to what is in it; None when it has no such envelope."""


@dataclass(frozen=True)
class Envelope:
    """One envelope; ``is_loose``: lines of a log may look like it without having it."""

    name: str
    unwrap: Unwrap = field(repr=False)
    is_loose: bool = False


def _prefix(pattern: str) -> Unwrap:
    compiled = re.compile(pattern, re.ASCII | re.DOTALL)

    def unwrap(line: str) -> Unwrapped | None:
        found = compiled.match(line)
        if found is None:
            return None
        groups: Mapping[str, Any] = found.groupdict()
        return Unwrapped(groups.get("program") or "", line[found.end() :].removeprefix("\ufeff"))

    return unwrap


def _object_with(key: str, program: str) -> Unwrap:
    def unwrap(line: str) -> Unwrapped | None:
        obj = _decode(line) if line.startswith("{") else None
        text = obj.get(key) if isinstance(obj, dict) else None
        if isinstance(text, list) and all(isinstance(one, int) and 0 <= one < 256 for one in text):
            text = bytes(text).decode("utf-8", "replace")  # journald's form of what is no text
        if obj is None or not isinstance(text, str):
            return None
        return Unwrapped(str(obj.get(program) or ""), text.rstrip("\r\n"))

    return unwrap


def _decode(line: str) -> Any:
    try:
        return orjson.loads(line.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return None


ENVELOPES = (
    Envelope(
        "syslog (RFC 5424)",
        _prefix(
            rf"(?:<\d{{1,3}}>1 )(?:{_ISO}|-) \S+ (?P<program>\S+) \S+ \S+"
            r" (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?"
        ),
    ),
    Envelope(
        "syslog",
        _prefix(rf"(?:<\d{{1,3}}>)?{_MONTH} [ \d]\d(?: \d{{4}})? {_CLOCK} \S+ {_TAG}"),
    ),
    Envelope("syslog", _prefix(rf"(?:<\d{{1,3}}>)?{_ISO} \S+ {_TAG}")),
    Envelope(
        "journald",
        _prefix(rf"(?:[A-Z][a-z]{{2}} )?\d{{4}}-\d\d-\d\d {_CLOCK} [A-Z]+ \S+ {_TAG}"),
    ),
    Envelope("journald", _object_with("MESSAGE", "SYSLOG_IDENTIFIER")),
    Envelope("container log", _prefix(rf"{_ISO} std(?:out|err) [FP] ")),
    Envelope("container log", _object_with("log", "container_name")),
    Envelope("shipped log", _object_with("message", "program")),
    Envelope("container log", _prefix(r"(?P<program>[\w.-]+) +\| ")),
    Envelope("timestamp", _prefix(rf"{_ISO} "), is_loose=True),
    Envelope("syslog", _prefix(r"(?:<\d{1,3}>)(?=\S)"), is_loose=True),
)
"""In the order in which they are tried."""
