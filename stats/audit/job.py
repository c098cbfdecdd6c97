"""What an audit works on, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from stats.aggregations.job import AggregationJob
from stats.aggregations.types import MEMBERSHIP_FAMILY, USAGE_FAMILY, USERS_FAMILY
from stats.audit.differences import Found


@dataclass(frozen=True)
class AuditJob:
    """What an audit reads. It writes nothing.

    ``found`` takes each difference, ``report`` a line of progress. ``wait``
    sleeps for some seconds, to look again at what was being written.
    """

    aggregation: AggregationJob
    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    found: Found
    report: Callable[[str], None] = field(default=lambda line: None)

    @property
    def families(self) -> list[str]:
        """Return the families of daily documents that are compared."""
        own = [a.family for a in self.aggregation.aggregations]
        return [*own, USAGE_FAMILY, MEMBERSHIP_FAMILY] + [USERS_FAMILY] * self.aggregation.per_user


@dataclass(frozen=True)
class Audited:
    """What was compared; ``waiting`` days have events that are not counted yet."""

    days: int = 0
    documents: int = 0
    totals: int = 0
    people: int = 0
    differences: int = 0
    waiting: tuple[date, ...] = ()
