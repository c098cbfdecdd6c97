"""Server access logs of Amazon S3, and of the stores that write the same.

Blanks between, the time in brackets, the request in quotes. Only operations that get an object
or a page of a website are requests. Who a presigned address was signed by is not who asked, so
``requester`` is no user unless a mapping says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from stats.errors import InputError
from stats.events.importers.escapes import unescape_text
from stats.events.importers.formats.combined import split_request
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_common
from stats.events.importers.request import Request
from stats.events.importers.tokens import tokenize

FIELDS = (
    "bucket_owner",
    "bucket",
    "time",
    "remote_ip",
    "requester",
    "request_id",
    "operation",
    "key",
    "request_uri",
    "status",
    "error_code",
    "bytes_sent",
    "object_size",
    "total_time",
    "turn_around_time",
    "referrer",
    "user_agent",
    "version_id",
)
_GETS = ("GET.OBJECT", "HEAD.OBJECT")


class S3Reader:
    """Reads the fields in their fixed order; later fields have been added behind."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def read(self, line: str) -> Request | None:
        """Return the request of a line; an operation that gets no object is none."""
        tokens = tokenize(line)
        if tokens is None or len(tokens) < len(FIELDS) - 1:
            raise InputError("bad_format", "is not in the format of S3's access logs")
        row = {name: token.text for name, token in zip(FIELDS, tokens, strict=False)}
        time = parse_common(row["time"])
        method, target = split_request(row["request_uri"])
        if not row["operation"].endswith(_GETS) or not row["status"].isdigit():
            return None
        return Request(
            time,
            method,
            target,
            int(row["status"]),
            row["remote_ip"],
            agent=_text(row["user_agent"]),
            referrer=_text(row["referrer"]),
            size=row["bytes_sent"],
            named={name: row[name] for name in self._asked.names & row.keys()},
        )


def _text(value: str) -> str:
    return "" if value == "-" else unescape_text(value)


def open_s3(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of S3's lines."""
    return S3Reader(asked) if any(_is_s3(line) for line in sample) else None


def _is_s3(line: str) -> bool:
    tokens = tokenize(line)
    return bool(tokens and len(tokens) > 6 and tokens[6].text.count(".") >= 2)


FORMATS = (LogFormat("s3", "server access log of Amazon S3", open_s3, rank=15),)
