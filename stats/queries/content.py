"""``content-histogram`` and ``content-by``: what is in a repository or community, at any date.

Comes in: the daily documents of records that were created, removed and restored, and of
those that came into a community and left it. Goes out: the change of each interval and the
total at its end, in records, files and bytes. Invariant: each total is the sum of all changes
up to it, those before the window too. A community has what was included; all else
what was created.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stats.aggregations.types import Aggregation
from stats.events.catalogue import (
    RECORD_CREATED,
    RECORD_EXCLUDED,
    RECORD_INCLUDED,
    RECORD_REMOVED,
    RECORD_RESTORED,
)
from stats.events.types import OTHER
from stats.kinds.catalogue import COMMUNITY
from stats.queries.answers import echo
from stats.queries.breakdown import sum_values
from stats.queries.filters import build_search, daily_indices
from stats.queries.first_day import run_first_day
from stats.queries.histogram import resolve_histogram
from stats.queries.parameters import (
    FROM,
    INTERVAL,
    RESOURCE,
    SOURCE,
    TO,
    WINDOW,
    choice,
    resolve_window,
    size,
)
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window, list_buckets
from stats.refs import kind_of
from stats.stores.dsl import A

FIELDS = {"records": "count", "files": "sum", "volume": "volume"}
"""What is counted, by the field of daily documents: ``sum`` is of values, which are files."""

CHANGES = (*FIELDS, *(f"total_{name}" for name in FIELDS))
"""The columns of a history: what came and went, and what was there then."""
DIVIDED = ("records", "volume")
_PAGE = 1_000

Numbers = dict[str, int]


def content_histogram(aggregations: Sequence[Aggregation]) -> Query:
    """Return the query of how much there was, interval by interval."""
    return Query(
        "content-histogram",
        "Records, files and bytes in a repository or community: change and total at each date",
        "histogram",
        tuple(aggregations),
        (RESOURCE, FROM, TO, WINDOW, INTERVAL, SOURCE),
        ("date", *CHANGES),
        run_content,
        resolve_histogram,
        scope="named",
    )


def list_divisions(aggregations: Sequence[Aggregation]) -> list[str]:
    """Return the names of what all of these types divide by."""
    return [
        one.name
        for one in aggregations[0].breakdowns
        if all(one in other.breakdowns for other in aggregations)
    ]


def content_by(aggregations: Sequence[Aggregation]) -> Query:
    """Return the query of how what there was divides, by what all of the types divide by."""
    return Query(
        "content-by",
        "How the records and bytes in a repository or community divide, at a date",
        "by",
        tuple(aggregations),
        (
            RESOURCE,
            choice("breakdown", list_divisions(aggregations), help="by what the numbers divide"),
            FROM,
            TO,
            WINDOW,
            size(20),
            SOURCE,
        ),
        ("key", *DIVIDED),
        run_content_by,
        resolve_window,
        scope="named",
    )


def list_signs(resource: str) -> dict[str, int]:
    """Return the event types that change what is in a resource, and in which direction."""
    came, left = (
        (RECORD_INCLUDED, RECORD_EXCLUDED)
        if kind_of(resource) == COMMUNITY.name
        else (RECORD_CREATED, None)
    )
    signs = {came.name: 1, RECORD_RESTORED.name: 1, RECORD_REMOVED.name: -1}
    return signs | ({left.name: -1} if left else {})


def run_content(query: Query, params: Params, sources: Sources) -> Answer:
    """Ask once for what was before the window and for the changes in it."""
    if params["from"] is None:
        first = run_first_day(query, params, sources.search) or params["to"]
        params = {**params, "from": min(first, params["to"])}
    indices = daily_indices(sources.search, list(list_signs(params["resource"])))
    response = sources.search.search(indices, build_content(params))
    return {**echo(query, params), **read_content(response, params)}


def build_content(params: Params) -> dict[str, Any]:
    """Return the request: sums before the window, and in each interval that has documents."""
    search = build_search(params, Window(None, params["to"]))
    first = params["from"].isoformat()
    sums = {name: A("sum", field=field) for name, field in FIELDS.items()}
    intervals = A(
        "date_histogram",
        field="timestamp",
        calendar_interval=params["interval"],
        format="yyyy-MM-dd",
        min_doc_count=1,
        aggs=sums,
    )
    parts = {
        "before": ({"lt": first}, sums),
        "during": ({"gte": first}, {"intervals": intervals}),
    }
    for name, (days, inside) in parts.items():
        types = A("terms", field="event", size=len(list_signs(params["resource"])), aggs=inside)
        search.aggs[name] = A("filter", range={"timestamp": days}, aggs={"types": types})
    return search.to_dict()


def read_content(response: Mapping[str, Any], params: Params) -> Answer:
    """Return change and total of each interval, and the total at the end."""
    signs = list_signs(params["resource"])
    total: Numbers = dict.fromkeys(FIELDS, 0)
    for of_type in _types(response, "before"):
        _add(total, of_type, signs[of_type["key"]])
    changes: dict[str, Numbers] = defaultdict(lambda: dict.fromkeys(FIELDS, 0))
    for of_type in _types(response, "during"):
        for bucket in of_type["intervals"]["buckets"]:
            _add(changes[bucket["key_as_string"]], bucket, signs[of_type["key"]])
    rows: list[Row] = []
    for start in list_buckets(params["from"], params["to"], params["interval"]):
        change = changes[start.isoformat()]
        total = {name: total[name] + change[name] for name in FIELDS}
        totals = {f"total_{name}": number for name, number in total.items()}
        rows.append({"date": start.isoformat(), **change, **totals})
    return {"buckets": rows, "total": _summed(rows)}


def run_content_by(query: Query, params: Params, sources: Sources) -> Answer:
    """Read the daily documents in pages and add them up."""
    signs = list_signs(params["resource"])
    breakdown = params["breakdown"]
    search = sources.search
    sums: dict[str, Row] = defaultdict(lambda: dict.fromkeys(DIVIDED, 0))
    whole: Row = dict.fromkeys(DIVIDED, 0)
    body = build_content_by(params)
    for name, sign in signs.items():
        pages = search.pages(search.daily(name), body, size=_PAGE)
        documents = (hit["_source"] for page in pages for hit in page)
        values, total = sum_values(documents, breakdown)
        for row, numbers in ((whole, total), *((sums[key], n) for key, n in values.items())):
            for column, number in zip(DIVIDED, (numbers[0], numbers[2]), strict=True):
                row[column] += sign * number
    return {**echo(query, params), **_rank(sums, params["size"]), "total": whole}


def build_content_by(params: Params) -> dict[str, Any]:
    """Return the request body: the numbers and the one breakdown of each document."""
    search = build_search(params, Window(params["from"], params["to"]))
    fields = ["count", "volume", f"breakdown.{params['breakdown']}"]
    body: dict[str, Any] = search.source([*fields]).to_dict()
    return {key: body[key] for key in ("query", "_source")}


def _rank(sums: dict[str, Row], most: int) -> Answer:
    """Return the values that have most records, and the sum of the others."""
    rest = sums.pop(OTHER, dict.fromkeys(DIVIDED, 0))
    ranked = sorted(sums.items(), key=lambda item: (-item[1]["records"], item[0]))
    for _, row in ranked[most:]:
        rest = {name: rest[name] + row[name] for name in DIVIDED}
    kept = [{"key": key, **row} for key, row in ranked[:most] if any(row.values())]
    return {"buckets": kept, "other": rest}


def _types(response: Mapping[str, Any], part: str) -> list[Any]:
    """Return the buckets of the event types; without any index there are none."""
    found: list[Any] = (
        response.get("aggregations", {}).get(part, {}).get("types", {}).get("buckets", [])
    )
    return found


def _add(numbers: Numbers, bucket: Mapping[str, Any], sign: int) -> None:
    for name in FIELDS:
        numbers[name] += sign * round(bucket[name]["value"] or 0)


def _summed(rows: Iterable[Row]) -> Row:
    """Return the change of the whole window, and the total at its end."""
    found = list(rows)
    change = {name: sum(row[name] for row in found) for name in FIELDS}
    return {**change, **{f"total_{name}": found[-1][f"total_{name}"] for name in FIELDS}}
