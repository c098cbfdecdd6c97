"""The queries that invenio-rdm-records configures, with its names, parameters and fields.

A record is ``record:<recid>``, all its versions are ``concept:<parent_recid>``.
Different from there: unique downloads of a record are sessions in which any of
its files was downloaded, not the sum over its files, and numbers are integers.
Source: ``STATS_QUERIES`` of invenio-rdm-records, ``TermsQuery`` of invenio-stats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from stats.aggregations.types import Aggregation
from stats.queries.filters import build_search
from stats.queries.metrics import build_metrics, empty_row, read_metrics
from stats.queries.parameters import SOURCE, parse_date_or_time, parse_id_of
from stats.queries.types import Answer, Parameter, Params, Query, Sources
from stats.queries.windows import Window, check_order
from stats.refs import split_ref
from stats.stores.dsl import A

RECORD = "record"
CONCEPT = "concept"

VIEWS = {"views": "count", "unique_views": "unique_count"}
DOWNLOADS = {"downloads": "count", "unique_downloads": "unique_count", "data_volume": "volume"}

_DATES = {"type": "string", "format": "date"}
START = Parameter("start_date", "first day, UTC, inclusive", parse_date_or_time, schema=_DATES)
END = Parameter("end_date", "last day, UTC, inclusive", parse_date_or_time, schema=_DATES)
RECID = Parameter("recid", "id of a record", parse_id_of(RECORD), required=True)
PARENT_RECID = Parameter(
    "parent_recid", "id of all versions of a record", parse_id_of(CONCEPT), required=True
)


def invenio_queries(aggregations: Iterable[Aggregation]) -> list[Query]:
    """Return the four queries, as far as their event types are there."""
    by_name = {a.event_type.name: a for a in aggregations}
    queries = []
    for type_name, name, fields in (
        ("record-view", "record-view", VIEWS),
        ("file-download", "record-download", DOWNLOADS),
    ):
        if type_name in by_name:
            queries.append(_query(by_name[type_name], name, fields, RECID))
            queries.append(_query(by_name[type_name], f"{name}-all-versions", fields, PARENT_RECID))
    return queries


def _query(aggregation: Aggregation, name: str, fields: Mapping[str, str], key: Parameter) -> Query:
    return Query(
        name,
        f"{aggregation.event_type.title}, as InvenioRDM asks for them",
        "row",
        (aggregation,),
        (key, START, END, SOURCE),
        ("start_date", "end_date", *_id_columns(key), *fields),
        partial(run_invenio, fields=fields, key=key.name),
        resolve_invenio,
    )


def _id_columns(key: Parameter) -> tuple[str, ...]:
    return ("recid", "parent_recid") if key is RECID else ("parent_recid",)


def resolve_invenio(params: Params, today: date) -> Params:
    """Check that the last day is not before the first."""
    check_order(Window(params["start_date"], params["end_date"]), field="end_date")
    return params


def run_invenio(
    query: Query, params: Params, sources: Sources, *, fields: Mapping[str, str], key: str
) -> Answer:
    """Ask for the sums and, for a record, for the newest parents that it had."""
    (aggregation,) = query.aggregations
    body = build_invenio(params, metrics=tuple(fields.values()), key=key)
    response = sources.search.search(sources.search.daily(aggregation.family), body)
    return {
        "start_date": _moment(params["start_date"]),
        "end_date": _moment(params["end_date"]),
        **_ids(response, params, key),
        **_numbers(response, fields),
    }


def build_invenio(params: Params, *, metrics: tuple[str, ...], key: str) -> dict[str, Any]:
    """Return the request body."""
    window = Window(params["start_date"], params["end_date"])
    search = build_search({"resource": params[key], "source": params["source"]}, window)
    for name, aggregation in build_metrics(metrics).items():
        search.aggs[name] = aggregation
    newest = A("top_hits", size=1, sort=[{"timestamp": "desc"}], _source=["parents"])
    search.aggs["newest"] = newest
    return search.to_dict()


def _numbers(response: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    metrics = tuple(fields.values())
    found = response.get("aggregations")
    row = read_metrics(found, metrics) if found else empty_row(metrics)
    return {field: row[metric] for field, metric in fields.items()}


def _ids(response: Mapping[str, Any], params: Params, key: str) -> dict[str, str | None]:
    own = split_ref(params[key])[1]
    if key == PARENT_RECID.name:
        return {key: own}
    hits = response.get("aggregations", {}).get("newest", {"hits": {"hits": []}})["hits"]["hits"]
    parents = hits[0]["_source"].get("parents", []) if hits else []
    concepts = [name for kind, name in map(split_ref, parents) if kind == CONCEPT]
    return {key: own, PARENT_RECID.name: concepts[0] if concepts else None}


def _moment(day: date | None) -> str | None:
    """Return a day in the form in which invenio-stats echoes it."""
    return datetime(day.year, day.month, day.day).isoformat() if day else None
