"""HTTP logs of HAProxy (``option httplog`` and ``option httpslog``).

User agent and referrer are there when the configuration captures them: they are told by their
form, or named in a mapping as ``capture1``, ``capture2``, ... The time is local and has no
offset; a mapping names its ``timezone``. ``option httplog clf`` is the combined format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stats.errors import InputError
from stats.events.importers.escapes import unescape_target
from stats.events.importers.formats.combined import split_request
from stats.events.importers.forwarded import is_address_list
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_common
from stats.events.importers.request import Request

_LINE = re.compile(
    r"(?P<client>\S+) \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]+(?: [+-]\d{4})?)\] "
    r"(?P<frontend>\S+) (?P<backend>\S+) (?P<timers>[\d+/-]+) (?P<status>-?\d+) (?P<size>\+?\d+) "
    r"(?P<request_cookie>\S+) (?P<response_cookie>\S+) (?P<state>\S{4}) "
    r"(?P<connections>[\d+/]+) (?P<queues>[\d/]+)"
    r"(?: \{(?P<captured>[^}]*)\})?(?: \{[^}]*\})? "
    r'"(?P<request>.*?)"?(?P<tls> [\d-]\S* \S+)?',
    re.ASCII,
)
_ENCODED = re.compile(r"#([0-9A-F]{2})")
_FORM_OF_AGENT = re.compile(r"[A-Za-z][\w.+-]*/\d[\w.]*(?: .*)?", re.ASCII)


class HaproxyReader:
    """Reads lines whose captures stand in one order."""

    def __init__(
        self, asked: Asked, *, agent: int | None, referrer: int | None, forwarded: int | None
    ):
        self._asked = asked
        self._agent = agent
        self._referrer = referrer
        self._forwarded = forwarded

    def read(self, line: str) -> Request | None:
        """Return the request of a line; one that HAProxy could not read is none."""
        found = _match(line)
        time = parse_common(found["time"], self._asked.zone)
        method, target = split_request(_decode(found["request"]))
        if method in ("", "<BADREQ>"):
            return None
        captured = _captures(found)
        return Request(
            time,
            method,
            unescape_target(target),
            int(found["status"]),
            found["client"],
            _at(captured, self._forwarded) or None,
            agent=_at(captured, self._agent),
            referrer=_at(captured, self._referrer),
            size=found["size"].lstrip("+"),
            named=self._named(found, captured),
        )

    def _named(self, found: re.Match[str], captured: list[str]) -> dict[str, str]:
        if not self._asked.names:
            return {}
        known = {name: text for name, text in found.groupdict().items() if text}
        known |= {f"capture{number}": text for number, text in enumerate(captured, 1)}
        return {name: known[name] for name in self._asked.names & known.keys()}


def _match(line: str) -> re.Match[str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise InputError("bad_format", "is not in the format of HAProxy's HTTP logs")
    return found


def _decode(text: str) -> str:
    """Undo ``#22``, HAProxy's escape of quotes and control characters."""
    return _ENCODED.sub(lambda m: chr(int(m[1], 16)), text) if "#" in text else text


def _captures(found: re.Match[str]) -> list[str]:
    return [_decode(text) for text in found["captured"].split("|")] if found["captured"] else []


def _at(captured: list[str], place: int | None) -> str | None:
    if place is None:
        return None
    text = captured[place] if place < len(captured) else ""
    return "" if text == "-" else text


def open_haproxy(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of HAProxy's lines; the first tell the order of the captures."""
    found = [match for line in sample if (match := _LINE.fullmatch(line))]
    if not found:
        return None
    rows = [_captures(match) for match in found]
    places = range(max(map(len, rows)))

    def first(is_form: object) -> int | None:
        assert callable(is_form)
        return next((p for p in places if any(p < len(r) and is_form(r[p]) for r in rows)), None)

    return HaproxyReader(
        asked,
        agent=first(_FORM_OF_AGENT.fullmatch),
        referrer=first(lambda text: text.startswith(("http://", "https://"))),
        forwarded=first(is_address_list),
    )


FORMATS = (LogFormat("haproxy", "HTTP log of HAProxy", open_haproxy, rank=15),)
