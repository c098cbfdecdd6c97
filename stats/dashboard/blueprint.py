"""The pages: the site, one resource, the search, signing in and out.

Invariant: a page shows what its caller may see and no more; its token
is in a cookie that scripts cannot read and other sites cannot send; scripts
and styles come from this service alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from stats.counting_rules import DOUBLE_CLICK
from stats.dashboard.citation import write_citation
from stats.dashboard.gallery import RESOURCE, list_examples
from stats.dashboard.language import LANG, LANGUAGES, Language, parse_language
from stats.dashboard.numbers import read_first_day, read_usage
from stats.dashboard.sections import (
    SORT,
    VERSIONS,
    Shown,
    list_exports,
    read_sections,
    sees_pipeline,
    write_heading,
)
from stats.dashboard.window import DAYS, DEFAULT_DAYS, Window, parse_window
from stats.dashboard.window import PARAMETERS as WINDOW
from stats.errors import AccessError, InputError, StatsError, StoreUnavailable, UnknownError
from stats.events.types import SITE
from stats.kinds.catalogue import CONCEPT
from stats.layouts.defaults import DASHBOARD
from stats.permissions.tokens import is_live, token_id
from stats.proxies import current_stats
from stats.queries.presets import ALL, PRESETS
from stats.queries.top import METRICS
from stats.refs import kind_of
from stats.times import iso_ms, utc_now
from stats.validation import parse_choice
from stats.views.access import require, require_resource
from stats.views.cors import framed_here
from stats.views.descriptions import read_address
from stats.views.errors import respond
from stats.views.identity import COOKIE, caller, forget_stale_cookie, is_forged
from stats.views.request_parsing import read_args
from stats.views.responses import hash_source

COOKIE_SECONDS = 30 * 24 * 3600
FOUND = 20
_WINDOWED = ("stats_dashboard.site", "stats_dashboard.resource")
"""Pages with a form for the window."""

WINDOW_SCRIPT = (Path(__file__).parent / "static" / "window.js").read_text("utf-8")
"""In the page itself: one response less until it is painted."""

_GALLERY_SCRIPT = (Path(__file__).parent / "static" / "gallery.js").read_text("utf-8")
_SCRIPTS = " ".join(f"'{hash_source(one)}'" for one in (WINDOW_SCRIPT, _GALLERY_SCRIPT))
_POLICY = (
    f"default-src 'none'; script-src 'self' {_SCRIPTS};"
    " style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'self'"
)

blueprint = framed_here(
    Blueprint(
        "stats_dashboard",
        __name__,
        url_prefix="/stats",
        template_folder="templates",
        static_folder="static",
    )
)
blueprint.after_request(forget_stale_cookie)
gallery = framed_here(Blueprint("stats_gallery", __name__))


@gallery.get("/widgets/")
def show_gallery() -> Response:
    """Return the page of all elements, with controls of their attributes and lines to copy."""
    given = read_args(request, (RESOURCE, LANG))
    _language()  # refuses one without texts
    ref = current_stats.kinds.parse_ref(given.get(RESOURCE) or SITE, field=RESOURCE)
    examples = list_examples(ref, current_stats.definitions)
    return _page("gallery", examples=examples, page_script=_GALLERY_SCRIPT)


@blueprint.get("/")
def site() -> Response:
    """Return the page of the whole site, or of the communities that a curator looks after."""
    require("dashboard")
    who = caller()
    own = [] if sees_pipeline() else sorted(who.communities)
    shown = own[0] if own else SITE
    communities = _titled(own)
    title = communities.get(shown, shown)
    window = _window(shown)
    return _page("site", communities=communities, **_lay_out(Shown(shown, window, title), SITE))


@blueprint.get("/search")
def search() -> AnyResponse:
    """Find resources by title or ref; a ref that is one leads to its page."""
    require("dashboard")
    text = read_args(request, ("q", LANG)).get("q", "").strip()
    parts = [kind.name for kind in current_stats.kinds if not (kind.container or kind.views)]
    store = current_stats.stores.resources
    found = store.search(text, limit=FOUND, last=parts) if text else []
    visible = current_stats.policy.readable(caller(), [one["_id"] for one in found])
    return _page("search", text=text, found=[one for one in found if one["_id"] in visible])


@blueprint.get("/resource/<path:ref>", merge_slashes=False)
def resource(ref: str) -> Response:
    """Return the page of one resource."""
    ref = current_stats.parse_ref(ref, field="ref")
    require_resource(ref)
    read_args(request, (*WINDOW, LANG, VERSIONS, SORT))
    known = current_stats.stores.resources.read([ref]).get(ref, {})
    if not known and ref != SITE and current_stats.stores.totals.read_one(ref) is None:
        page = _page("unknown", resource=ref)
        page.status_code = 404
        return page
    parents = _titled(known.get("parents") or [])
    concept = next((one for one in parents if kind_of(one) == CONCEPT.name), None)
    shown = concept if concept and request.args.get(VERSIONS) == ALL else ref
    window = _window(shown, VERSIONS, SORT)
    sort = request.args.get(SORT) and parse_choice(request.args[SORT], METRICS, field=SORT)
    title = known.get("title") or ref
    return _page(
        "resource",
        title=title,
        known=known,
        address=read_address(known),
        parents=parents,
        **_lay_out(Shown(shown, window, title, concept, sort), ref),
    )


@blueprint.get("/counting")
def counting() -> Response:
    """Return what the numbers mean, for their readers, and how much of the site is left out."""
    read_args(request, (LANG,))
    today = utc_now().date()
    window = parse_window({}, today, since=lambda: today)
    seen = SITE in current_stats.policy.readable(caller(), [SITE])
    usage = read_usage(current_stats, SITE, window) if seen else None
    return _page("counting", usage=usage, days=DEFAULT_DAYS, seconds=DOUBLE_CLICK.seconds)


@blueprint.get("/sign-in")
def sign_in_form() -> Response:
    """Return the form that takes a token."""
    read_args(request, ("next", LANG))
    return _page("sign_in", target=_target())


@blueprint.post("/sign-in")
def sign_in() -> AnyResponse:
    """Keep a valid token in a cookie and go on; say so when it is none."""
    read_args(request, ("next", LANG))
    _refuse_forged()
    secret = request.form.get("token", "").strip()
    document = current_stats.stores.tokens.read(token_id(secret)) if secret else None
    if document is None or document["kind"] != "access" or not is_live(document, now=utc_now()):
        page = _page("sign_in", target=_target(), failed=True)
        page.status_code = 401
        return page
    response = redirect(_target(), 303)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        httponly=True,
        secure=request.is_secure,
        samesite="Strict",
        path=request.script_root or "/",
    )
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """Forget the token of this browser."""
    read_args(request, ())
    _refuse_forged()
    response = redirect(url_for("stats_dashboard.sign_in_form"), 303)
    response.delete_cookie(COOKIE, path=request.script_root or "/")
    return response


@blueprint.get("/<path:rest>")
def missing(rest: str) -> Response:
    """Say on a page that there is none."""
    read_args(request, ())
    raise UnknownError("unknown_resource", f"/{rest} is no page of the dashboard")


@blueprint.errorhandler(AccessError)
def refused(error: AccessError) -> Response:
    """Ask nobody in particular to sign in; tell somebody signed in that they may not."""
    if not error.signed_in:
        page = _page("sign_in", target=request.full_path.rstrip("?"), message=str(error))
        page.status_code = 401
        page.delete_cookie(COOKIE, path=request.script_root or "/")
        return page
    return failed(error)


@gallery.errorhandler(StatsError)
@blueprint.errorhandler(StatsError)
def failed(error: StatsError) -> Response:
    """Say on a page what the API would answer, with its status; a form stays to be mended."""
    answer = respond(error)
    said = answer.get_json()["error"]["message"]
    message = error.line if isinstance(error, InputError) else said
    today = utc_now().date()
    windowed = answer.status_code == 400 and request.endpoint in _WINDOWED
    window = parse_window({}, today, since=lambda: today) if windowed else None
    page = _page("problem", status=answer.status_code, message=message, window=window)
    page.status_code = answer.status_code
    if "Retry-After" in answer.headers:
        page.headers["Retry-After"] = answer.headers["Retry-After"]
    return page


def _refuse_forged() -> None:
    """Refuse a form that a page of another site sent: nobody is signed in or out by it."""
    if is_forged():
        raise AccessError("pages of other sites may not do this", signed_in=True)


def _window(ref: str, *own: str) -> Window:
    """Return the window that the address names; raise ``InputError`` for a wrong address.

    ``own`` are the page's own parameters.
    """
    today = utc_now().date()
    args = read_args(request, (*WINDOW, LANG, *own))
    if args.get(VERSIONS, ALL) != ALL:
        raise InputError("out_of_range", f"{VERSIONS} is {ALL}, or left out", field=VERSIONS)
    _language()  # refuses one without texts
    return parse_window(args, today, since=partial(read_first_day, current_stats, ref, today))


def _titled(refs: Sequence[str]) -> dict[str, str]:
    """Return what those of the refs are called that the caller may see."""
    visible = current_stats.policy.readable(caller(), refs)
    shown = [ref for ref in refs if ref in visible]
    known = current_stats.stores.resources.read(shown)
    return {ref: known.get(ref, {}).get("title") or ref for ref in shown}


def _lay_out(shown: Shown, like: str) -> dict[str, Any]:
    """Return the parts of a page, laid out as that of ``like``, with the numbers they show."""
    require_resource(shown.resource)
    parts = current_stats.layouts.find(DASHBOARD, like)
    return {
        "resource": shown.resource,
        "window": shown.window,
        "shown": shown,
        "parts": list(zip(parts, read_sections(parts, shown), strict=True)),
        "usage": read_usage(current_stats, shown.resource, shown.window),
        "ever": current_stats.totals([shown.resource])[shown.resource],
        "kinds": current_stats.kinds,
        "sees_pipeline": sees_pipeline(),
        "counted_until": current_stats.stores.bookmarks.counted_until(),
        "metrics": METRICS,
        "heading": partial(write_heading, language=_language()),
        "cite": partial(write_citation, language=_language(), title=shown.title),
        "exports": partial(list_exports, resource=shown.resource, window=shown.window),
    }


def _page(name: str, **values: Any) -> Response:
    html = render_template(
        f"stats/{name}.html",
        lengths=DAYS,
        presets=(*PRESETS, ALL),
        today=utc_now().date(),
        session=_session(),
        language=_usable_language(),
        languages=LANGUAGES,
        here=_here,
        link=_link,
        table=_table,
        workbook=_workbook,
        permalink=_permalink,
        pages="{ref}".join(_pages()),
        iso=iso_ms,
        **{"page_script": WINDOW_SCRIPT, **values},
    )
    response = make_response(html)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _session() -> str | None:
    """Return what the caller is signed in by: a token of this page, or something else."""
    try:
        if not caller().signed_in:
            return None
        return "token" if COOKIE in request.cookies else "other"
    except AccessError:
        return None
    except StoreUnavailable:  # nobody knows, and the page is about that
        return "other"


def _language() -> Language:
    """Return the language of the page; raise ``InputError`` when the address names none."""
    return parse_language(request.args.get(LANG), request.accept_languages)


def _usable_language() -> Language:
    """Return the language of the page, also of one that says that the address names none."""
    try:
        return _language()
    except InputError:
        return parse_language(None, request.accept_languages)


def _kept(*names: str) -> dict[str, str]:
    """Return those parameters of the address that pages hand on to each other."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def _here(**changes: str) -> str:
    """Return the query of this page's address with another language, window, order or versions.

    A window replaces the one that is named; an empty value takes a parameter out.
    """
    names = {LANG, *WINDOW, VERSIONS, SORT, RESOURCE, "q", "next"}
    if not changes.keys() <= {LANG, VERSIONS, SORT}:
        names -= set(WINDOW)
    kept = _kept(*sorted(names)) | changes
    return f"?{urlencode({name: value for name, value in kept.items() if value != ''})}"


