"""Answers to GET requests: JSON or CSV, with an ETag and a short life in caches.

Invariant: the same numbers have the same ETag, a caller who has them
gets 304 without a body, and what was asked with credentials is kept by no
shared cache.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b, sha256
from typing import Any

import orjson
from flask import Request, Response
from werkzeug.exceptions import PreconditionFailed

from stats.reports.cells import csv_line
from stats.views.identity import caller

MAX_AGE = 10
"""Seconds that an answer may be kept without asking again."""

JSON = "application/json"
CSV = "text/csv"
JSON_LD = "application/ld+json"


def wants_csv(request: Request) -> bool:
    """Return whether the caller prefers CSV; JSON where nothing is said."""
    if "Accept" not in request.headers:
        return False
    return request.accept_mimetypes.best_match([JSON, CSV], default=JSON) == CSV


def wants_jsonld(request: Request) -> bool:
    """Return whether the caller prefers JSON-LD to JSON and CSV."""
    if "Accept" not in request.headers:
        return False
    known = [JSON, CSV, JSON_LD]
    return request.accept_mimetypes.best_match(known, default=JSON) == JSON_LD


def json_response(request: Request, answer: Any, *, mimetype: str = JSON) -> Response:
    """Return ``answer`` as JSON."""
    return _conditional(request, Response(orjson.dumps(answer), mimetype=mimetype))


def csv_response(
    request: Request, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, name: str
) -> Response:
    """Return ``rows`` as CSV with a header; a browser saves it as ``<name>.csv``."""
    lines = [csv_line(columns), *(csv_line(row[key] for key in columns) for row in rows)]
    response = Response("".join(lines), content_type=f"{CSV}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return _conditional(request, response)


def _conditional(request: Request, response: Response) -> Response:
    named = "Authorization" in request.headers or "Cookie" in request.headers
    scope = "private" if named or caller().signed_in else "public"
    response.headers["Cache-Control"] = f"{scope}, max-age={MAX_AGE}"
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    response.set_etag(blake2b(response.get_data(), digest_size=16).hexdigest())
    return answer_conditionally(request, response)


def answer_conditionally(request: Request, response: Response) -> Response:
    """Return ``response``, 304 without a body to who has it, or raise when it must be another."""
    response.make_conditional(request)  # changes it in place
    if response.status_code == PreconditionFailed.code:
        raise PreconditionFailed("this is not what If-Match or If-Unmodified-Since asks for")
    return response


def hash_source(text: str) -> str:
    """Return what lets a Content-Security-Policy take ``text`` within a page (CSP 3, 2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
