"""The event types that are there without configuration.

A new one is one definition here, or in a host's ``STATS_EVENTS``. Any type may concern any
kind of resource; ``levels`` says which kinds are usual. ``docs/event-types.md`` has a row for
each.
"""

from __future__ import annotations

from stats.events.types import (
    BY_ACCESS,
    BY_ACCESS_METHOD,
    BY_COUNTRY,
    BY_FEATURE,
    BY_REFERRER,
    BY_USER,
    BY_VIA,
    VISITOR_BREAKDOWNS,
    DailyMetric,
    Event,
    EventType,
    default_url_key,
)
from stats.kinds.catalogue import (
    COLLECTION,
    COMMUNITY,
    CONCEPT,
    DATASET,
    DOCUMENT,
    FILE,
    INSTANCE,
    ITEM,
    LOCATION,
    RECORD,
    SIP,
    SITE,
    SPACE,
    USER,
)
from stats.kinds.types import Kind

VALUED: tuple[DailyMetric, ...] = (
    "count",
    "unique_count",
    "volume",
    "sum",
    "max",
    "last_value",
    "average",
)
"""The metrics of a type whose events carry a ``value``: a delay or a gauge."""


def _names(*kinds: Kind) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds)


_CONTAINERS = (COLLECTION, COMMUNITY, SPACE, USER, SITE)
_RECORDS = _names(RECORD, CONCEPT, *_CONTAINERS)
_INCLUDED = _names(RECORD, COMMUNITY, SITE)
_DATASETS = _names(DATASET, CONCEPT, *_CONTAINERS)
_PAGES = (BY_COUNTRY, BY_REFERRER, BY_ACCESS_METHOD, BY_ACCESS, BY_VIA)
_UPLOADS = (BY_USER, BY_ACCESS, BY_VIA, BY_COUNTRY)
_LOANS = _names(ITEM, DOCUMENT, LOCATION, SITE)
_SIPS = _names(SIP, RECORD, COLLECTION, COMMUNITY, INSTANCE, SITE)


def feature_url_key(event: Event) -> str:
    """Return what makes two uses of a feature the same: a comment and an alert are two."""
    return f"{default_url_key(event)}|{event.feature or ''}"


RECORD_VIEW = EventType(
    "record-view",
    "Views of a record's page",
    counts_as="views",
    usage="investigation",
    breakdowns=VISITOR_BREAKDOWNS,
    levels=_RECORDS,
)

FILE_DOWNLOAD = EventType(
    "file-download",
    "Downloads of a file",
    counts_as="downloads",
    usage="request",
    breakdowns=VISITOR_BREAKDOWNS,
    levels=_names(FILE, RECORD, DATASET, CONCEPT, *_CONTAINERS),
)

DATASET_VIEW = EventType(
    "dataset-view",
    "Views of a dataset's page",
    counts_as="views",
    usage="investigation",
    breakdowns=VISITOR_BREAKDOWNS,
    levels=_DATASETS,
)

DATASET_DOWNLOAD = EventType(
    "dataset-download",
    "Downloads of a whole dataset",
    counts_as="downloads",
    usage="request",
    breakdowns=VISITOR_BREAKDOWNS,
    levels=_DATASETS,
)

# To browse a collection or community investigates none of its items: no COUNTER usage.

COLLECTION_VIEW = EventType(
    "collection-view",
    "Views of a collection's page",
    counts_as="views",
    breakdowns=_PAGES,
    levels=_names(*_CONTAINERS),
)

COMMUNITY_VIEW = EventType(
    "community-view",
    "Views of a community's page",
    counts_as="views",
    breakdowns=_PAGES,
    levels=_names(COMMUNITY, USER, SITE),
)

RECORD_CREATED = EventType(
    "record-created",
    "New records; the value is how many files they have",
    breakdowns=_UPLOADS,
    metrics=VALUED,
    levels=_RECORDS,
)