def _link(ref: str) -> str:
    """Return the address of a resource's page in the window and language of this one."""
    return f"{_pages()[0]}{quote(ref, safe=':')}{_pages()[1]}"


def _pages() -> tuple[str, str]:
    """Return what is before and behind the ref in the address of a resource's page."""
    given = _kept(*WINDOW, LANG)
    query = f"?{urlencode(given)}" if given else ""
    return f"{url_for('stats_dashboard.site')}resource/", query


def _permalink(window: Window) -> str:
    """Return the address of this view: with its days, where it was of the last thirty."""
    given = _kept(VERSIONS, SORT) | _view(window)
    return f"{quote(request.script_root + request.path, safe='/:')}?{_query(given)}"


def _view(window: Window) -> dict[str, str]:
    """Return what this view depends on, beside its resource."""
    return {**window.params, "interval": window.interval, LANG: _usable_language().tag}


def _workbook(ref: str, window: Window) -> str:
    """Return the address of all that this page shows as one workbook."""
    query = _query({"resource": ref, **_view(window)})
    return f"{request.script_root}/api/reports/page.xlsx?{query}"


def _table(name: str, form: str, params: dict[str, Any], window: Window | None) -> str:
    """Return the address of a named query's answer as a table."""
    given = params | (window.params if window else {})
    return f"{request.script_root}/api/stats/{name}.{form}?{_query(given)}"


def _query(params: dict[str, Any]) -> str:
    return "&".join(f"{key}={quote(str(value))}" for key, value in params.items())


def _target() -> str:
    """Return where to go after signing in: a page of the dashboard, nowhere else."""
    home = url_for("stats_dashboard.site")
    wanted = request.values.get("next", home)
    path = unquote(wanted.partition("?")[0])
    strange = "\\" in path or ".." in path.split("/") or not wanted.isprintable()
    return home if strange or not wanted.startswith(home) else wanted
