"""Make Data Count's Dataset Report, in the form that DataCite takes (its usage reports schema).

Comes in: a window of whole months and the stores. Goes out: a header, and one
object a dataset as a stream. Regular and machine access both
count; instances of 0 are left out; only assigned country codes are named,
and what has none stays in the count; a month that is not over is reported up
to its last wholly counted day, and the header says so (3040).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any

import orjson

from stats.aggregations.types import DATASET, USAGE_FIELDS
from stats.events.types import BY_ACCESS_METHOD, BY_ACCESS_METHOD_AND_COUNTRY, MACHINE, REGULAR
from stats.reports.counter.exceptions import Remark
from stats.reports.counter.run import described
from stats.reports.countries import CODES
from stats.reports.items import Author, Item, Platform
from stats.reports.months import last_of
from stats.reports.sources import Sources
from stats.reports.stream import gathered
from stats.reports.usage import Counts, ItemUsage, run_usage

METRICS = {
    "total-dataset-investigations": "total_investigations",
    "unique-dataset-investigations": "unique_investigations",
    "total-dataset-requests": "total_requests",
    "unique-dataset-requests": "unique_requests",
}
HELP = "https://github.com/datacite/sashimi"
COMPRESSED = {
    "code": 69,
    "severity": "warning",
    "message": "Report is compressed using gzip",
    "help-url": HELP,
    "data": "usage data needs to be uncompressed",
}
"""What the header of a report must say when its body is compressed."""


@dataclass(frozen=True)
class DatasetReport:
    """``header`` is the report-header; ``datasets`` can be read once."""

    header: dict[str, Any]
    datasets: Iterator[dict[str, Any]]


def run_dsr(
    sources: Sources, platform: Platform, window: tuple[date, date], *, now: datetime
) -> DatasetReport:
    """Return the report of ``window``: the first day of a month to the last of one."""
    first, asked = window
    last = min(asked, last_counted_day(sources.bookmarks.counted_until(), now))
    datasets = _datasets(sources, platform, (first, last)) if last >= first else iter(())
    head = list(islice(datasets, 1))
    reported = last if last >= first else asked
    exceptions = _exceptions(first, last, asked, empty=not head)
    return DatasetReport(
        build_header(platform, (first, reported), now=now, exceptions=exceptions),
        chain(head, datasets),
    )


def last_counted_day(counted_until: datetime | None, now: datetime) -> date:
    """Return the last day that is over and wholly counted."""
    if counted_until is None:
        return date.min
    return min(counted_until, now).date() - timedelta(days=1)


def build_header(
    platform: Platform,
    window: tuple[date, date],
    *,
    now: datetime,
    exceptions: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the report-header."""
    return {
        "report-name": "dataset report",
        "report-id": "DSR",
        "release": "rd1",
        "created": now.date().isoformat(),
        "created-by": platform.id,
        "reporting-period": _period(*window),
        "report-filters": [],
        "report-attributes": [],
        "exceptions": exceptions,
    }


def build_dataset(
    usage: ItemUsage, item: Item, platform: Platform, last: date
) -> dict[str, Any] | None:
    """Return the object of one dataset; None when it had no use at all."""
    performance = list(_performance(usage, last))
    if not performance:
        return None
    body: dict[str, Any] = {
        "dataset-title": item.name,
        "dataset-id": _identifiers(item),
        "platform": platform.id,
        "publisher": item.publisher,
        "publisher-id": _publisher_id(item),
        "data-type": "dataset",
        "yop": item.year,
        "performance": performance,
    }
    optional = {
        "dataset-contributors": [_contributor(a) for a in item.authors],
        "dataset-dates": [{"type": "pub-date", "value": d} for d in [item.publication_date] if d],
        "dataset-attributes": [
            {"type": "dataset-version", "value": v} for v in [item.version] if v
        ],
        "uri": item.url or (f"https://doi.org/{item.doi}" if item.doi else ""),
    }
    return body | {name: value for name, value in optional.items() if value}


def build_exception(remark: Remark) -> dict[str, Any]:
    """Return what a header says of a parameter that was ignored."""
    return _exception(remark.kind.code, remark.kind.message, remark.data)


