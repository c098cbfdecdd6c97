"""What each part of a back-up holds."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = 1
"""The version of the form of back-ups and of stored documents."""


@dataclass(frozen=True)
class Part:
    """One part: raw events, families of daily documents, or collections of MongoDB."""

    name: str
    collections: tuple[str, ...] = ()


MADE_ANEW = ("statistic_months", "workers")
"""Collections that no part holds: sums of the daily documents, and what workers have in hand."""

EVENTS, DAILY = Part("events"), Part("daily")
PARTS = {
    part.name: part
    for part in (
        EVENTS,
        DAILY,
        Part("totals", ("statistic_totals", "statistic_users")),
        Part("resources", ("resources",)),
        Part(
            "state",
            (
                "annotations",
                "bookmarks",
                "counted_days",
                "dead_letters",
                "erasures",
                "imports",
                "kept",
                "merges",
                "salts",
                "tokens",
                "counters",
            ),
        ),
    )
}
