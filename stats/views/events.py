"""Events that come in over HTTP: one, an array, or NDJSON.

Invariant: 202 means that the queue has taken responsibility for the
accepted ones; a refused one says which it was and why, and stops no other. What could
not be kept of an accepted one is among ``warnings``, which are left out where there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from operator import itemgetter
from typing import Any

import orjson
from flask import Response, request

from stats.errors import InputError
from stats.events.types import Event
from stats.proxies import current_stats
from stats.views.access import require_write
from stats.views.blueprints import api_blueprint, count_published
from stats.views.errors import error_item, error_response
from stats.views.request_parsing import read_args, read_batch
from stats.views.responses import JSON

blueprint = api_blueprint("stats_events", __name__, url_prefix="/api/events")


@blueprint.post("")
def publish() -> Response:
    """Take one event, an array or NDJSON; one bad event by itself is an error."""
    require_write("publish")
    read_args(request, ())
    batch = read_batch(request, current_stats.limits)
    places = [n for n, item in enumerate(batch.items) if not isinstance(item, InputError)]
    taken = current_stats.receive(
        [batch.items[place] for place in places], before_publishing=_count
    )
    if batch.alone and taken.rejected:
        (refused,) = taken.rejected
        return error_response(400, refused.code, refused.message, field=refused.field)
    unread = [error_item(n, i) for n, i in enumerate(batch.items) if isinstance(i, InputError)]
    refusals = [asdict(refused) | {"index": places[refused.index]} for refused in taken.rejected]
    rejected = sorted([*unread, *refusals], key=itemgetter("index"))
    answer: dict[str, Any] = {"accepted": len(taken.events), "rejected": rejected}
    if taken.warnings:
        answer["warnings"] = [asdict(one) | {"index": places[one.index]} for one in taken.warnings]
    return Response(orjson.dumps(answer), 202, mimetype=JSON)


def _count(events: Sequence[Event]) -> None:
    """Hold a caller to what may be published in an hour: each ref is counted and totalled."""
    count_published(len(events), len({ref for event in events for ref in event.resources}))
