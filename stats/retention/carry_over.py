"""The second visitor id of events of a day's first 30 seconds, taken away where nothing needs it.

It is the visitor's id of the day before, so it links two days of one person
(``docs/counting-rules.md``, Double clicks). It is needed where a click of the last 30 seconds of
that day has the same visitor and URL, which it pushes out; any other is replaced by a random
one. Invariant: no count changes by it, now or when a day is counted again, re-flagged or withdrawn:
clicks that do not count now are looked at too, and once the salt of the day before is gone no
new event can have the id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from secrets import token_bytes
from typing import Any

from stats.counting_rules import CARRY_OVER_PARTITION, CARRY_OVER_VISITOR, DOUBLE_CLICK
from stats.events.visitors import text_of
from stats.retention.job import RetentionJob
from stats.retention.rewrite import Source
from stats.stores.dsl import Q, Search
from stats.times import DAY, iso_ms, midnight

Pairs = frozenset[tuple[str, str]]
"""Visitors with the keys of the URLs that they clicked on."""

_ID_BYTES = 16


def run_read_last_clicks(job: RetentionJob, day: date) -> Pairs | None:
    """Return who clicked on what in the last 30 seconds of a day; None while its salt lives."""
    if job.salts.has(day, now=job.clock()):
        return None
    search = job.aggregation.search
    pages = search.pages(job.aggregation.raw_names, build_last_clicks(day))
    sources = (hit["_source"] for page in pages for hit in page)
    return frozenset((source["visitor_id"], source["url_key"]) for source in sources)


def build_last_clicks(day: date) -> dict[str, Any]:
    """Ask for the clicks of the last 30 seconds of a day, those that are not counted too."""
    end = midnight(day + DAY)
    within = Q("range", timestamp={"gte": iso_ms(end - DOUBLE_CLICK), "lt": iso_ms(end)})
    body: dict[str, Any] = Search().filter(within).source(["visitor_id", "url_key"]).to_dict()
    return {key: body[key] for key in ("query", "_source")}


def cut_carry_over(
    change: Callable[[Source], Source], clicked: Pairs | None
) -> Callable[[Source], Source]:
    """Return ``change`` that takes away the second visitor id too, unless it is ``clicked``."""

    def changed(source: Source) -> Source:
        found = change(source)
        visitor = found.get(CARRY_OVER_VISITOR)
        if clicked is None or visitor is None or (visitor, found["url_key"]) in clicked:
            return found
        return found | {
            CARRY_OVER_VISITOR: text_of(token_bytes(_ID_BYTES)),
            CARRY_OVER_PARTITION: found["partition"],
        }

    return changed
