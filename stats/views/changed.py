"""The feed of changes: whose totals were set anew since a time.

For hosts that write numbers into their own search index: they ask with the
``next`` of the last answer and get what is new. Invariant: nothing is
ever missed. A total may become visible some time after its ``updated``, so
``next`` stays that far behind, and a change of the last minutes comes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from stats.errors import InputError
from stats.proxies import current_stats
from stats.queries.parameters import MAX_SIZE, parse_size
from stats.refs import parse_kind, parse_ref
from stats.times import EPOCH, iso_ms, parse_time, utc_now
from stats.validation import refuse_empty
from stats.views.access import require
from stats.views.blueprints import api_blueprint
from stats.views.request_parsing import read_args
from stats.views.responses import json_response
from stats.views.totals import read_total

PARAMETERS = ("since", "kind", "size")
SEPARATOR = "~"
"""Between time and ref, in a ``next`` that goes on within one millisecond."""

Position = tuple[datetime, str | None]

blueprint = api_blueprint("stats_changed", __name__, url_prefix="/api/stats")


@blueprint.get("/changed")
def changed() -> Response:
    """Return the totals that were set anew since a time, and what to ask for next."""
    require("changed")
    given = read_args(request, PARAMETERS)
    refuse_empty(given, ("kind",))
    since = parse_since(given.get("since") or "")
    size = parse_size(given.get("size") or MAX_SIZE, "size")
    kind = parse_kind(given["kind"]) if given.get("kind") else None
    now = utc_now()
    until = current_stats.stores.bookmarks.counted_until()
    found = current_stats.stores.totals.read_changed(since, kind=kind, limit=size)
    settled = now - 2 * timedelta(seconds=current_stats.settings.day_lease_seconds)
    answer = {
        "changed": [_describe(document, until) for document in found],
        "next": write_next(found, size=size, settled=settled),
        "counted_until": iso_ms(until) if until else None,
    }
    return json_response(request, answer)


def parse_since(text: str) -> Position:
    """Read a time, a date, or the ``next`` of an earlier answer; nothing is the beginning."""
    if not text:
        return EPOCH, None
    moment, separator, ref = text.partition(SEPARATOR)
    try:
        return parse_time(moment), parse_ref(ref, field="since") if separator else None
    except ValueError as error:
        message = f"since must be an ISO 8601 time or the next of an answer, not {text[:40]!r}"
        raise InputError("bad_format", message, field="since") from error


def write_next(found: Sequence[Mapping[str, Any]], *, size: int, settled: datetime) -> str:
    """Return what ``since`` is to be next: after a full page its last one, else what is settled."""
    if len(found) < size:
        return iso_ms(settled)
    last = found[-1]
    return f"{iso_ms(last['updated'])}{SEPARATOR}{last['_id']}"


def _describe(document: Mapping[str, Any], until: datetime | None) -> dict[str, Any]:
    total = read_total(str(document["_id"]), document, until, exact=True)
    return {**total, "updated": iso_ms(document["updated"])}
