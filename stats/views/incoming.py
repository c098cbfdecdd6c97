"""What a request brings: query parameters, and JSON bodies of one or many objects.

Goes out: plain Python values, or ``InputError``. What always holds: a body is
read up to a limit, and a parameter that is given twice is refused, since
nobody could say which one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from flask import Request
from werkzeug.datastructures import MultiDict

from stats.errors import InputError
from stats.views.errors import error_item

T = TypeVar("T")

MAX_BODY = 16 * 1024 * 1024
MAX_OBJECTS = 20_000
"""Bytes of a request body."""

NDJSON_TYPES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)


@dataclass(frozen=True)
class Batch:
    """Objects of a body; ``alone`` says that the body was one object by itself."""

    items: Sequence[object]
    alone: bool


def read_args(args: MultiDict[str, str]) -> dict[str, str]:
    """Return query parameters by name, each given once."""
    for name, values in args.lists():
        if len(values) > 1:
            raise InputError(
                "bad_format", f"{name[:64]} is given {len(values)} times", field=name[:64]
            )
    return args.to_dict()


def read_json(request: Request) -> Any:
    """Return the decoded JSON of a body, whatever its content type says."""
    data = _read_body(request)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError("not_json", f"the body is not JSON: {error}") from error


def read_batch(request: Request) -> Batch:
    """Return the objects of a body: one JSON object, a JSON array, or NDJSON.

    A line that is not JSON is an :class:`InputError` in the place of its object.
    """
    data = _read_body(request)
    if request.mimetype in NDJSON_TYPES:
        return _limited(list(_read_lines(data)))
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if len(data.split()) > 1 and b"\n" in data.strip():
            return _limited(list(_read_lines(data)))
        raise InputError("not_json", f"the body is not JSON: {error}") from error
    return _limited(found) if isinstance(found, list) else Batch([found], alone=True)


def parse_batch(batch: Batch, parse: Callable[[object], T]) -> tuple[list[T], list[dict[str, Any]]]:
    """Return what ``parse`` made of the objects, and what the answer says of the refused.

    An object by itself that is refused raises its ``InputError``.
    """
    accepted: list[T] = []
    rejected: list[dict[str, Any]] = []
    for index, item in enumerate(batch.items):
        try:
            if isinstance(item, InputError):
                raise item
            accepted.append(parse(item))
        except InputError as error:
            if batch.alone:
                raise
            rejected.append(error_item(index, error))
    return accepted, rejected


def _limited(items: list[object]) -> Batch:
    """Return the objects, unless they are so many that the answer would not end."""
    if len(items) > MAX_OBJECTS:
        message = f"send at most {MAX_OBJECTS:,} objects at a time, not {len(items):,}"
        raise InputError("too_large", message)
    return Batch(items, alone=False)


def _read_body(request: Request) -> bytes:
    request.max_content_length = MAX_BODY
    return request.get_data(cache=False)


def _read_lines(data: bytes) -> Iterator[object]:
    for line in data.split(b"\n"):
        if line.strip():
            yield _read_line(line)


def _read_line(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return InputError("not_json", f"the line is not JSON: {error}")
