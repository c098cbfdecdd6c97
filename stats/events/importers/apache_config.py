r"""Apache's ``LogFormat``, as its configuration has it.

    LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"" combined

Directives are those of ``mod_log_config``; one that is not known here is a field without a role.
"""

from __future__ import annotations

import re

from stats.errors import InputError
from stats.events.importers.line_template import Field, Part, Role

_DIRECTIVE = re.compile(
    r"%(?:%|(?P<conditions>!?[\d,]*)(?P<which>[<>]?)(?:\{(?P<argument>[^}]*)\})?"
    r"(?P<letter>\^[A-Za-z]{2}|[A-Za-z]))"
)
_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_LINE = re.compile(
    r"\s*(LogFormat|CustomLog|TransferLog|GlobalLog)\s+(.*)", re.IGNORECASE | re.DOTALL
)
_ROLES: dict[str, Role] = {
    "h": "address",
    "a": "address",
    "u": "user",
    "t": "time",
    "r": "request",
    "m": "method",
    "U": "target",
    "q": "query",
    "s": "status",
    "b": "size",
    "B": "size",
}
_HEADERS: dict[str, Role] = {
    "referer": "referrer",
    "user-agent": "agent",
    "x-forwarded-for": "forwarded",
    "forwarded": "forwarded",
}
_EPOCHS = ("sec", "msec", "usec")
_FRACTIONS = {"msec_frac": "%f", "usec_frac": "%f"}
NICKNAMES = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
    "combinedio": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O',
}


def format_of_line(line: str) -> str:
    """Return the format string of a line of the configuration, or of a bare string."""
    found = _LINE.fullmatch(line)
    if found is None:
        text = line.strip()
        text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
        return _unquote(text) if '\\"' in text else text
    arguments = [_unquote(a[1]) if a[1] is not None else a[2] for a in _ARGUMENT.finditer(found[2])]
    wanted = 1 if found[1].lower() in ("customlog", "globallog") else 0
    if len(arguments) <= wanted:
        message = f"{found[1]} names no format; write the whole line"
        raise InputError("missing", message, field="log-format")
    return NICKNAMES.get(arguments[wanted], arguments[wanted])


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n"}.get(m[1], m[1]), text)


def parse_apache(line: str) -> list[Part]:
    """Return the parts of the lines that a ``LogFormat`` makes."""
    text = format_of_line(line)
    parts: list[Part] = []
    position = 0
    for found in _DIRECTIVE.finditer(text):
        literal = text[position : found.start()]
        position = found.end()
        if found[0] == "%%":
            literal += "%"
        if literal:
            parts.append(literal)
        if found["letter"]:
            parts.append(_field_of(found))
    return [*parts, text[position:]] if text[position:] else parts


def _field_of(found: re.Match[str]) -> Field:
    letter, argument, name = found["letter"], found["argument"], found[0]
    if letter == "t":
        return _time_of(argument, name)
    if letter == "i" and argument:
        return Field(_HEADERS.get(argument.lower(), ""), name)
    if letter in ("C", "e", "n", "o", "x", "p", "P", "T", "i"):
        return Field("", name)
    return Field(_ROLES.get(letter, ""), name)


def _time_of(argument: str | None, name: str) -> Field:
    form = re.sub(r"^(?:begin|end):", "", argument or "")
    if not form:
        return Field("time", name, in_brackets=True)
    if form in _EPOCHS:
        return Field("epoch", name)
    return Field("strptime", name, _FRACTIONS.get(form, form).replace("%T", "%H:%M:%S"))
