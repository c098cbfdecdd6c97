"""How long things are kept: ``STATS_RETENTION`` and ``STATS_PRIVATE_DAYS``, read.

Comes in: settings. Goes out: for a day, the days before which raw events go,
daily documents become months, and private fields are scrubbed. Pure. Invariant:
retention is to whole UTC days, by event time; nothing becomes a
month whose raw events are kept, since it could not be counted again.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stats.errors import ConfigError

SETTING = "STATS_RETENTION"
EVENTS, DAILY = "events", "daily"
_TERM = re.compile(r"(?P<number>[1-9][0-9]{0,3}) (?P<unit>day|month|year)s?")


@dataclass(frozen=True)
class Term:
    """A length of time in whole months, or in days."""

    months: int = 0
    days: int = 0

    def before(self, today: date) -> date:
        """Return the day that was so long ago; of a shorter month its last day."""
        month = today.year * 12 + today.month - 1 - self.months
        year, index = divmod(month, 12)
        if year < 1:
            return date.min
        day = min(today.day, monthrange(year, index + 1)[1])
        return date(year, index + 1, day) - timedelta(days=self.days)


@dataclass(frozen=True)
class Terms:
    """How long raw events, daily documents and private fields are kept; None is for ever."""

    events: Term | None
    daily: Term | None
    private: Term

    def events_before(self, today: date) -> date | None:
        """Return the day before which raw events go."""
        return self.events.before(today) if self.events else None

    def days_before(self, today: date) -> date | None:
        """Return the first day of a month before which days become months."""
        return self.daily.before(today).replace(day=1) if self.daily else None

    def private_before(self, today: date) -> date:
        """Return the day before which private fields are scrubbed."""
        return self.private.before(today)


def parse_terms(retention: Mapping[str, Any], private_days: int) -> Terms:
    """Read ``{"events": "24 months", "daily": "60 months"}``; None, or no key, is for ever.

    Raises ``ConfigError`` that names the entry at fault.
    """
    for name in retention:
        if name not in (EVENTS, DAILY):
            raise ConfigError(f"{SETTING}: there is no {name!r}, but {EVENTS} and {DAILY}")
    events = _parse(retention.get(EVENTS), EVENTS)
    daily = _parse(retention.get(DAILY), DAILY)
    if daily is not None and daily.days:
        raise ConfigError(f"{SETTING}: {DAILY} must be in months or years")
    if daily is not None and (events is None or _length(daily) < _length(events)):
        raise ConfigError(
            f"{SETTING}: {DAILY} must not be shorter than {EVENTS}:"
            " a month whose raw events are kept could not be counted again"
        )
    return Terms(events, daily, Term(days=private_days))


def _parse(value: Any, name: str) -> Term | None:
    if value is None:
        return None
    match = _TERM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigError(f"{SETTING}: write {name} as '24 months', '2 years' or '90 days'")
    number, unit = int(match["number"]), match["unit"]
    if unit == "day":
        return Term(days=number)
    return Term(months=number * (12 if unit == "year" else 1))


def _length(term: Term) -> int:
    """Return about how many days a term has."""
    return term.months * 31 + term.days
