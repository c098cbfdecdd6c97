"""One line of a Make Data Count log, as ``counter-processor`` reads it.

In comes a line of 19 columns with tabs between, out go the fields of an event,
or None for comments. With a mapping its rules decide on the path of the URL,
and templates may use the columns ``identifier`` and ``filename``. Without one a
line with a file name is a download (a request) of a file of the dataset, one
with a size alone of the whole dataset, and any other a view of the dataset.

A user's cookie stands for the session where there is no session cookie: it is
not a name, and has no place in statistics by user.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from stats.errors import InputError
from stats.events.importers.mapping import Mapping

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


def read_counter(line: str, *, mapping: Mapping | None) -> dict[str, Any] | None:
    """Return the fields of the event that a line is, without ``id``."""
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
    event = _by_columns(row) if mapping is None else _by_mapping(row, mapping)
    return None if event is None else event | _actor(row)


def _by_mapping(row: dict[str, str], mapping: Mapping) -> dict[str, Any] | None:
    url = row.get("request_url", "")
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise InputError("bad_format", f"{url[:40]!r} is not a URL", field="request_url") from error
    columns = {name: row.get(name, "") for name in TEMPLATE_COLUMNS}
    return mapping.match(path or "/", columns=columns)


def _by_columns(row: dict[str, str]) -> dict[str, Any]:
    if "identifier" not in row:
        raise InputError("missing", "has no identifier", field="identifier")
    dataset = f"dataset:{row['identifier']}"
    name = row.get("filename")
    if name is None:
        type_name = "dataset-download" if "size" in row else "dataset-view"
        return _present({"type": type_name, "resource": dataset, "title": row.get("title")})
    resource = f"file:{row['identifier']}/{name}"
    return {"type": "file-download", "resource": resource, "parents": [dataset], "title": name}


def _actor(row: dict[str, str]) -> dict[str, Any]:
    return _present(
        {
            "timestamp": row["event_time"],
            "ip_address": row.get("client_ip"),
            "user_agent": row.get("user_agent", ""),
            "user_id": row.get("user_id"),
            "session_id": row.get("session_cookie_id") or row.get("user_cookie_id"),
            "size": _size(row.get("size")),
        }
    )


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InputError("wrong_type", "size is not a whole number", field="size")
    return int(text)


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
