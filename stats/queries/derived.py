"""The shares, averages and levels that are there without configuration.

Each is made when its event types are there. A host's own are made by the same
functions and listed in ``STATS_QUERIES``.
"""

from __future__ import annotations

from collections.abc import Iterable

from stats.aggregations.types import Aggregation
from stats.events.catalogue import CONTENT_TYPES
from stats.events.types import ACCESSES, BY_ACCESS, BY_COUNTRY
from stats.queries.average import average
from stats.queries.content import content_by, content_histogram
from stats.queries.gauge import level
from stats.queries.geo_tiles import tiles
from stats.queries.shares import Part, share, share_histogram, share_of_resource, shares
from stats.queries.types import Query
from stats.queries.user_activity import user_statistics

SIPS = ("sip-created", "sip-archived", "sip-failed")
GAUGE = "store-size"
CREATED = "record-created"


def derived_queries(aggregations: Iterable[Aggregation]) -> list[Query]:
    """Return the queries that combine or divide what the types count."""
    by_name = {a.event_type.name: a for a in aggregations}
    queries = [user_statistics(), *_access(by_name)]
    queries += [tiles(a) for a in by_name.values() if BY_COUNTRY in a.breakdowns]
    if GAUGE in by_name:
        queries.append(level(by_name[GAUGE]))
    if by_name.keys() >= {one.name for one in CONTENT_TYPES}:
        content = [by_name[one.name] for one in CONTENT_TYPES]
        queries += [content_histogram(content), content_by(content)]
    if by_name.keys() >= set(SIPS):
        queries += _sips(*(by_name[name] for name in SIPS))
    return queries


def _access(by_name: dict[str, Aggregation]) -> list[Query]:
    """Return the share of open and closed access, of new records unless said otherwise."""
    divided = [a for a in by_name.values() if BY_ACCESS in a.breakdowns]
    divided.sort(key=lambda a: a.event_type.name != CREATED)
    if not divided:
        return []
    title = "Shares of open, closed and restricted access"
    query = shares(
        "access-share", title, aggregations=divided, breakdown=BY_ACCESS, values=ACCESSES
    )
    return [query]


def _sips(created: Aggregation, archived: Aggregation, failed: Aggregation) -> list[Query]:
    whole = Part((created,))
    sent, refused = Part((archived,)), Part((failed,))
    return [
        share_of_resource(created),
        share("sip-archived-share", "Share of packages that were archived", part=sent, whole=whole),
        share("sip-failed-share", "Share of packages that failed", part=refused, whole=whole),
        share_histogram(
            "sip-archived-share-histogram",
            "Share of packages that were archived, over time",
            part=sent,
            whole=whole,
        ),
        share_histogram(
            "sip-failed-share-histogram",
            "Share of packages that failed, over time",
            part=refused,
            whole=whole,
        ),
        average(
            "sip-delay", "Seconds until a package was archived or failed", of=(archived, failed)
        ),
    ]
