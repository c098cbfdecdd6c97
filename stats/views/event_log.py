"""The audit log over HTTP: JSON with a cursor, or NDJSON with a ``Link``.

Invariant: no cache keeps it; whoever asks gets the part that they may
read: an auditor what happened to resources they may see, a user their own events.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from stats.events.search import Page, parse_audit, run_page
from stats.proxies import current_stats
from stats.views.access import audit_scope
from stats.views.blueprints import api_blueprint
from stats.views.request_parsing import NDJSON_TYPES, read_args
from stats.views.responses import JSON

NDJSON = "application/x-ndjson"

blueprint = api_blueprint("stats_audit", __name__, url_prefix="/api")


@blueprint.get("/events")
@blueprint.get("/events.ndjson")
def search() -> Response:
    """Return events one by one, newest first: by user, by resource or what it is in, type, time."""
    given = read_args(request)
    scope = audit_scope(given.get("user") or None)
    asked = parse_audit(given, types=current_stats.event_types, kinds=current_stats.kinds)
    resource = asked.resource and current_stats.follow(asked.resource)
    asked = replace(asked, user=scope.user, resource=resource)
    page = run_page(asked, current_stats.stores.search, visible=scope.visible)
    response = _lines(page) if _wants_lines() else _object(page)
    if page.next:
        following = urlencode({**given, "cursor": page.next})
        response.headers["Link"] = (
            f'<{request.script_root}{quote(request.path)}?{following}>; rel="next"'
        )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _object(page: Page) -> Response:
    body = {"events": page.events, "next": page.next}
    return Response(orjson.dumps(body), mimetype=JSON)


def _lines(page: Page) -> Response:
    lines = b"".join(orjson.dumps(event) + b"\n" for event in page.events)
    return Response(lines, mimetype=NDJSON)


def _wants_lines() -> bool:
    if request.path.endswith(".ndjson"):
        return True
    if "Accept" not in request.headers:
        return False
    best = request.accept_mimetypes.best_match([JSON, *sorted(NDJSON_TYPES)], default=JSON)
    return best in NDJSON_TYPES
