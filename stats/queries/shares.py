"""Percentages: how much of something is something else, over any window.

Comes in: the daily documents of one resource. Goes out: the part, the whole and
their quotient. Invariant: both are sums of counts, so a share of a
window is that of all its days together; the share of nothing is null.

A host makes its own with one call, and lists it in ``STATS_QUERIES``::

    share("open-downloads", "Share of downloads of open files",
          part=Part((daily(FILE_DOWNLOAD),), BY_ACCESS, "open"),
          whole=Part((daily(FILE_DOWNLOAD),)))
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from stats.aggregations.types import Aggregation
from stats.events.types import SITE, Breakdown
from stats.queries.answers import echo
from stats.queries.filters import build_search
from stats.queries.histogram import resolve_histogram
from stats.queries.parameters import FROM, INTERVAL, RESOURCE, SOURCE, TO, choice, resolve_window
from stats.queries.types import Answer, Params, Query, Row, Sources
from stats.queries.windows import Window, bucket_start, list_buckets
from stats.times import parse_day

OF_RESOURCE = replace(RESOURCE, required=False, default=SITE)
"""Which resource; everything if it is not given."""

OF = replace(RESOURCE, name="of", required=False, default=SITE, help="what it is a share of")

COLUMNS = ("part", "whole", "share")
_PAGE = 1_000

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """Events of some types: all, or those that have one value of a breakdown."""

    aggregations: tuple[Aggregation, ...]
    breakdown: Breakdown | None = None
    value: str = ""

    def count(self, document: Document) -> int:
        """Return how many of a daily document's events are meant."""
        if document["event"] not in {a.event_type.name for a in self.aggregations}:
            return 0
        if self.breakdown is None:
            return int(document["count"])
        rows = document.get("breakdown", {}).get(self.breakdown.name, ())
        return next((count for value, count, *_ in rows if value == self.value), 0)


def share(name: str, title: str, *, part: Part, whole: Part) -> Query:
    """Return the query of what share ``part`` has in ``whole``."""
    return Query(
        name,
        title,
        "total",
        _all(part, whole),
        (OF_RESOURCE, FROM, TO, SOURCE),
        COLUMNS,
        partial(run_share, part=part, whole=whole),
        resolve_window,
        scope="named",
    )


def share_histogram(name: str, title: str, *, part: Part, whole: Part) -> Query:
    """Return the query of the history of a share."""
    return Query(
        name,
        title,
        "histogram",
        _all(part, whole),
        (OF_RESOURCE, FROM, TO, INTERVAL, SOURCE),
        ("date", *COLUMNS),
        partial(run_share_histogram, part=part, whole=whole),
        resolve_histogram,
        scope="named",
    )


def share_of_resource(aggregation: Aggregation) -> Query:
    """Return the query of what share of one resource's events another has."""
    event_type = aggregation.event_type
    return Query(
        f"{event_type.name}-share",
        f"{event_type.title}: share of a resource in another",
        "total",
        (aggregation,),
        (RESOURCE, OF, FROM, TO, SOURCE),
        COLUMNS,
        run_share_of_resource,
        resolve_window,
        scope="named",
    )


def shares(
    name: str,
    title: str,
    *,
    aggregations: Sequence[Aggregation],
    breakdown: Breakdown,
    values: Sequence[str],
) -> Query:
    """Return the query of how a type's events divide among ``values``, the first type if not said.

    What has another value is in the total and in no bucket.
    """
    names = [a.event_type.name for a in aggregations]
    of_type = choice("type", names, default=names[0], help="events of which type")
    return Query(
        name,
        title,
        "shares",
        tuple(aggregations),
        (OF_RESOURCE, of_type, FROM, TO, SOURCE),
        ("key", "count", "share"),
        partial(run_shares, breakdown=breakdown, values=tuple(values)),
        resolve_window,
        scope="named",
    )


def run_share(query: Query, params: Params, sources: Sources, *, part: Part, whole: Part) -> Answer:
    """Add the window's days up."""
    totals = _add(_documents(query, params, sources), part, whole, lambda day: "")
    return {**echo(query, params), "total": _row(totals[""])}


def run_share_histogram(
    query: Query, params: Params, sources: Sources, *, part: Part, whole: Part
) -> Answer:
    """Add the days of each interval up; intervals without events have a null share."""
    interval = params["interval"]
    totals = _add(
        _documents(query, params, sources),
        part,
        whole,
        lambda day: bucket_start(parse_day(day), interval).isoformat(),
    )
    starts = [day.isoformat() for day in list_buckets(params["from"], params["to"], interval)]
    together: Counter[str] = Counter()
    for start in starts:
        together.update(totals[start])
    return {
        **echo(query, params),
        "buckets": [{"date": start, **_row(totals[start])} for start in starts],
        "total": _row(together),
    }


def run_share_of_resource(query: Query, params: Params, sources: Sources) -> Answer:
    """Compare the counts of two resources."""
    everything = Part(query.aggregations)
    counts = Counter(
        {
            column: sum(
                everything.count(document)
                for document in _documents(query, {**params, "resource": params[name]}, sources)
            )
            for column, name in (("part", "resource"), ("whole", "of"))
        }
    )
    return {**echo(query, params), "total": _row(counts)}


def run_shares(
    query: Query,
    params: Params,
    sources: Sources,
    *,
    breakdown: Breakdown,
    values: tuple[str, ...],
) -> Answer:
    """Add up each value's events; every value has a bucket."""
    meant = tuple(a for a in query.aggregations if a.event_type.name == params["type"])
    documents = list(_documents(query, params, sources))
    counts = {
        value: sum(Part(meant, breakdown, value).count(one) for one in documents)
        for value in values
    }
    total = sum(Part(meant).count(one) for one in documents)
    buckets = [
        {"key": value, "count": count, "share": count / total if total else None}
        for value, count in counts.items()
    ]
    return {**echo(query, params), "buckets": buckets, "total": {"count": total}}


def _all(*parts: Part) -> tuple[Aggregation, ...]:
    return tuple(dict.fromkeys(a for part in parts for a in part.aggregations))


def _documents(query: Query, params: Params, sources: Sources) -> Iterator[Document]:
    """Yield the daily documents of the resource: at most one a day and type."""
    search = sources.search
    body: dict[str, Any] = build_search(params, Window(params["from"], params["to"])).to_dict()
    asked = {"query": body["query"], "_source": ["timestamp", "event", "count", "breakdown"]}
    families = ",".join(search.daily(a.family) for a in query.aggregations)
    for hits in search.pages(families, asked, size=_PAGE):
        yield from (hit["_source"] for hit in hits)


def _add(
    documents: Iterator[Document], part: Part, whole: Part, key: Callable[[str], str]
) -> dict[str, Counter[str]]:
    """Return part and whole by ``key`` of the day; a key without documents has neither."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        counts = totals[key(document["timestamp"][:10])]
        counts["part"] += part.count(document)
        counts["whole"] += whole.count(document)
    return totals


def _row(counts: Counter[str]) -> Row:
    part, whole = counts["part"], counts["whole"]
    return {"part": part, "whole": whole, "share": part / whole if whole else None}
