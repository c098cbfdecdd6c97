"""The times of logs, in epoch milliseconds.

``InputError`` names ``timestamp`` when a text is no time. A time without an offset is in the
time zone that the mapping names, UTC if it names none.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from functools import lru_cache

from stats.errors import InputError
from stats.times import UTC, parse_time, to_ms

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_COMMON = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d\d):?(\d\d))?",
    re.ASCII,
)
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d+)?(?:[eE]\+?\d+)?", re.ASCII)
_SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d) ", re.ASCII)
_OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d(?::?\d\d)?)", re.ASCII)
_SECONDS_LIMIT, _MILLISECONDS_LIMIT, _MICROSECONDS_LIMIT = 1e11, 1e14, 1e17


def parse_common(text: str, zone: tzinfo = UTC) -> int:
    """Read ``17/May/2015:10:05:03 +0200``, with or without fraction and offset."""
    if len(text) == 26 and text[20] == " ":
        second = text[18:20]
        if second.isascii() and second.isdigit() and second < "61":
            return _minute(text[:17], text[20:]) + 1000 * min(int(second), 59)
    return _parse_common(text, zone)


@lru_cache(maxsize=4_096)
def _minute(minute: str, offset: str) -> int:
    return _parse_common(f"{minute}:00{offset}", UTC)


def _parse_common(text: str, zone: tzinfo) -> int:
    found = _COMMON.fullmatch(text)
    month, rest = divmod(_MONTHS.find(found[2]), 3) if found else (0, 1)
    if found is None or rest:
        raise _wrong(text)
    day, _month, year, hour, minute, second, fraction, hours, minutes = found.groups()
    offset = f"{hours}:{minutes}" if hours else ""
    # The 60th second of a minute is there when a leap second is.
    clock = f"{hour}:{minute}:{min(int(second), 59):02d}.{fraction or '0'}"
    return _read(f"{year}-{month + 1:02d}-{day}T{clock}{offset}", text, zone)


def parse_iso(text: str, zone: tzinfo = UTC) -> int:
    """Read ISO 8601, also with slashes in the date as Go's loggers write it."""
    if text[4:5] == "/":
        text = _SLASHED.sub(r"\1-\2-\3T", text)
    return _read(text, text, zone)


def _read(iso: str, text: str, zone: tzinfo) -> int:
    try:
        moment = parse_time(iso)
    except ValueError as error:
        raise _wrong(text) from error
    if zone is not UTC and not _OFFSET.search(iso, 11):
        moment = moment.replace(tzinfo=zone).astimezone(UTC)
    return to_ms(moment)


def parse_epoch(value: float | str) -> int:
    """Read seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise _wrong(str(value)) from error
    for limit, factor in (
        (_SECONDS_LIMIT, 1e3),
        (_MILLISECONDS_LIMIT, 1.0),
        (_MICROSECONDS_LIMIT, 1e-3),
    ):
        if abs(number) < limit:
            return round(number * factor) if factor == 1e3 else int(number * factor)
    if not abs(number) < 1e20:
        raise _wrong(str(value))
    return int(number * 1e-6)


def parse_any(value: str | float, zone: tzinfo = UTC) -> int:
    """Read a time of whichever of these forms."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return parse_epoch(value)
    return parse_common(value, zone) if "/" in value[:4] else parse_iso(value, zone)


def parse_format(text: str, strptime: str, zone: tzinfo = UTC) -> int:
    """Read a time by the directives of ``strptime``, in English."""
    try:
        moment = datetime.strptime(text, strptime)
    except ValueError as error:
        raise _wrong(text) from error
    return to_ms((moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC))


def _wrong(text: str) -> InputError:
    return InputError("bad_format", f"{text[:40]!r} is not a time", field="timestamp")
