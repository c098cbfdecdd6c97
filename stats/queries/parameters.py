"""The parameters that queries have, and how their values are read.

Comes in: text from a URL, or JSON values. Goes out: typed values, or
``InputError`` with a code and the parameter's name. Empty text
and a JSON null mean "not given", but an empty resource or kind is refused, as is an unknown name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from stats.errors import InputError
from stats.kinds.catalogue import RECORD
from stats.queries.comparison import BASES, check_comparable
from stats.queries.presets import ALL, PRESETS, parse_preset
from stats.queries.types import Parameter, Params
from stats.queries.windows import INTERVALS, Window, check_order
from stats.refs import parse_kind, parse_ref
from stats.times import parse_day, parse_time
from stats.validation import refuse_empty, refuse_unknown

SIZE = "size"
MAX_SIZE = 1_000
EARLIEST = date(1000, 1, 1)
LATEST = date(9998, 12, 31)
"""Beyond these, the calendar of the language ends."""

SOURCES = ("all", "events", "legacy")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_REF_SCHEMA = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9-]*:.+$",
    "examples": [f"{RECORD.name}:r1"],
}
_DATE_SCHEMA = {"type": "string", "format": "date"}


def parse_params(parameters: Sequence[Parameter], given: Mapping[str, object]) -> Params:
    """Return the parameters with their parsed values or their defaults."""
    refuse_unknown(given, sorted(parameter.name for parameter in parameters))
    refuse_empty(given, (p.name for p in parameters if p.narrows and not p.required))
    return {
        parameter.name: _parse(parameter, given.get(parameter.name))
        for parameter in parameters
        if parameter.always or given.get(parameter.name)
    }


def _parse(parameter: Parameter, value: object) -> Any:
    if value is None or value == "":
        if parameter.required:
            raise InputError("missing", f"{parameter.name} is required", field=parameter.name)
        return parameter.default
    return parameter.parse(value, parameter.name)


def parse_date(value: object, field: str) -> date:
    """Read ``YYYY-MM-DD`` and nothing else."""
    text = _text(value, field)
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return _in_calendar(parse_day(text), field)
    except ValueError as error:
        message = f"{field} must be a date YYYY-MM-DD, not {text[:40]!r}"
        raise InputError("bad_format", message, field=field) from error


def parse_date_or_time(value: object, field: str) -> date:
    """Read a date, or an ISO 8601 time as the UTC day that it falls in."""
    text = _text(value, field)
    if _DATE.fullmatch(text):
        return parse_date(text, field)
    try:
        return _in_calendar(parse_time(text).date(), field)
    except (ValueError, OverflowError) as error:
        message = f"{field} must be a date or an ISO 8601 time, not {text[:40]!r}"
        raise InputError("bad_format", message, field=field) from error


def parse_size(value: object, field: str, *, most: int = MAX_SIZE) -> int:
    """Read a whole number from 1 to ``most``."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"{field} must be a whole number from 1 to {most}"
        raise InputError("wrong_type", message, field=field)
    if not 1 <= value <= most:
        raise InputError("out_of_range", f"{field} must be from 1 to {most}", field=field)
    return value


def parse_choice(choices: Iterable[str]) -> Callable[[object, str], str]:
    """Return a reader that takes one of ``choices`` and nothing else."""
    allowed = tuple(choices)

    def parse(value: object, field: str) -> str:
        text = _text(value, field)
        if text not in allowed:
            message = f"{field} must be one of {', '.join(allowed)}, not {text[:40]!r}"
            raise InputError("bad_format", message, field=field)
        return text

    return parse


def parse_id_of(kind: str) -> Callable[[object, str], str]:
    """Return a reader of the id of a ``kind`` (text or whole number) that gives the ref."""

    def parse(value: object, field: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return parse_ref(f"{kind}:{_text(value, field)}", field=field)

    return parse


def choice(
    name: str, choices: Iterable[str], *, default: str | None = None, help: str
) -> Parameter:
    """Return a parameter that is one of ``choices``; required unless it has a default."""
    allowed = tuple(choices)
    return Parameter(
        name,
        help,
        parse_choice(allowed),
        required=default is None,
        default=default,
        schema={"type": "string", "enum": list(allowed)},
    )


def size(default: int) -> Parameter:
    """Return the parameter ``size`` with its default."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE}
    return Parameter(SIZE, "how many, largest first", parse_size, default=default, schema=schema)


def resolve_window(params: Params, today: date) -> Params:
    """Put the days of a named window, and check that ``to`` is not before ``from``.

    Without a window all days count.
    """
    named = resolve_preset(params, today)
    check_order(Window(named["from"], named["to"]), field="to")
    return check_comparable(named, today)


def resolve_preset(params: Params, today: date) -> Params:
    """Put the days of ``window`` into ``from`` and ``to``; raise ``InputError`` beside these."""
    name = params.get("window")
    if name is None:
        return params
    for bound in ("from", "to"):
        if params[bound] is not None:
            message = f"window cannot be given with {bound}"
            raise InputError("bad_window", message, field="window")
    window = parse_preset(name, today)
    return {**params, "from": window.first, "to": window.last}


def _in_calendar(day: date, field: str) -> date:
    if not EARLIEST <= day <= LATEST:
        message = f"{field} must be from {EARLIEST} to {LATEST}"
        raise InputError("out_of_range", message, field=field)
    return day


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    return value


def _ref(value: object, field: str) -> str:
    return parse_ref(value, field=field)


def _kind(value: object, field: str) -> str:
    return parse_kind(value, field=field)


WITHIN = Parameter(
    "within",
    "only what was inside this resource",
    _ref,
    schema=_REF_SCHEMA,
    narrows=True,
    names_resource=True,
)
RESOURCE = replace(WITHIN, name="resource", help="what was used, kind:id", required=True)
KIND = Parameter("kind", "only resources of this kind", _kind, narrows=True)
FROM = Parameter("from", "first day, UTC, inclusive", parse_date, schema=_DATE_SCHEMA)
TO = Parameter("to", "last day, UTC, inclusive", parse_date, schema=_DATE_SCHEMA)
WINDOW = Parameter(
    "window",
    f"in place of from and to: {', '.join(PRESETS)}, {ALL}, or a year",
    _text,
    schema={"type": "string", "examples": [*PRESETS, ALL, "2025"]},
    always=False,
)
COMPARE = Parameter(
    "compare",
    "the change against as many days before, or the same dates of the year before",
    parse_choice(BASES),
    schema={"type": "string", "enum": list(BASES)},
    always=False,
)
INTERVAL = choice(
    "interval", INTERVALS, default="day", help="length of a bucket; weeks from Monday"
)
SOURCE = choice(
    "source",
    SOURCES,
    default="all",
    help="all numbers, only those counted from events, or only those taken over",
)
