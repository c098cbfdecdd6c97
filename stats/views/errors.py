"""Every error as HTTP, in one shape: ``{"error": {"code", "message", "field"}}``.

Comes in: an exception, ours, Flask's or one nobody expected. Goes out: a JSON
response. Invariant: a caller learns which field was wrong and when to
try again, and never sees a traceback.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException

from stats.errors import (
    AccessError,
    InputError,
    LimitError,
    StatsError,
    StoreUnavailable,
    UnknownError,
)

RETRY_AFTER = 5
"""Seconds after which a caller may try again when an engine did not answer."""

_LOG = logging.getLogger(__name__)
_NAMES = {400: "bad_format", 413: "too_large"}


def register_errors(target: Flask | Blueprint) -> None:
    """Answer all errors of an application, or of the views of a blueprint, in our shape."""
    target.register_error_handler(StatsError, respond)
    target.register_error_handler(HTTPException, respond_http)
    target.register_error_handler(Exception, respond_unexpected)


def respond(error: Exception) -> Response:
    """Answer one of our own errors; those that are our bugs go to the log."""
    if isinstance(error, InputError):
        status = 404 if isinstance(error, UnknownError) else 400
        return error_response(status, error.code, error.message, field=error.field)
    if isinstance(error, LimitError):
        return _limited(error)
    if isinstance(error, AccessError):
        return _denied(error)
    if isinstance(error, StoreUnavailable):
        _LOG.warning("%s", error)  # the addresses in it are for us alone
        response = error_response(503, "unavailable", f"{error.engine} does not answer, try again")
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    return respond_unexpected(error)


def respond_http(error: Exception) -> Response:
    """Answer Flask's own errors; what is no error (a redirect) passes unchanged."""
    if not isinstance(error, HTTPException) or error.code is None or error.code < 400:
        found = error.get_response() if isinstance(error, HTTPException) else None
        return found if isinstance(found, Response) else respond_unexpected(error)
    name = error.name.lower().replace(" ", "_")
    response = error_response(error.code, _NAMES.get(error.code, name), str(error.description))
    for key, value in error.get_headers():
        if key != "Content-Type":
            response.headers[key] = value
    return response


def respond_unexpected(error: Exception) -> Response:
    """Answer what is a bug: the log has the details, the caller a plain sentence."""
    _LOG.error("a request failed", exc_info=error)
    return error_response(
        500, "internal", "something went wrong here; the log of the service says what"
    )


def error_response(status: int, code: str, message: str, *, field: str = "") -> Response:
    """Return the one shape; errors are never cached."""
    body = {"error": {"code": code, "message": message, "field": field}}
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def error_item(index: int, error: InputError) -> dict[str, Any]:
    """Return what the answer to a batch says of one item that was refused."""
    return {
        "index": index,
        "code": error.code,
        "message": error.message,
        "field": error.field,
    }


def error_body(error: AccessError) -> dict[str, Any]:
    """Return what the answer to a batch has in place of what the caller may not see."""
    code = "forbidden" if error.signed_in else "unauthenticated"
    return {"error": {"code": code, "message": str(error), "field": ""}}


def _limited(error: LimitError) -> Response:
    response = error_response(error.status, error.code, error.message, field=error.field)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _denied(error: AccessError) -> Response:
    code = error_body(error)["error"]["code"]
    response = error_response(403 if error.signed_in else 401, code, str(error))
    if not error.signed_in:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
