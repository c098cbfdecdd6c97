"""What pages embed: the script of the elements, a page for a frame, and badges.

Invariant: the script and the page hold no numbers, so they are the
same for everybody and caches may share them; numbers are asked for through
the API, which decides who may see them. A chunk's name holds the hash of its
content, so it may be kept for ever; all else is asked for again.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from flask import Response, render_template, request

from stats.errors import AccessError, InputError, StatsError
from stats.proxies import current_stats
from stats.refs import parse_ref
from stats.views.access import require_resource
from stats.views.blueprints import api_blueprint
from stats.views.cors import framed_elsewhere
from stats.views.errors import respond
from stats.views.identity import caller
from stats.views.request_parsing import read_args
from stats.views.responses import answer_conditionally, hash_source
from stats.views.totals import read_total
from stats.widgets.assets import send_asset
from stats.widgets.badge import (
    PARAMETERS,
    QUIET,
    Badge,
    build_badge,
    parse_label,
    parse_metric,
    write_svg,
)
from stats.widgets.frame import parse_element

STATIC = Path(__file__).parent / "static"
FILES = ("stats-widgets.js", "frame.js")
FRAME_STYLE = (STATIC / "frame.css").read_text("utf-8")
"""In the page itself: one response less until it is painted."""

FOREVER = 365 * 24 * 3600
SCRIPT_AGE = 600
PAGE_AGE = 600
BADGE_AGE = 300
"""Seconds in caches."""

blueprint = framed_elsewhere(api_blueprint("stats_widgets", __name__))
blueprint.template_folder = "templates"


@blueprint.get(f"/widgets/<any({','.join(repr(name) for name in FILES)}):name>")
def script(name: str) -> Response:
    """Return the script that defines the elements, or what the page of a frame needs."""
    return _public(send_asset(STATIC, name, max_age=SCRIPT_AGE))


@blueprint.get("/widgets/chunks/<stem>.js")
def chunk(stem: str) -> Response:
    """Return a part of the script that is loaded when it is used."""
    response = _public(send_asset(STATIC / "chunks", f"{stem}.js", max_age=FOREVER))
    response.headers["Cache-Control"] = f"public, max-age={FOREVER}, immutable"
    return response


@blueprint.get("/widgets/<path:ref>", merge_slashes=False)
def frame(ref: str) -> Response:
    """Return a page with one element, for a frame in another page."""
    args = read_args(request)
    parse_ref(ref, field="ref")  # as it is: the script would look over blanks around it
    element = parse_element(ref, args)
    response = Response(render_template("stats/frame.html", element=element, style=FRAME_STYLE))
    response.status_code = 200 if element.is_readable else 400  # it says so on the page
    response.headers["Content-Security-Policy"] = build_policy(
        current_stats.settings.widget_origins
    )
    # The API learns where a request comes from, other sites do not learn the address.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"public, max-age={PAGE_AGE}"
    return _conditional(response)


@blueprint.get("/badge/<path:ref>.svg", merge_slashes=False)
def badge(ref: str) -> Response:
    """Return one number of a resource as a picture; it says so when it may not be shown."""
    try:
        given = read_args(request, PARAMETERS)
        metric = parse_metric(given.get("metric") or "views")
        label = parse_label(given.get("label", ""), metric=metric)
        ref = current_stats.parse_ref(ref, field="ref")
        require_resource(ref)
        found = current_stats.stores.totals.read_one(ref)
        known = found or current_stats.stores.resources.read([ref])
    except StatsError as error:
        return _failed_badge(error)
    made = build_badge(read_total(ref, found, None), metric=metric, label=label)
    response = _picture(made if known else Badge(label, "not known yet", QUIET))
    named = "Authorization" in request.headers or "Cookie" in request.headers
    scope = "private" if named or caller().signed_in else "public"
    response.headers["Cache-Control"] = f"{scope}, max-age={BADGE_AGE}"
    return _conditional(response)


def build_policy(origins: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy of a frame; ``origins`` may show it."""
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'{hash_source(FRAME_STYLE)}'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": " ".join(origins) or "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _failed_badge(error: StatsError) -> Response:
    """Return a badge of the error's status that says what is wrong in two words."""
    texts = {AccessError: "not public", InputError: "bad address"}
    text = next((t for kind, t in texts.items() if isinstance(error, kind)), "unavailable")
    response = _picture(Badge("statistics", text, QUIET))
    response.status_code = respond(error).status_code
    response.headers["Cache-Control"] = "no-store"
    return response


def _picture(badge_: Badge) -> Response:
    response = _public(Response(write_svg(badge_), mimetype="image/svg+xml"))
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


def _public(response: Response) -> Response:
    """Let pages of every origin load it: it is the same for everybody, or was allowed."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _conditional(response: Response) -> Response:
    response.set_etag(blake2b(response.get_data(), digest_size=16).hexdigest())
    return answer_conditionally(request, response)
