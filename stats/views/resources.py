"""Descriptions of resources: what a host tells about the things that are counted."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson
from flask import Response, request

from stats.errors import InputError
from stats.proxies import current_stats
from stats.stores.resources import Description
from stats.times import utc_now
from stats.views.access import require_write
from stats.views.blueprints import api_blueprint
from stats.views.descriptions import parse_description, parse_fields
from stats.views.request_parsing import parse_batch, read_args, read_batch, read_json
from stats.views.responses import JSON

blueprint = api_blueprint("stats_resources", __name__, url_prefix="/api/resources")


@blueprint.put("/<path:ref>", merge_slashes=False)
def describe_one(ref: str) -> Response:
    """Set fields of one resource; a field that is null is forgotten, others stay."""
    require_write("describe")
    read_args(request, ())
    kinds = current_stats.kinds
    ref = kinds.parse_ref(ref, field="ref")
    given = read_json(request, current_stats.limits)
    if not isinstance(given, dict):
        raise InputError("wrong_type", "a description is a JSON object")
    current_stats.stores.resources.describe(
        [Description(ref, parse_fields(given, kinds=kinds), utc_now(), by_host=True)]
    )
    return _json({"accepted": 1, "rejected": []})


@blueprint.post("")
def describe_many() -> Response:
    """Set fields of many resources: NDJSON, an array or one object, each with ``resource``."""
    require_write("describe")
    read_args(request, ())
    parse = partial(parse_description, kinds=current_stats.kinds)
    accepted, rejected = parse_batch(read_batch(request, current_stats.limits), parse)
    merged: dict[str, dict[str, Any]] = {}
    for ref, fields in accepted:  # of the same ref twice, the later holds
        merged[ref] = merged.get(ref, {}) | fields
    now = utc_now()
    descriptions = [Description(ref, fields, now, by_host=True) for ref, fields in merged.items()]
    current_stats.stores.resources.describe(descriptions)
    return _json({"accepted": len(accepted), "rejected": rejected})


def _json(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer), mimetype=JSON)
