"""Which daily documents are computed from which events.

Pure definitions. An aggregation holds its event type by object; the name of
its index family follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from stats.events.types import Breakdown, EventType

USAGE_FAMILY = "usage"
USERS_FAMILY = "users"
MEMBERSHIP_FAMILY = "membership"
"""The parts of days on which a resource came into a container, or left it."""

OWN_FAMILIES = (USAGE_FAMILY, USERS_FAMILY, MEMBERSHIP_FAMILY)
"""Families that are not those of an event type."""

LEGACY = "legacy"
"""The ``source`` of daily documents whose numbers were taken over from another system."""

USAGE_FIELDS = (
    "total_investigations",
    "unique_investigations",
    "total_requests",
    "unique_requests",
    "volume",
)
"""The numbers of a document of usage; ``volume`` is the bytes of the requests."""

ITEM = "item"
DATASET = "dataset"
"""The roles in which a resource is what a use is attributed to: of COUNTER, of Make Data Count."""


def attributed(role: str, breakdown: str) -> str:
    """Return the name under which a document of usage divides what is attributed to it alone.

    A document without it is the item of all its uses; that of the site, of none.
    """
    return f"{role}.{breakdown}"


@dataclass(frozen=True)
class Aggregation:
    """The daily documents of one event type: one a (day, resource).

    ``breakdowns`` are those of the event type unless a host says otherwise.
    """

    event_type: EventType
    breakdowns: tuple[Breakdown, ...]

    @property
    def family(self) -> str:
        """Return the middle of the index name: ``stats-<family>-YYYY-MM``."""
        return self.event_type.name


def daily(event_type: EventType) -> Aggregation:
    """Return the aggregation that an event type has by default."""
    return Aggregation(event_type, event_type.breakdowns)
