"""What a request brings: query parameters, and JSON bodies of one or many objects.

Goes out: plain Python values, or ``InputError``. Invariant: a body is
read up to a limit; a parameter that is not known, or that is given twice, is
refused, since nobody could say which one counts; so is an address whose
escapes are not UTF-8, which would name something else by its replacements.
"""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from gzip import GzipFile
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from stats.errors import InputError
from stats.json_text import read_json_text
from stats.limits import Limits
from stats.validation import SHOWN, refuse_unknown
from stats.views.errors import error_item

T = TypeVar("T")

GZIP = ("gzip", "x-gzip")
PLAIN = ("", "identity")
"""Content-Encodings; the first two are the same (RFC 9110, 8.4.1.3)."""

NDJSON_TYPES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)


@dataclass(frozen=True)
class Batch:
    """Objects of a body; ``alone`` says that the body was one object by itself."""

    items: Sequence[object]
    alone: bool


def read_args(request: Request, known: Collection[str] | None = None) -> dict[str, str]:
    """Return query parameters by name, each given once and one of ``known``.

    Without ``known``, whoever reads their values looks at their names too. The
    path is looked at as well, so a view calls this before it believes a ref.
    """
    refuse_broken(request)
    if known is not None:
        refuse_unknown(request.args, known)
    for name in list_repeated(request):
        shown, times = name[:SHOWN], len(request.args.getlist(name))
        raise InputError("bad_format", f"{shown} is given {times} times", field=shown)
    return request.args.to_dict()


def read_list(request: Request, name: str) -> list[str]:
    """Return the values of the only parameter that there is; it may be given many times."""
    refuse_broken(request)
    refuse_unknown(request.args, (name,))
    return request.args.getlist(name)


def list_repeated(request: Request) -> list[str]:
    """Return the parameters that are given more than once."""
    return [name for name, values in request.args.lists() if len(values) > 1]


def refuse_broken(request: Request) -> None:
    """Raise ``InputError`` unless path and parameters are UTF-8 behind their escapes."""
    path: str = request.environ.get("PATH_INFO", "")
    if not _is_text(path.encode("latin-1")):  # as WSGI hands bytes over
        raise InputError("bad_format", "the path is not UTF-8 behind its escapes", field="ref")
    for part in request.query_string.split(b"&"):
        if not _is_text(unquote_to_bytes(part)):
            name = unquote_to_bytes(part.partition(b"=")[0]).decode(errors="replace")[:SHOWN]
            raise InputError("bad_format", f"{name} is not UTF-8 behind its escapes", field=name)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_json(request: Request, limits: Limits) -> Any:
    """Return the decoded JSON of a body, whatever its content type says."""
    data = _read_body(request, limits)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError("not_json", f"the body is not JSON: {error}") from error


def read_batch(request: Request, limits: Limits) -> Batch:
    """Return the objects of a body: one JSON object, a JSON array, or NDJSON.

    A line that is not JSON is an :class:`InputError` in the place of its object.
    """
    data = _read_body(request, limits)
    if request.mimetype in NDJSON_TYPES:
        return _limited(list(_read_lines(data)), limits)
    try:
        found = read_json_text(data)
    except orjson.JSONDecodeError as error:
        if len(data.split()) > 1 and b"\n" in data.strip():
            return _limited(list(_read_lines(data)), limits)
        raise InputError("not_json", f"the body is not JSON: {error}") from error
    return _limited(found, limits) if isinstance(found, list) else Batch([found], alone=True)


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


def _limited(items: list[object], limits: Limits) -> Batch:
    """Return the objects, unless they are so many that the answer would not end."""
    limits.check_objects(len(items))
    return Batch(items, alone=False)


def _read_body(request: Request, limits: Limits) -> bytes:
    """Return the body, unpacked and without a byte order mark; 413 and 415 say what is taken."""
    request.max_content_length = limits.body_bytes
    data = request.get_data(cache=False)
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in GZIP:
        data = _unpack(data, limits.body_bytes)
    elif coding not in PLAIN:
        raise UnsupportedMediaType(f"send the body as it is or in gzip, not in {coding[:SHOWN]}")
    return data.removeprefix(BOM_UTF8)


def _unpack(data: bytes, most: int) -> bytes:
    """Return what ``data`` in gzip holds, without ever holding much more than is allowed."""
    try:
        with GzipFile(fileobj=BytesIO(data)) as file:
            unpacked = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("bad_format", f"the body is not whole gzip: {error}") from error
    if len(unpacked) > most:
        raise RequestEntityTooLarge(f"a body has at most {most:,} bytes, unpacked")
    return unpacked


def _read_lines(data: bytes) -> Iterator[object]:
    for line in data.split(b"\n"):
        if line.strip():
            yield _read_line(line)


def _read_line(line: bytes) -> object:
    try:
        return read_json_text(line)
    except orjson.JSONDecodeError as error:
        return InputError("not_json", f"the line is not JSON: {error}")
