"""nginx's ``log_format``, as its configuration has it.

    log_format main escape=json '$remote_addr - $remote_user [$time_local] "$request" '
                                '$status $body_bytes_sent';

A variable that is not known here is a field without a role.
"""

from __future__ import annotations

import re

from stats.errors import InputError
from stats.events.importers.line_template import Field, Part, Role

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_ARGUMENT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s;'\"]+)")
_LINE = re.compile(r"\s*log_format\s+(\S+)\s+(.*)", re.DOTALL)
_ROLES: dict[str, Role] = {
    "remote_addr": "address",
    "realip_remote_addr": "address",
    "remote_user": "user",
    "upstream_http_x_user_id": "user",
    "upstream_http_x_session_id": "session",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "epoch",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "target",
    "document_uri": "target",
    "args": "query",
    "query_string": "query",
    "status": "status",
    "body_bytes_sent": "size",
    "bytes_sent": "size",
    "http_referer": "referrer",
    "http_user_agent": "agent",
    "http_x_forwarded_for": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",
    "http_forwarded": "forwarded",
    "http_x_real_ip": "forwarded",
}
ESCAPES = ("default", "json", "none")


def format_of_line(line: str) -> tuple[str, str]:
    """Return the kind of escapes and the format string of a line of the configuration."""
    found = _LINE.fullmatch(line)
    text = found[2] if found else line.strip()
    if not found and text[:1] not in ("'", '"', "e"):
        return "default", text
    arguments = [m[1] or m[2] or m[3] or "" for m in _ARGUMENT.finditer(text)]
    escape = "default"
    if arguments and arguments[0].startswith("escape="):
        escape = arguments.pop(0).removeprefix("escape=")
        if escape not in ESCAPES:
            message = f"escape is one of {', '.join(ESCAPES)}, not {escape}"
            raise InputError("bad_format", message, field="log-format")
    return escape, "".join(re.sub(r"\\(['\"\\])", r"\1", argument) for argument in arguments)


def parse_nginx(line: str) -> tuple[str, list[Part]]:
    """Return the kind of escapes, and the parts of the lines that a ``log_format`` makes."""
    escape, text = format_of_line(line)
    parts: list[Part] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > position:
            parts.append(text[position : found.start()])
        position = found.end()
        name = found[1] or found[2]
        parts.append(Field(_ROLES.get(name, ""), name))
    return escape, [*parts, text[position:]] if text[position:] else parts
