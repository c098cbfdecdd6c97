"""The same events as lines of a combined log: imported, and compared with publishing them.

Each function is called in a process of its part. The lines are written without the clock.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from stats.bench.measured import Measured
from stats.bench.places import open_state
from stats.bench.stream import read_part
from stats.engines.namespace import Namespace
from stats.log_imports import build_log_imports
from stats.times import parse_time

MAPPING = """\
[[rule]]
path = '^/record-view/(?P<ref>[a-z]+:.+)$'
type = "record-view"
resource = "{ref}"

[[rule]]
path = '^/file-download/(?P<ref>[a-z]+:.+)$'
type = "file-download"
resource = "{ref}"
"""


def write_log(part: Path) -> Path:
    """Write the events of a part as an access log beside it."""
    log = part.with_suffix(".log")
    log.write_text("".join(map(line_of, read_part(part))), "utf-8")
    return log


def line_of(event: dict[str, Any]) -> str:
    """Return the line that a web server writes for an event."""
    moment = parse_time(event["timestamp"])
    return (
        f"{event.get('ip_address', '-')} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}]"
        f' "GET /{event["type"]}/{event["resource"]} HTTP/1.1" 200 {event.get("size", "-")}'
        f' "{event.get("referrer") or "-"}" "{event.get("user_agent") or "-"}"\n'
    )


def import_log(place: Namespace, part: Path) -> Measured:
    """Import a part from its log, as ``stats events import`` does."""
    state = open_state(place)
    log, mapping = write_log(part), part.with_suffix(".toml")
    mapping.write_text(MAPPING, "utf-8")
    log_imports = build_log_imports(state.settings, state.stores, state.definitions)
    began = perf_counter()
    result = log_imports.run_one(log, mapping)
    return Measured(result.imported, perf_counter() - began)
