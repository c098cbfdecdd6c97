"""Answers in the form of invenio-stats: what ``TermsQuery`` and ``DateHistogramQuery`` give.

Comes in: resolved parameters, among them the ``resource`` that they name. Goes
out: the fields that the host's definition names. No data is zeros, and a
histogram has the intervals in which something happened, as there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from stats.queries.filters import build_search
from stats.queries.metrics import build_metrics, empty_row, read_metrics
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window
from stats.refs import split_ref
from stats.stores.dsl import A, Search

Copied = tuple[tuple[str, str], ...]
"""Fields of the answer that describe the resource, each with invenio-stats' name of it."""

LARGEST = 10_000
"""Files of one bucket that an answer holds, as ``TermsQuery`` has it."""

IDS = {"recid": "record", "pid_value": "record", "record_id": "record", "parent_recid": "concept"}
"""The kind of resource whose id a field of invenio-stats is."""

_FILE = "file"


@dataclass(frozen=True)
class HostAnswer:
    """What an answer holds: its metrics by field, and what is copied from a document."""

    metrics: Mapping[str, str]
    copied: Copied
    by_file: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """Return our metrics, each once."""
        return tuple(dict.fromkeys(self.metrics.values()))

    def read_metrics(self, response: Mapping[str, Any]) -> Row:
        """Return the numbers of a bucket, or zeros where there is none."""
        asked = self.asked
        row = read_metrics(response, asked) if response else empty_row(asked)
        return {field: row[metric] for field, metric in self.metrics.items()}


def run_terms(query: Query, params: Params, sources: Sources, *, answer: HostAnswer) -> Answer:
    """Ask for the sums and, where fields are copied, for the newest document."""
    (aggregation,) = query.aggregations
    index = sources.search.daily(aggregation.family)
    found = sources.search.search(index, build_terms(params, answer)).get("aggregations") or {}
    numbers = {
        **_window(params),
        **read_copied(found, params["resource"], answer.copied),
        **answer.read_metrics(found),
    }
    if not answer.by_file:
        return numbers
    files = sources.search.search(index, build_files(params, answer))
    return {**numbers, **read_files(files.get("aggregations") or {}, answer)}


def run_histogram(query: Query, params: Params, sources: Sources, *, answer: HostAnswer) -> Answer:
    """Ask for the intervals in which something happened."""
    (aggregation,) = query.aggregations
    index = sources.search.daily(aggregation.family)
    found = sources.search.search(index, build_intervals(params, answer)).get("aggregations") or {}
    return {
        "interval": params["interval"],
        "key_type": "date",
        **_window(params),
        "buckets": [
            {
                "key": bucket["key"],
                "date": bucket["key_as_string"],
                **answer.read_metrics(bucket),
                **read_copied(bucket, params["resource"], answer.copied),
            }
            for bucket in found.get("intervals", {}).get("buckets", [])
        ],
    }


def build_terms(params: Params, answer: HostAnswer) -> dict[str, Any]:
    """Return the request for the sums over a window."""
    search: Search = _search(params, params["resource"])
    for name, metric in build_metrics(answer.asked).items():
        search.aggs[name] = metric
    search.aggs["newest"] = _newest()
    body: dict[str, Any] = search.to_dict()
    return body


def build_files(params: Params, answer: HostAnswer) -> dict[str, Any]:
    """Return the request for the sums of each file of a bucket."""
    search = build_search(
        {"within": params["resource"], "kind": _FILE, "source": params["source"]}, _days(params)
    )
    metrics = build_metrics(answer.asked)
    search.aggs["files"] = A("terms", field="resource", size=LARGEST, aggs=metrics)
    body: dict[str, Any] = search.to_dict()
    return body


def build_intervals(params: Params, answer: HostAnswer) -> dict[str, Any]:
    """Return the request for the intervals of a window that have documents."""
    search: Search = _search(params, params["resource"])
    search.aggs["intervals"] = A(
        "date_histogram",
        field="timestamp",
        calendar_interval=params["interval"],
        format="yyyy-MM-dd'T'HH:mm:ss",
        min_doc_count=1,
        aggs={**build_metrics(answer.asked), "newest": _newest()},
    )
    body: dict[str, Any] = search.to_dict()
    return body


def read_files(found: Mapping[str, Any], answer: HostAnswer) -> Answer:
    """Return the files of a bucket by their key."""
    return {
        "type": "bucket",
        "field": "file_key",
        "key_type": "terms",
        "buckets": [
            {"key": split_ref(bucket["key"])[1].partition("/")[2], **answer.read_metrics(bucket)}
            for bucket in found.get("files", {}).get("buckets", [])
        ],
    }


def read_copied(found: Mapping[str, Any], resource: str, copied: Copied) -> Row:
    """Return what the newest document says of the resource; None for what it does not know."""
    hits = found.get("newest", {}).get("hits", {}).get("hits", [])
    parents: Sequence[str] = hits[0]["_source"].get("parents", []) if hits else []
    return read_ids((resource, *parents), copied)


def read_ids(refs: Iterable[str], copied: Copied) -> Row:
    """Return the fields of invenio-stats that say which resource, and what it is in."""
    names: dict[str, str] = {}
    for kind, name in map(split_ref, refs):
        names.setdefault(kind, name)
    bucket, _, key = names.get(_FILE, "").partition("/")
    known = {field: names.get(kind) for field, kind in IDS.items()}
    known |= {"bucket_id": bucket or names.get("bucket"), "file_key": key or None}
    known["collection"] = names.get("collection")
    return {name: known.get(field) for name, field in copied}


def _search(params: Params, resource: str) -> Search:
    return build_search({"resource": resource, "source": params["source"]}, _days(params))


def _newest() -> Any:
    return A("top_hits", size=1, sort=[{"timestamp": "desc"}], _source=["parents"])


def _days(params: Params) -> Window:
    return Window(params["start_date"], params["end_date"])


def _window(params: Params) -> Row:
    return {name: _moment(params[name]) for name in ("start_date", "end_date")}


def _moment(day: date | None) -> str | None:
    """Return a day in the form in which invenio-stats echoes it."""
    return datetime(day.year, day.month, day.day).isoformat() if day else None