def to_json(report: DatasetReport) -> Iterator[bytes]:
    """Return the report as chunks of a body."""
    return gathered(_pieces(report))


def _pieces(report: DatasetReport) -> Iterator[bytes]:
    yield b'{"report-header":' + orjson.dumps(report.header) + b',"report-datasets":['
    for number, dataset in enumerate(report.datasets):
        yield (b"," if number else b"") + orjson.dumps(dataset)
    yield b"]}"


def _datasets(
    sources: Sources, platform: Platform, window: tuple[date, date]
) -> Iterator[dict[str, Any]]:
    breakdowns = (BY_ACCESS_METHOD, BY_ACCESS_METHOD_AND_COUNTRY)
    usages = run_usage(
        sources.search, platform.dataset_kinds, window, role=DATASET, breakdowns=breakdowns
    )
    for usage, item, _ in described(usages, sources, platform):
        dataset = build_dataset(usage, item, platform, window[1])
        if dataset is not None:
            yield dataset


def _performance(usage: ItemUsage, last: date) -> Iterator[dict[str, Any]]:
    """Yield one performance a month, the last one up to ``last``."""
    by_method = usage.rows[BY_ACCESS_METHOD]
    for month in sorted({month for months in by_method.values() for month in months}):
        instances = [
            instance
            for method in (REGULAR, MACHINE)
            for instance in _instances(usage, method, month)
        ]
        if instances:
            begin = date.fromisoformat(f"{month}-01")
            yield {"period": _period(begin, min(last_of(begin), last)), "instance": instances}


def _instances(usage: ItemUsage, method: str, month: str) -> Iterator[dict[str, Any]]:
    counts = usage.rows[BY_ACCESS_METHOD].get((method, ""), {}).get(month)
    if counts is None:
        return
    places = {
        country.lower(): months[month]
        for (way, country), months in usage.rows[BY_ACCESS_METHOD_AND_COUNTRY].items()
        if way == method and country in CODES and month in months
    }
    for metric, field in METRICS.items():
        position = USAGE_FIELDS.index(field)
        if counts[position]:
            yield _instance(method, metric, counts[position], _placed(places, position))


def _placed(places: dict[str, Counts], position: int) -> dict[str, int]:
    return {code: row[position] for code, row in sorted(places.items()) if row[position]}


def _instance(method: str, metric: str, count: int, countries: dict[str, int]) -> dict[str, Any]:
    body: dict[str, Any] = {"access-method": method, "metric-type": metric, "count": count}
    return body | ({"country-counts": countries} if countries else {})


def _identifier(item: Item) -> dict[str, str]:
    if item.doi:
        return {"type": "doi", "value": item.doi}
    return {"type": "proprietary", "value": item.resource}


def _identifiers(item: Item) -> list[dict[str, str]]:
    """Return the id, then other ids that were described; DataCite knows no type for those."""
    others = [{"type": "proprietary", "value": value} for value in item.other_ids]
    return [_identifier(item), *others]


def _publisher_id(item: Item) -> list[dict[str, str]]:
    """Return the publisher's id; DataCite wants the key even where there is none."""
    if item.publisher_id is None:
        return []
    kind, value = item.publisher_id
    return [{"type": kind, "value": value}]


def _contributor(author: Author) -> dict[str, str]:
    if author.orcid:
        return {"type": "orcid", "value": author.orcid}
    if author.isni:
        return {"type": "isni", "value": author.isni}
    return {"type": "name", "value": author.name}


def _period(first: date, last: date) -> dict[str, str]:
    return {"begin-date": first.isoformat(), "end-date": last.isoformat()}


def _exceptions(first: date, last: date, asked: date, *, empty: bool) -> list[dict[str, Any]]:
    if last < first:
        return [_exception(3031, "Usage Not Ready for Requested Dates", "nothing is counted yet")]
    found = []
    if last < asked:
        data = "Usage data has not been processed for the entire reporting period"
        found.append(_exception(3040, "partial data returned", data))
    if empty:
        found.append(_exception(3030, "No Usage Available for Requested Dates", ""))
    return found


def _exception(code: int, message: str, data: str) -> dict[str, Any]:
    body = {"code": code, "severity": "warning", "message": message, "help-url": HELP}
    return body | ({"data": data} if data else {})
