"""The text format of nginx in InvenioRDM's own deployment.

Its JSON format is read as JSON. This one is a combined log without a user field whose further
fields say the session and the user at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stats.events.importers.line_template import build_reader
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.nginx_config import parse_nginx

TRACE = (
    '$remote_addr - [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
    ' "$http_user_agent" "$http_x_forwarded_for" $request_id $msec $request_time'
    " $upstream_http_x_session_id $upstream_http_x_user_id"
)


def open_trace(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of the deployment's lines."""
    _, parts = parse_nginx(TRACE)
    reader = build_reader(parts, replace(asked, names=frozenset()))
    if not any(reader.pattern.fullmatch(line) for line in sample):
        return None
    return replace(reader, complaint="is not in the format of InvenioRDM's nginx")


FORMATS = (LogFormat("inveniordm", "nginx of InvenioRDM's deployment", open_trace, rank=5),)
