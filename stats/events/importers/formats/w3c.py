"""The extended log file format of the W3C: IIS, CloudFront, and whoever names ``#Fields``.

The ``#Fields`` line says what stands where, in any order, and may come again with others.
IIS writes a blank within a field as ``+``. CloudFront has tabs between and percent-encodes
what it writes, older files twice. Times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from stats.errors import InputError
from stats.events.importers.escapes import unescape_target
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_any, parse_iso
from stats.events.importers.request import NO_NAMES, Request
from stats.events.importers.tokens import tokenize

_FIELDS = re.compile(r"#\s*Fields:?\s*(.+)", re.IGNORECASE)
_DATE = re.compile(r"#\s*Date:?\s*(\d{4}-\d\d-\d\d)", re.IGNORECASE)
_TWICE = re.compile(r"%25([0-9a-fA-F]{2})")

_ADDRESS = ("c-ip", "x-client-ip", "client-ip")
_METHOD = ("cs-method", "method")
_STATUS = ("sc-status", "status")
_PATH = ("cs-uri-stem", "cs-uri-path")
_QUERY = ("cs-uri-query",)
_URL = ("cs-uri", "cs-url", "request-url")
_USER = ("cs-username", "cs-user", "c-username", "cs(username)")
_AGENT = ("cs(user-agent)", "user-agent", "cs-user-agent")
_REFERRER = ("cs(referer)", "cs(referrer)", "referer", "cs-referer")
_SIZE = ("sc-bytes", "bytes")
_FORWARDED = (
    "x-forwarded-for",
    "cs(x-forwarded-for)",
    "cs-x-forwarded-for",
    "cs(forwarded)",
    "c-ip-forwarded",
)
_EPOCH = ("timestamp", "x-timestamp", "date-time", "datetime")

Undo = Callable[[str], str]


def _undo_plus(value: str) -> str:
    return value.replace("+", " ")


def _undo_percent(value: str) -> str:
    """Undo CloudFront's encoding of a text, as often as it was done."""
    for _ in range(2):
        if "%" not in value or " " in value:
            break
        value = unquote(value, errors="replace")
    return value


def _undo_twice(value: str) -> str:
    """Undo the second of two percent-encodings."""
    return _TWICE.sub(r"%\1", value)


def _same(value: str) -> str:
    return value


class W3CReader:
    """Reads lines by the last ``#Fields``."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._places: dict[str, int] = {}
        self._date = ""
        self._has_tabs = False
        self._text: Undo = _same
        self._target: Undo = _same

    def read(self, line: str) -> Request | None:
        """Return the request of a line; a directive changes how the next are read."""
        if line.startswith("#"):
            self._read_directive(line)
            return None
        if not self._places:
            raise InputError("bad_format", "stands before any #Fields line")
        values = self._split(line)
        if values is None or len(values) != len(self._places):
            count = "quotes that do not pair" if values is None else f"{len(values)} fields"
            message = f"has {count}, #Fields has {len(self._places)}"
            raise InputError("bad_format", message)
        return self._request(values)

    def _read_directive(self, line: str) -> None:
        fields, date = _FIELDS.match(line), _DATE.match(line)
        if date:
            self._date = date[1]
        if not fields:
            return
        names = fields[1].lower().split()
        self._places = {name: number for number, name in enumerate(names)}
        is_cloudfront = any(name.startswith("x-edge-") for name in names)
        self._has_tabs = is_cloudfront or "\t" in fields[1].strip()
        self._text = _undo_percent if is_cloudfront else _undo_plus
        self._target = _undo_twice if is_cloudfront else _undo_plus

    def _split(self, line: str) -> list[str] | None:
        if self._has_tabs or ("\t" in line and line.count("\t") + 1 == len(self._places)):
            return line.rstrip("\r\n").split("\t")
        if '"' not in line:
            return line.split()
        tokens = tokenize(line)
        if tokens is not None and len(tokens) == len(self._places):
            return [token.text for token in tokens]
        return line.split()

    def _request(self, values: list[str]) -> Request:
        status = self._raw(values, _STATUS)
        if not (status.isascii() and status.isdigit()):
            raise InputError("bad_format", f"{status[:10]!r} is not a status", field="status")
        return Request(
            self._time(values),
            self._raw(values, _METHOD),
            self._find_target(values),
            int(status),
            self._given(values, _ADDRESS),
            self._decoded(values, _FORWARDED),
            self._decoded(values, _USER),
            agent=self._decoded(values, _AGENT),
            referrer=self._decoded(values, _REFERRER),
            size=self._given(values, _SIZE),
            named=self._named(values),
        )

    def _raw(self, values: list[str], names: Sequence[str]) -> str:
        for name in names:
            place = self._places.get(name)
            if place is not None:
                return values[place]
        return ""

    def _given(self, values: list[str], names: Sequence[str]) -> str | None:
        return self._raw(values, names) if any(name in self._places for name in names) else None

    def _decoded(self, values: list[str], names: Sequence[str]) -> str | None:
        value = self._given(values, names)
        if value is None:
            return None
        return "" if value == "-" else self._text(value)

    def _find_target(self, values: list[str]) -> str:
        path = self._raw(values, _PATH)
        if path in ("", "-"):
            return unescape_target(self._target(self._raw(values, _URL)))
        query = self._raw(values, _QUERY)
        target = unescape_target(self._target(path))
        return f"{target}?{query}" if query not in ("", "-") else target

    def _time(self, values: list[str]) -> int:
        time = self._raw(values, ("time",))
        if time:
            date = self._raw(values, ("date",)) or self._date
            return parse_iso(f"{date}T{time}")
        return parse_any(self._raw(values, _EPOCH))

    def _named(self, values: list[str]) -> Mapping[str, str]:
        if not self._asked.names:
            return NO_NAMES
        return {
            name: self._text(values[place])
            for name in self._asked.names
            if (place := self._places.get(name.lower())) is not None
        }


def open_w3c(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file that names its fields."""
    named = [found[1].lower() for line in sample if (found := _FIELDS.match(line))]
    is_access_log = any(set(fields.split()) & {*_STATUS} for fields in named)
    return W3CReader(asked) if is_access_log else None


FORMATS = (
    LogFormat(
        "w3c",
        "W3C extended log (IIS, CloudFront), with its #Fields line",
        open_w3c,
        rank=20,
        has_directives=True,
    ),
)