# What is in a repository, or a community of it: each record comes and goes with its bytes (the
# volume) and its files (the value), so what is there at any date is a sum.

RECORD_REMOVED = EventType(
    "record-removed",
    "Records that were removed; the value is how many files they had",
    breakdowns=(BY_ACCESS,),
    metrics=VALUED,
    levels=_RECORDS,
)

RECORD_RESTORED = EventType(
    "record-restored",
    "Removed records that are there again; the value is how many files they have",
    breakdowns=(BY_ACCESS,),
    metrics=VALUED,
    levels=_RECORDS,
)

RECORD_INCLUDED = EventType(
    "record-included",
    "Records that came into a community; the value is how many files they have",
    breakdowns=(BY_ACCESS,),
    metrics=VALUED,
    levels=_INCLUDED,
)

RECORD_EXCLUDED = EventType(
    "record-excluded",
    "Records that left a community; the value is how many files they have",
    breakdowns=(BY_ACCESS,),
    metrics=VALUED,
    levels=_INCLUDED,
)

CONTENT_TYPES = (
    RECORD_CREATED,
    RECORD_REMOVED,
    RECORD_RESTORED,
    RECORD_INCLUDED,
    RECORD_EXCLUDED,
)
"""What changes how much there is."""

SUBMISSION_CREATED = EventType(
    "submission-created",
    "New submissions to a collection or community",
    breakdowns=_UPLOADS,
    levels=_RECORDS,
)

FEATURE_USE = EventType(
    "feature-use",
    "Uses of a feature: comment, alert, recommendation, ...",
    breakdowns=(BY_FEATURE, BY_VIA, BY_COUNTRY),
    url_key=feature_url_key,
    levels=_RECORDS,
)

LOAN_REQUEST = EventType("loan-request", "Requests for a loan", breakdowns=(BY_VIA,), levels=_LOANS)
LOAN_CHECKOUT = EventType("loan-checkout", "Loans", breakdowns=(BY_VIA,), levels=_LOANS)
LOAN_EXTEND = EventType("loan-extend", "Renewals of a loan", breakdowns=(BY_VIA,), levels=_LOANS)
LOAN_RETURN = EventType(
    "loan-return",
    "Returns of a loan; the value is its length in seconds",
    breakdowns=(BY_VIA,),
    metrics=VALUED,
    levels=_LOANS,
)
LOAN_OVERDUE = EventType(
    "loan-overdue", "Loans that became overdue", breakdowns=(BY_VIA,), levels=_LOANS
)

# Of a SIP, ``size`` is its bytes (the volume), ``value`` the seconds since it was created.

SIP_CREATED = EventType("sip-created", "Submission information packages made", levels=_SIPS)
SIP_ARCHIVED = EventType(
    "sip-archived",
    "Packages that reached the archive; the value is the delay in seconds",
    metrics=VALUED,
    levels=_SIPS,
)
SIP_FAILED = EventType(
    "sip-failed",
    "Packages that the archive refused; the value is the delay in seconds",
    metrics=VALUED,
    levels=_SIPS,
)

STORE_SIZE = EventType(
    "store-size",
    "Size of a store; the value is bytes at that time",
    metrics=VALUED,
    levels=_names(INSTANCE, COLLECTION, COMMUNITY),
)

EVENT_TYPES: tuple[EventType, ...] = (
    RECORD_VIEW,
    FILE_DOWNLOAD,
    DATASET_VIEW,
    DATASET_DOWNLOAD,
    COLLECTION_VIEW,
    COMMUNITY_VIEW,
    *CONTENT_TYPES,
    SUBMISSION_CREATED,
    FEATURE_USE,
    LOAN_REQUEST,
    LOAN_CHECKOUT,
    LOAN_EXTEND,
    LOAN_RETURN,
    LOAN_OVERDUE,
    SIP_CREATED,
    SIP_ARCHIVED,
    SIP_FAILED,
    STORE_SIZE,
)
