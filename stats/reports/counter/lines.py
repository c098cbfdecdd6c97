"""The lines of PR and IR: usage of an item, divided by the attributes asked for.

Pure. Comes in: monthly usage of items with what they are. Goes out: lines that
JSON and TSV are written of. Invariants: only regular use counts; zeros are
left out; an attribute that was not asked for does not divide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stats.aggregations.types import USAGE_FIELDS
from stats.events.types import (
    BY_ACCESS_METHOD,
    BY_ACCESS_METHOD_AND_ACCESS,
    BY_ACCESS_METHOD_AND_COUNTRY,
    REGULAR,
    UNKNOWN_COUNTRY,
    Breakdown,
)
from stats.reports.counter.definitions import ACCESS_TYPES, METRIC_FIELDS
from stats.reports.counter.request import CounterRequest
from stats.reports.items import Item, Platform
from stats.reports.usage import ItemUsage

_COUNTRY = re.compile("[A-Z]{2}")

Performance = dict[str, dict[str, int]]
"""Metric -> month ``YYYY-MM`` -> count; nothing in it is zero or empty."""

Attributes = tuple[tuple[str, str], ...]
"""Pairs of attribute and value, in the order of the standard."""


@dataclass(frozen=True)
class Line:
    """One combination of attributes of one item."""

    attributes: Attributes
    performance: Performance


@dataclass(frozen=True)
class ItemLines:
    """An item with its lines (at least one), and what it is part of, if that is told."""

    item: Item
    lines: list[Line]
    parent: Item | None = None


def breakdown_for(request: CounterRequest) -> Breakdown:
    """Return the breakdown of the usage documents that answers ``request``."""
    if request.country or "Country_Code" in request.show:
        return BY_ACCESS_METHOD_AND_COUNTRY
    if request.access_types or "Access_Type" in request.show:
        return BY_ACCESS_METHOD_AND_ACCESS
    return BY_ACCESS_METHOD


def item_lines(
    usage: ItemUsage,
    item: Item,
    request: CounterRequest,
    platform: Platform,
    *,
    parent: Item | None = None,
) -> ItemLines | None:
    """Return the lines of one item; None when it has none or the filters leave it out."""
    if not _wanted(item, request, platform):
        return None
    found: dict[Attributes, Performance] = {}
    for (method, value), months in usage.rows[breakdown_for(request)].items():
        if method == REGULAR and _passes(value, request):
            performance = found.setdefault(_attributes(value, item, request), {})
            _add(performance, months, request)
    lines = [Line(key, performance) for key, performance in sorted(found.items()) if performance]
    return ItemLines(item, lines, parent) if lines else None


def platform_lines(items: Iterable[ItemLines]) -> list[Line]:
    """Sum the lines of all items: a platform's uniques are the sums of its items'."""
    found: dict[Attributes, Performance] = {}
    for one in items:
        for line in one.lines:
            total = found.setdefault(line.attributes, {})
            for metric, months in line.performance.items():
                _sum(total.setdefault(metric, {}), months)
    return [Line(key, performance) for key, performance in sorted(found.items())]


def item_ids(item: Item, platform: Platform) -> dict[str, str]:
    """Return the ids of an item by namespace, as COUNTER 5.1 names them (section 3.3.2)."""
    ids = {
        "DOI": item.doi,
        "Proprietary": f"{platform.id}:{item.resource}",
        "ISBN": item.identifiers.get("isbn", ""),
        "Print_ISSN": item.identifiers.get("print_issn", ""),
        "Online_ISSN": item.identifiers.get("online_issn", ""),
        "URI": item.url,
    }
    return {namespace: value for namespace, value in ids.items() if value}


def _wanted(item: Item, request: CounterRequest, platform: Platform) -> bool:
    """Return whether the filters that concern the item as a whole let it pass."""
    year = int(item.year)
    return (
        (request.data_types is None or item.data_type in request.data_types)
        and (request.access_methods is None or "Regular" in request.access_methods)
        and (request.years is None or any(a <= year <= z for a, z in request.years))
        and (request.item_ids is None or _named(item, request.item_ids, platform))
        and (request.author is None or _written_by(item, request.author))
    )


def _named(item: Item, wanted: Iterable[str], platform: Platform) -> bool:
    ids = item_ids(item, platform)
    names = {value.lower() for value in ids.values()} | {item.resource.lower()}
    names |= {f"{namespace}:{value}".lower() for namespace, value in ids.items()}
    return any(value.lower() in names for value in wanted)


def _written_by(item: Item, author: str) -> bool:
    names = {name for a in item.authors for name in (a.name, a.orcid, f"ORCID:{a.orcid}")}
    return author.lower() in {name.lower() for name in names if name}


def _passes(value: str, request: CounterRequest) -> bool:
    if request.country:
        return value == request.country
    return request.access_types is None or _access_type(value) in request.access_types


def _access_type(value: str) -> str:
    return ACCESS_TYPES.get(value, "Controlled")


def _attributes(value: str, item: Item, request: CounterRequest) -> Attributes:
    """Return the attributes of a row.

    Usage without a country has ``ZZ``, a code that ISO 3166 leaves to users: an
    attribute that is shown must have a value of the form of a country code.
    """
    values = {
        "Country_Code": value if _COUNTRY.fullmatch(value) else UNKNOWN_COUNTRY,
        "Data_Type": item.data_type,
        "YOP": item.year,
        "Access_Type": _access_type(value),
        "Access_Method": "Regular",
    }
    shown = {*request.show, *(["Data_Type"] if request.report.by_data_type else [])}
    return tuple((name, text) for name, text in values.items() if name in shown)


def _add(performance: Performance, months: dict[str, list[int]], request: CounterRequest) -> None:
    for metric, field in METRIC_FIELDS.items():
        if request.metrics is not None and metric not in request.metrics:
            continue
        position = USAGE_FIELDS.index(field)
        counts = {month: row[position] for month, row in months.items() if row[position]}
        if counts:
            _sum(performance.setdefault(metric, {}), counts)


def _sum(total: dict[str, int], more: dict[str, int]) -> None:
    for month, count in more.items():
        total[month] = total.get(month, 0) + count
