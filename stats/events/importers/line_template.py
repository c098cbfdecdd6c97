"""Lines written by a template: literal text, and fields with a role each.

In comes what the configuration of a server says its lines look like, out goes what reads them.
A field is read up to the text that follows it; within quotes the server's escapes are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from stats.errors import InputError
from stats.events.importers.escapes import unescape_target, unescape_text
from stats.events.importers.formats.combined import split_request
from stats.events.importers.log_format import Asked
from stats.events.importers.log_times import parse_any, parse_common, parse_epoch, parse_format
from stats.events.importers.request import NO_NAMES, Request

Role = Literal[
    "",
    "address",
    "agent",
    "epoch",
    "forwarded",
    "method",
    "query",
    "referrer",
    "request",
    "session",
    "size",
    "status",
    "strptime",
    "target",
    "time",
    "user",
    "user_cookie",
]


class Field(NamedTuple):
    """One field of a template: what it is to us, and its name in the configuration.

    ``form`` is the format of a time that ``strptime`` reads. ``in_brackets``: the field brings
    its own brackets.
    """

    role: Role
    name: str
    form: str = ""
    in_brackets: bool = False


Part = str | Field

_MANY_WORDS = frozenset({"user", "forwarded", "agent", "referrer", "request", "strptime"})
_BLANKS = re.compile(" +")
_BLANK = " +"
_KNOWN_PATTERNS = {
    "in_brackets": r"\[[^\]]*\]",
    "status": r"\d{3}|-",
    "query": r"\??[^\s\"]*?",
}
_PATH = r"[^?\s\"]*"
"""A path that the query string follows at once (``%U%q``)."""


def _literal(text: str) -> str:
    return _BLANK.join(re.escape(piece) for piece in _BLANKS.split(text))


def _pattern(one: Field, before: str, behind: str, *, escaped: bool) -> str:
    """Return what a field looks like between two texts."""
    known = _KNOWN_PATTERNS.get("in_brackets" if one.in_brackets else one.role)
    if known is not None:
        return known
    if before.endswith('"') and behind.startswith('"'):
        return r'(?:[^"\\]|\\.)*' if escaped else ".*?"
    if behind.startswith("\t"):
        return r"[^\t]*"
    if not behind or behind[0] == " ":
        return ".*?" if one.role in _MANY_WORDS else r"[^ \t]*?"
    return f"[^{re.escape(behind[0])}]*?"


def compile_parts(parts: Sequence[Part], *, escaped: bool = True) -> re.Pattern[str]:
    """Return the expression that a whole line matches; a group ``f<number>`` for each field."""
    pattern = ""
    for number, part in enumerate(parts):
        if isinstance(part, str):
            pattern += _literal(part)
            continue
        before = _text_at(parts, number - 1)
        behind = _text_at(parts, number + 1)
        is_path = _role_at(parts, number + 1) == "query"
        one = _PATH if is_path else _pattern(part, before, behind, escaped=escaped)
        pattern += f"(?P<f{number}>{one})"
    return re.compile(pattern + r"[ \t]*", re.DOTALL)


def _text_at(parts: Sequence[Part], number: int) -> str:
    part = parts[number] if 0 <= number < len(parts) else ""
    return part if isinstance(part, str) else ""


def _role_at(parts: Sequence[Part], number: int) -> Role:
    part = parts[number] if number < len(parts) else ""
    return "" if isinstance(part, str) else part.role


Unescape = Callable[[str], str]


def unescape_json(value: str) -> str:
    """Undo the escapes of a JSON string."""
    if "\\" not in value:
        return value
    try:
        return str(json.loads(f'"{value}"'))
    except ValueError:
        return unescape_text(value)


@dataclass(frozen=True)
class TemplateReader:
    """Reads the lines of one template."""

    parts: tuple[Part, ...]
    pattern: re.Pattern[str]
    asked: Asked
    unescape: Unescape = unescape_text
    complaint: str = "is not in the format that --log-format says"
    groups: Mapping[str, list[tuple[str, Field]]] = field(default_factory=dict)

    def read(self, line: str) -> Request | None:
        """Return the request of a line."""
        found = self.pattern.fullmatch(line.rstrip("\r\n"))
        if found is None:
            raise InputError("bad_format", self.complaint)
        time = self._time(found)
        status = self._first(found, "status") or ""
        if not (status.isascii() and status.isdigit()):
            raise InputError("bad_format", f"{status[:10]!r} is not a status", field="status")
        method, target = self._request(found)
        return Request(
            time,
            method,
            target,
            int(status),
            self._first(found, "address"),
            self._first(found, "forwarded"),
            self._text(found, "user"),
            self._text(found, "session"),
            self._text(found, "user_cookie"),
            self._text(found, "agent"),
            self._text(found, "referrer"),
            self._first(found, "size"),
            self._named(found),
        )

    def _request(self, found: re.Match[str]) -> tuple[str, str]:
        whole = self._first(found, "request")
        if whole is not None:
            return split_request(whole)
        target = unescape_target(self._first(found, "target") or "")
        query = self._first(found, "query")
        if query not in (None, "", "-") and "?" not in target:
            target = f"{target}?{query.lstrip('?')}" if query else target
        return self._first(found, "method") or "GET", target

    def _time(self, found: re.Match[str]) -> int:
        if (text := self._first(found, "time")) is not None:
            text = text.strip("[]")
            is_common = text[2:3] == "/" and not text[:5].replace("/", "").isdigit()
            zone = self.asked.zone
            return parse_common(text, zone) if is_common else parse_any(text, zone)
        if (text := self._first(found, "epoch")) is not None:
            return parse_epoch(text)
        pieces = self.groups["strptime"]
        texts = " ".join(found[group] for group, _ in pieces)
        return parse_format(texts, " ".join(one.form for _, one in pieces), self.asked.zone)

    def _first(self, found: re.Match[str], role: str) -> str | None:
        """Return the first value of a role that says anything; an empty one if none does."""
        values = [found[group] for group, _ in self.groups.get(role, ())]
        return next((value for value in values if value not in ("", "-")), None) or (
            values[0] if values else None
        )

    def _text(self, found: re.Match[str], role: str) -> str | None:
        value = self._first(found, role)
        return None if value is None else "" if value == "-" else self.unescape(value)

    def _named(self, found: re.Match[str]) -> Mapping[str, str]:
        if not self.asked.names:
            return NO_NAMES
        fields = [(f"f{n}", part) for n, part in enumerate(self.parts) if isinstance(part, Field)]
        return {
            one.name: self.unescape(found[group])
            for group, one in fields
            if one.name in self.asked.names
        }


def build_reader(
    parts: Sequence[Part], asked: Asked, *, escaped: bool = True, unescape: Unescape = unescape_text
) -> TemplateReader:
    """Return what reads lines of a template; raise ``InputError`` when it lacks what counts."""
    groups: dict[str, list[tuple[str, Field]]] = {}
    for number, part in enumerate(parts):
        if isinstance(part, Field) and part.role:
            groups.setdefault(part.role, []).append((f"f{number}", part))
    _check_roles(groups.keys())
    known = {part.name for part in parts if isinstance(part, Field)}
    for name in asked.names - known:
        message = f"{name} is no field of the log format, which has {', '.join(sorted(known))}"
        raise InputError("unknown_field", message, field="fields")
    pattern = compile_parts(parts, escaped=escaped)
    return TemplateReader(tuple(parts), pattern, asked, unescape, groups=groups)


def _check_roles(roles: object) -> None:
    there = set(roles)  # type: ignore[call-overload]
    lacks = {
        "the time": not there & {"time", "epoch", "strptime"},
        "the status": "status" not in there,
        "the request": not there & {"request", "target"},
    }
    missing = [name for name, is_missing in lacks.items() if is_missing]
    if missing:
        message = f"the log format has no field for {' and '.join(missing)}"
        raise InputError("missing", message, field="log-format")
