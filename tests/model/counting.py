"""From clicks to numbers: double clicks, unique sessions, documents.

In: clicks. Out: `Counted`, the four families of documents, keyed as the tests' pipeline keys
them. Always holds: a document is there when it has something to say (a counted or an excluded
event), so "no document" and "all zero" are the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.model.events import (
    NO_EXCLUSIONS,
    TYPES,
    Click,
    Country,
    Exclusions,
    TypeRule,
    read_clicks,
    text_of,
)

DOUBLE_CLICK_MS = 30_000
LARGEST = 100
OTHER = "(other)"

SITE = "site:all"
ROLES = {"item": ("record", "dataset"), "dataset": ("dataset",)}
"""What may be the item of a use, narrowest kind first."""

Document = dict[str, Any]

VALUE_OF: dict[str, Callable[[Click], str]] = {
    "country": lambda click: click.country,
    "referrer": lambda click: click.referrer,
    "access_method": lambda click: click.access_method,
    "access": lambda click: click.access,
    "via": lambda click: click.via,
    "feature": lambda click: click.feature,
    "user": lambda click: click.user or "",
    "access_method+country": lambda click: f"{click.access_method}|{click.country}",
    "access_method+access": lambda click: f"{click.access_method}|{click.access}",
}
CUT_TO_LARGEST = ("referrer", "user")
USAGE_BREAKDOWNS = ("access_method", "access_method+country", "access_method+access")

OF_ITEMS = ("country", "referrer", "access_method", "access", "via", *USAGE_BREAKDOWNS[1:])
OF_PAGES = ("country", "referrer", "access_method", "access", "via")
OF_UPLOADS = ("user", "access", "via", "country")
BREAKDOWNS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("record-view", "file-download", "dataset-view", "dataset-download"), OF_ITEMS),
    **dict.fromkeys(("collection-view", "community-view"), OF_PAGES),
    **dict.fromkeys(("record-created", "submission-created"), OF_UPLOADS),
    **dict.fromkeys(
        ("record-removed", "record-restored", "record-included", "record-excluded"), ("access",)
    ),
    "feature-use": ("feature", "via", "country"),
    **dict.fromkeys(
        ("loan-request", "loan-checkout", "loan-extend", "loan-return", "loan-overdue"), ("via",)
    ),
}


@dataclass(frozen=True)
class Counted:
    """All documents. Keys: (type, day, resource), (day, resource), ref, (user, ref)."""

    daily: dict[tuple[str, str, str], Document]
    usage: dict[tuple[str, str], Document]
    totals: dict[str, Document]
    users: dict[tuple[str, str], Document]


def count(
    events: Iterable[Mapping[str, Any]],
    *,
    country: Country,
    types: Mapping[str, TypeRule] = TYPES,
    breakdowns: Mapping[str, tuple[str, ...]] = BREAKDOWNS,
    exclusions: Exclusions = NO_EXCLUSIONS,
) -> Counted:
    """Count the events, given in the order in which they were stored."""
    clicks = read_clicks(events, country=country, exclusions=exclusions)
    excluded = [click for click in clicks if click.excluded]
    kept = drop_double_clicks([click for click in clicks if not click.excluded])
    daily = daily_documents(kept, excluded, breakdowns)
    return Counted(
        daily=daily,
        usage=usage_documents(kept, types),
        totals=total_documents(daily, types),
        users=user_documents(kept, excluded, types),
    )


def drop_double_clicks(clicks: list[Click]) -> list[Click]:
    """Keep a click unless its visitor's next one on the same thing is at most 30 s later.

    So a chain keeps its last. In one millisecond the greater id is the later click.
    """
    chains: dict[tuple[Any, ...], list[Click]] = defaultdict(list)
    for click in clicks:
        chains[click.identity, click.url_key].append(click)
    kept = []
    for chain in chains.values():
        chain.sort(key=lambda click: (click.time, click.id))
        for click, following in zip(chain, [*chain[1:], None], strict=True):
            if following is None or following.time - click.time > DOUBLE_CLICK_MS:
                kept.append(click)
    return kept


def daily_documents(
    kept: list[Click], excluded: list[Click], breakdowns: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str, str], Document]:
    counted_in, excluded_in = by_bucket(kept), by_bucket(excluded)
    return {
        bucket: {
            **daily_numbers(counted_in[bucket]),
            "excluded_count": len(excluded_in[bucket]),
            "breakdown": {
                name: broken_down(counted_in[bucket], name)
                for name in breakdowns.get(bucket[0], ())
            },
        }
        for bucket in {*counted_in, *excluded_in}
    }


def by_bucket(clicks: list[Click]) -> dict[tuple[str, str, str], list[Click]]:
    buckets: dict[tuple[str, str, str], list[Click]] = defaultdict(list)
    for click in clicks:
        for resource in click.resources:
            buckets[click.type, click.day, resource].append(click)
    return buckets


def daily_numbers(clicks: list[Click]) -> Document:
    in_order = sorted(clicks, key=lambda click: (click.time, click.id))
    values = [click.value for click in in_order if click.value is not None]
    return {
        "count": len(clicks),
        "unique_count": unique(clicks),
        "volume": volume(clicks),
        "sum": sum(values),
        "max": max(values, default=None),
        "last_value": values[-1] if values else None,
        "last": text_of(in_order[-1].time) if in_order else None,
    }


def unique(clicks: list[Click]) -> int:
    return len({click.session for click in clicks})


def volume(clicks: list[Click]) -> int:
    return sum(click.size for click in clicks)


def broken_down(clicks: list[Click], name: str) -> dict[str, list[int]]:
    """Divide by one breakdown: value -> [count, unique count, volume]."""
    groups: dict[str, list[Click]] = defaultdict(list)
    for click in clicks:
        groups[VALUE_OF[name](click)].append(click)
    if name in CUT_TO_LARGEST and len(groups) > LARGEST:
        for value in sorted(groups, key=lambda value: (-len(groups[value]), value))[LARGEST:]:
            groups[OTHER] = groups[OTHER] + groups.pop(value)
    return {value: [len(group), unique(group), volume(group)] for value, group in groups.items()}


def usage_documents(
    kept: list[Click], types: Mapping[str, TypeRule]
) -> dict[tuple[str, str], Document]:
    """COUNTER: the types that are investigations or requests, united per day and resource."""
    buckets: dict[tuple[str, str], list[Click]] = defaultdict(list)
    for click in kept:
        if types.get(click.type, TypeRule()).investigation:
            for resource in click.resources:
                buckets[click.day, resource].append(click)
    return {
        (day, resource): usage_document(resource, clicks, types)
        for (day, resource), clicks in buckets.items()
    }


def usage_document(resource: str, clicks: list[Click], types: Mapping[str, TypeRule]) -> Document:
    names = ("total_investigations", "unique_investigations", "total_requests", "unique_requests")
    breakdown = usage_breakdowns(clicks, types)
    for role, kinds in ROLES.items():
        own = [click for click in clicks if item_of(click, role) == resource]
        may_be_item = resource.partition(":")[0] in kinds and len(own) < len(clicks)
        if may_be_item or (resource == SITE and own):
            divided = usage_breakdowns(own, types)
            breakdown |= {f"{role}.{name}": divided[name] for name in USAGE_BREAKDOWNS}
    return {**dict(zip(names, usage_numbers(clicks, types), strict=True)), "breakdown": breakdown}


def usage_breakdowns(
    clicks: list[Click], types: Mapping[str, TypeRule]
) -> dict[str, dict[str, list[int]]]:
    divided: dict[str, dict[str, list[int]]] = {}
    for name in USAGE_BREAKDOWNS:
        groups: dict[str, list[Click]] = defaultdict(list)
        for click in clicks:
            groups[VALUE_OF[name](click)].append(click)
        divided[name] = {value: usage_numbers(group, types) for value, group in groups.items()}
    return divided


def item_of(click: Click, role: str) -> str | None:
    """One use is one item: what was used itself, else the narrowest thing around it."""
    kinds = ROLES[role]
    around = [click.resource, *click.parents]
    items = [ref for kind in kinds for ref in around if ref.partition(":")[0] == kind]
    if click.resource in items:
        return click.resource
    return items[0] if items else SITE if role == "item" else None


def usage_numbers(clicks: list[Click], types: Mapping[str, TypeRule]) -> list[int]:
    requests = [click for click in clicks if types[click.type].request]
    return [len(clicks), unique(clicks), len(requests), unique(requests)]


def total_documents(
    daily: Mapping[tuple[str, str, str], Document], types: Mapping[str, TypeRule]
) -> dict[str, Document]:
    """Add up the days. Sessions are per day, so the sums are exact."""
    totals: dict[str, Document] = {}
    for (type_, _, resource), document in daily.items():
        total = totals.setdefault(resource, empty_total())
        total["events"][type_] = total["events"].get(type_, 0) + document["count"]
        add_role(total, types.get(type_, TypeRule()).counts_as, document)
    return totals


def empty_total() -> Document:
    numbers = ("views", "unique_views", "downloads", "unique_downloads", "volume")
    return {**dict.fromkeys(numbers, 0), "last_viewed": None, "last_downloaded": None, "events": {}}


def add_role(total: Document, role: str | None, document: Document) -> None:
    if role is None:
        return
    total[role] += document["count"]
    total[f"unique_{role}"] += document["unique_count"]
    last = "last_viewed" if role == "views" else "last_downloaded"
    total[last] = latest(total[last], document["last"])
    if role == "downloads":
        total["volume"] += document["volume"]


def latest(one: str | None, other: str | None) -> str | None:
    return max((time for time in (one, other) if time is not None), default=None)


def user_documents(
    kept: list[Click], excluded: list[Click], types: Mapping[str, TypeRule]
) -> dict[tuple[str, str], Document]:
    """Per person: the resource and its parents.

    Extractor traffic under a person's key is kept apart in `via` and counts for nobody.
    """
    rows: dict[tuple[str, str], Document] = {}
    for click in [*kept, *(click for click in excluded if click.via == "extractor")]:
        role = types.get(click.type, TypeRule()).counts_as
        if role is None or not click.user:
            continue
        for ref in {click.resource, *click.parents}:
            row = rows.setdefault((click.user, ref), empty_row())
            row["via"].setdefault(click.via, {"views": 0, "downloads": 0})[role] += 1
            if not click.excluded:
                row[role] += 1
                last = "last_viewed" if role == "views" else "last_downloaded"
                row[last] = latest(row[last], text_of(click.time))
    return rows


def empty_row() -> Document:
    return {"views": 0, "downloads": 0, "last_viewed": None, "last_downloaded": None, "via": {}}
