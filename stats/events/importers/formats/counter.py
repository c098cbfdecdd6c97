"""Logs of Make Data Count, as ``counter-processor`` reads them: 19 columns with tabs between.

With a mapping its rules decide on the path of the URL, and templates may use the columns
``identifier`` and ``filename``. Without one a line with a file name is a download (a request)
of a file of the dataset, one with a size alone of the whole dataset, and any other a view of
the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stats.errors import InputError
from stats.events.importers.dataset_metadata import describe_dataset
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_iso
from stats.events.importers.request import Request

COLUMNS = (
    "event_time",
    "client_ip",
    "session_cookie_id",
    "user_cookie_id",
    "user_id",
    "request_url",
    "identifier",
    "filename",
    "size",
    "user_agent",
    "title",
    "publisher",
    "publisher_id",
    "authors",
    "publication_date",
    "version",
    "other_id",
    "target_url",
    "publication_year",
)
TEMPLATE_COLUMNS = ("identifier", "filename")
"""What templates of a mapping may use beside the groups of the path."""

_NULLS = frozenset({"", "-", "????"})
_USED = 200
_READ = "GET"


class CounterReader:
    """Reads rows; a column that says nothing is left out of ``named``."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def read(self, line: str) -> Request | None:
        """Return the request of a line; None for comments."""
        if line.startswith("#"):
            return None
        values = line.rstrip("\r\n").split("\t")
        if len(values) != len(COLUMNS):
            message = f"has {len(values)} columns, expected {len(COLUMNS)} with tabs between"
            raise InputError("bad_format", message)
        row = {
            name: value
            for name, value in zip(COLUMNS, values, strict=True)
            if value.strip() not in _NULLS
        }
        if "event_time" not in row:
            raise InputError("missing", "has no event_time", field="event_time")
        return Request(
            parse_iso(row["event_time"], self._asked.zone),
            _READ,
            row.get("request_url", ""),
            _USED,
            row.get("client_ip"),
            user=row.get("user_id"),
            session=row.get("session_cookie_id"),
            user_cookie=row.get("user_cookie_id"),
            agent=row.get("user_agent", ""),
            size=row.get("size"),
            named=row,
        )


def build_counter_event(request: Request) -> dict[str, Any]:
    """Return the fields of the event that a row is without a mapping."""
    row = request.named
    if "identifier" not in row:
        raise InputError("missing", "has no identifier", field="identifier")
    dataset = f"dataset:{row['identifier']}"
    name = row.get("filename")
    if name is None:
        type_name = "dataset-download" if "size" in row else "dataset-view"
        return {"type": type_name, "resource": dataset, "title": row.get("title")}
    resource = f"file:{row['identifier']}/{name}"
    return {"type": "file-download", "resource": resource, "parents": [dataset], "title": name}


def open_counter(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of Make Data Count's columns."""
    return CounterReader(asked) if any(_is_row(line) for line in sample) else None


def _is_row(line: str) -> bool:
    is_named = line.startswith("#Fields:") and "event_time" in line
    return is_named or line.count("\t") == len(COLUMNS) - 1


FORMATS = (
    LogFormat(
        "counter",
        "log of Make Data Count (counter-processor), 19 columns",
        open_counter,
        rank=30,
        columns=TEMPLATE_COLUMNS,
        build_event=build_counter_event,
        describe=describe_dataset,
    ),
)
