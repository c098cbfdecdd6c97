"""Answers to GET requests: JSON or a table, with an ETag and a short life in caches.

Invariant: the same numbers have the same ETag, a caller who has them
gets 304 without a body, and what was asked with credentials is kept by no
shared cache.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b, sha256
from typing import Any

import orjson
from flask import Request, Response
from werkzeug.exceptions import PreconditionFailed

from stats.reports.tables import MEDIA_TYPES, TABLE_FORMS, Table, TableForm, table_chunks
from stats.views.identity import caller

MAX_AGE = 10
"""Seconds that an answer may be kept without asking again."""

JSON = "application/json"
JSON_LD = "application/ld+json"


def wanted_table(request: Request) -> TableForm | None:
    """Return which form of a table the caller prefers to JSON; none where nothing is said."""
    if "Accept" not in request.headers:
        return None
    best = request.accept_mimetypes.best_match([JSON, *MEDIA_TYPES.values()], default=JSON)
    return next((form for form, known in MEDIA_TYPES.items() if known == best), None)


def ending_of(path: str) -> tuple[str, TableForm | None]:
    """Return an address without the ending that asks for a table, and which it asks for."""
    rest, _, ending = path.rpartition(".")
    form = next((form for form in TABLE_FORMS if form == ending), None)
    return (rest, form) if form else (path, None)


def wants_jsonld(request: Request) -> bool:
    """Return whether the caller prefers JSON-LD to JSON and tables."""
    if "Accept" not in request.headers:
        return False
    known = [JSON, *MEDIA_TYPES.values(), JSON_LD]
    return request.accept_mimetypes.best_match(known, default=JSON) == JSON_LD


def json_response(request: Request, answer: Any, *, mimetype: str = JSON) -> Response:
    """Return ``answer`` as JSON."""
    body = orjson.dumps(answer)
    etag = blake2b(body, digest_size=16).hexdigest()
    return _conditional(request, Response(body, mimetype=mimetype), etag)


def table_response(request: Request, table: Table, form: TableForm) -> Response:
    """Return a table, sent while it is written; a browser saves it under its name."""
    charset = "; charset=utf-8" if form == "csv" else ""
    chunks = table_chunks(table, form)
    response = Response(chunks, content_type=f"{MEDIA_TYPES[form]}{charset}")
    response.headers["Content-Disposition"] = f'attachment; filename="{table.name}.{form}"'
    digest = blake2b(orjson.dumps([form, table.name, table.columns]), digest_size=16)
    for cells in table.cells():
        digest.update(orjson.dumps(cells))
    return _conditional(request, response, digest.hexdigest())


def _conditional(request: Request, response: Response, etag: str) -> Response:
    named = "Authorization" in request.headers or "Cookie" in request.headers
    scope = "private" if named or caller().signed_in else "public"
    response.headers["Cache-Control"] = f"{scope}, max-age={MAX_AGE}"
    response.headers["Vary"] = "Accept, Authorization, Cookie"
    response.set_etag(etag)
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
