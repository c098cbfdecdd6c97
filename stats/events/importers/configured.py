"""The format that ``--log-format`` says: a line of Apache's or nginx's configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stats.errors import InputError
from stats.events.importers.apache_config import NICKNAMES, parse_apache
from stats.events.importers.escapes import unescape_text
from stats.events.importers.line_template import Part, build_reader, unescape_json
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.nginx_config import parse_nginx

_NGINX = re.compile(r"\$\{?[a-z]")


def build_configured(line: str) -> LogFormat:
    """Return the format that a line of a server's configuration describes."""
    if _NGINX.search(line):
        escape, parts = parse_nginx(line)
        unescape = unescape_json if escape == "json" else unescape_text
        return _format("nginx's log_format", parts, escaped=escape != "none", unescape=unescape)
    if "%" in line or line.strip() in NICKNAMES:
        return _format("Apache's LogFormat", parse_apache(NICKNAMES.get(line.strip(), line)))
    message = "is neither Apache's LogFormat (%h %l ...) nor nginx's log_format ($remote_addr ...)"
    raise InputError("bad_format", message, field="log-format")


def _format(
    title: str, parts: Sequence[Part], *, escaped: bool = True, unescape: object = unescape_text
) -> LogFormat:
    def open_configured(_sample: Sequence[str], asked: Asked) -> Reader:
        assert callable(unescape)
        return build_reader(parts, asked, escaped=escaped, unescape=unescape)

    build_reader(parts, Asked())
    return LogFormat("log-format", title, open_configured, rank=100)
