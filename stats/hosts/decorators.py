"""Counting what a Flask view shows: decorators, and ``counted`` inside a view.

    @app.get("/records/<id>")
    @count_view("record")
    def record(id):
        found = load(id)
        counted(title=found.title, parents=[f"community:{found.community}"])
        return render_template("record.html", record=found)

Invariant: an event is sent when the response is known to count, and
never changes the response.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, after_this_request, has_request_context, request

from stats.errors import ConfigError
from stats.hosts.emit import emit, emit_beside
from stats.hosts.request_context import is_counted_response, read_actor
from stats.proxies import current_stats

P = ParamSpec("P")
R = TypeVar("R")

Fields = Mapping[str, Any]
Describe = Callable[..., "Fields | None"]
"""Gets the arguments of the view; returns more fields of the event, or None: do not count."""

_NOTED = "stats.counted"
_log = logging.getLogger(__name__)


def count_view(
    kind: str, *, id: str | None = None, describe: Describe | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Count ``<kind>-view`` of what a view shows; see :func:`count`."""
    return count(f"{kind}-view", kind, id=id, describe=describe)


def count_download(
    kind: str, *, id: str | None = None, describe: Describe | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Count ``<kind>-download`` of what a view sends; see :func:`count`."""
    return count(f"{kind}-download", kind, id=id, describe=describe)


def count(
    type_name: str, kind: str, *, id: str | None = None, describe: Describe | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Count an event of a type on ``kind:<id>`` for each response that counts.

    ``id`` names the argument of the view that is the id; without it, ``id``,
    ``<kind>_id`` or the only argument. ``describe`` returns more fields.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def counting(*args: P.args, **kwargs: P.kwargs) -> R:
            resource = f"{kind}:{_id_of(kwargs, kind, id)}"

            def build() -> Fields | None:
                described = describe(**kwargs) if describe else {}
                return None if described is None else {"resource": resource, **described}

            count_response(type_name, build)
            return view(*args, **kwargs)

        return counting

    return decorate


def counted(**fields: Any) -> None:
    """Add fields to the event of this request: title, parents, owner_id, access, size, ...

    ``counted(via="preview")`` keeps it without counting it.
    """
    request.environ[_NOTED] = {**request.environ.get(_NOTED, {}), **fields}


def count_response(type_name: str, build: Callable[[], Fields | None]) -> None:
    """Emit an event when the response to this request counts.

    ``build`` returns its fields, at least ``resource``, or None for no event.
    Outside of a request it is emitted at once.
    """
    if not has_request_context():
        if event := _build(type_name, build, {}):
            emit(event)
        return

    @after_this_request
    def emit_counted(response: Response) -> Response:
        if is_counted_response(request, response) and (
            event := _build(type_name, build, request.environ.get(_NOTED, {}))
        ):
            emit_beside(response, event)
        return response


def _build(type_name: str, build: Callable[[], Fields | None], noted: Fields) -> Fields | None:
    try:
        fields = build()
        if fields is None:
            return None
        actor = read_actor(request, current_stats.settings) if has_request_context() else {}
        return {"type": type_name, **actor, **fields, **noted}
    except Exception:
        _log.exception("a %s could not be described and is not counted", type_name)
        return None


def _id_of(arguments: Mapping[str, Any], kind: str, name: str | None) -> Any:
    wanted = (name,) if name else ("id", f"{kind}_id", *(arguments if len(arguments) == 1 else ()))
    for candidate in wanted:
        if candidate in arguments:
            return arguments[candidate]
    raise ConfigError(f"count_view or count_download: name the argument that is the {kind}'s id")
