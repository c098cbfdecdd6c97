"""Totals of resources: one key look-up in MongoDB, Elasticsearch is not asked.

The path that every landing page takes, so it is short. Invariant: a
resource of which nothing was counted has the same shape, with zeros. The public gets the
day of the last use, not its time, which may be that of a single visitor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response, current_app, request

from stats.errors import InputError
from stats.proxies import current_stats
from stats.queries.merged import list_merged
from stats.refs import split_ref
from stats.reports.jsonld import build_jsonld
from stats.reports.tables import Table, join_name
from stats.times import iso_ms, start_of_day
from stats.views.access import exact, refusals, require_resource
from stats.views.blueprints import api_blueprint
from stats.views.cors import readable_elsewhere
from stats.views.counted_until import CountedUntil
from stats.views.errors import error_body
from stats.views.request_parsing import read_args, read_list
from stats.views.responses import (
    JSON_LD,
    ending_of,
    json_response,
    table_response,
    wanted_table,
    wants_jsonld,
)

COUNTERS = ("views", "unique_views", "downloads", "unique_downloads", "volume")
TIMES = ("last_viewed", "last_downloaded")
COLUMNS = ("resource", "kind", "id", *COUNTERS, *TIMES)

_EXTENSION = "stats-counted-until"

blueprint = readable_elsewhere(api_blueprint("stats_totals", __name__, url_prefix="/api/stats"))


@blueprint.get("/totals/<path:ref>", merge_slashes=False)
def read_one(ref: str) -> Response:
    """Return the totals of one resource."""
    answer = _read_asked(ref)
    if form := wanted_table(request):
        return table_response(request, _table([answer]), form)
    return _as_jsonld(answer) if wants_jsonld(request) else json_response(request, answer)


@blueprint.get("/jsonld/<path:ref>", merge_slashes=False)
def read_jsonld(ref: str) -> Response:
    """Return the totals of one resource as schema.org has them."""
    return _as_jsonld(_read_asked(ref))


@blueprint.get("/totals")
@blueprint.get("/totals.csv")
@blueprint.get("/totals.xlsx")
def read_many() -> Response:
    """Return the totals of up to 1,000 resources, by ref; an error where one may not see them."""
    answers = answer_totals(read_list(request, "ref"))
    if form := ending_of(request.path)[1] or wanted_table(request):
        seen = {row["resource"]: row for row in answers.values() if "resource" in row}
        return table_response(request, _table([*seen.values()]), form)
    return json_response(request, answers)


def _table(answers: Sequence[Mapping[str, Any]]) -> Table:
    of = answers[0]["resource"] if len(answers) == 1 else None
    return Table(join_name("totals", of), COLUMNS, answers)


def answer_totals(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the totals of refs by how they are ``given``, or why the caller may not see them.

    Raises ``InputError`` for what is no ref, ``LimitError`` for too many.
    """
    current_stats.limits.check_refs(len(set(given)))
    if not given:
        raise InputError("missing", "name the resources: ?ref=kind:id&ref=...", field="ref")
    asked = {text: current_stats.parse_ref(text, field="ref") for text in given}
    refs = list(dict.fromkeys(asked.values()))
    refused = refusals(refs)
    until = _counted_until()
    seen = [ref for ref in refs if ref not in refused]
    found = current_stats.stores.totals.read(seen)
    told = exact(seen)
    answers = {
        ref: _say_merged(read_total(ref, found.get(ref), until, exact=ref in told)) for ref in seen
    }
    errors = {ref: error_body(error) for ref, error in refused.items()}
    return {text: errors.get(ref) or answers[ref] for text, ref in asked.items()}


def read_total(
    ref: str,
    document: Mapping[str, Any] | None,
    counted_until: datetime | None,
    *,
    exact: bool = False,
) -> dict[str, Any]:
    """Return the answer for one resource, of its document or of none.

    ``exact``: the last uses with their time; else the midnight (UTC) that begins their day.
    """
    found = document or {}
    kind, name = split_ref(ref)
    return {
        "resource": ref,
        "kind": kind,
        "id": name,
        **{counter: found.get(counter, 0) for counter in COUNTERS},
        **{name: _last(found.get(name), exact=exact) for name in TIMES},
        "events": found.get("events", {}),
        "counted_until": _iso(counted_until),
    }


def _say_merged(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that names what was merged into its resource, if anything was."""
    merged = list_merged([answer["resource"]], current_stats.stores.merges.recent())
    return {**answer, "merged": merged} if merged else answer


def _last(moment: datetime | None, *, exact: bool) -> str | None:
    return _iso(moment if exact else start_of_day(moment))


def _read_asked(ref: str) -> dict[str, Any]:
    """Return the totals that an address asks for, of a caller who may see them."""
    read_args(request, ())
    ref = current_stats.parse_ref(ref, field="ref")
    require_resource(ref)
    until = _counted_until()
    document = current_stats.stores.totals.read_one(ref)
    return _say_merged(read_total(ref, document, until, exact=ref in exact([ref])))


def _as_jsonld(answer: Mapping[str, Any]) -> Response:
    ref = answer["resource"]
    description = current_stats.stores.resources.read([ref]).get(ref, {})
    body = build_jsonld(answer, description, kinds=current_stats.kinds)
    return json_response(request, body, mimetype=JSON_LD)


def _iso(moment: datetime | None) -> str | None:
    return iso_ms(moment) if moment else None


def _counted_until() -> datetime | None:
    extensions = current_app.extensions
    if _EXTENSION not in extensions:
        extensions[_EXTENSION] = CountedUntil(current_stats.stores.bookmarks.counted_until)
    known: CountedUntil = extensions[_EXTENSION]
    return known.get()
