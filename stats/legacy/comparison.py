"""What a take-over would bring, beside what invenio-stats shows: by type and month.

Nothing is written. Events are counted by the very filter that counts them later; a visitor of
invenio-stats is another one each day, so no click pushes out one of the day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date

from stats.aggregations.day_clicks import DayClicks
from stats.aggregations.dimension_keys import Profiles
from stats.aggregations.seen_events import SeenEvents
from stats.legacy import search_requests
from stats.legacy.mapping import build_legacy_raw
from stats.legacy.run import LegacyJob, Part, is_since, run_find_cutovers, run_find_days
from stats.times import DAY, EPOCH, iso_ms, midnight, month_of


@dataclass
class Month:
    """The numbers of a type and month, of the whole repository.

    ``theirs``: the sum of its daily numbers. ``here``: what would be counted, which is
    ``events`` without ``robots``, ``double_clicks`` and ``unreadable`` ones, and ``taken``, daily
    numbers of days without events. ``left_out``: daily numbers since the cut-over.
    """

    theirs: int = 0
    here: int = 0
    events: int = 0
    robots: int = 0
    double_clicks: int = 0
    unreadable: int = 0
    taken: int = 0
    left_out: int = 0

    @classmethod
    def names(cls) -> list[str]:
        """Return what is told of a month, in order."""
        return [one.name for one in fields(cls)]

    def numbers(self) -> list[int]:
        """Return the numbers, in the order of their names."""
        return list(asdict(self).values())


def run_compare(job: LegacyJob) -> dict[tuple[str, str], Month]:
    """Return the numbers by type and month (``2024-05``), in order."""
    months: dict[tuple[str, str], Month] = {}
    cutovers = run_find_cutovers(job)
    for aggregation in job.aggregation.aggregations:
        name = aggregation.event_type.name
        job.report(f"{name}: reading")
        cutover = cutovers.get(name)
        events = Part(job.members(job.raw(name)), job.window, cutover)
        counted = set()
        for day in run_find_days(job, events.indices, events.days()):
            counted.add(day)
            _add_events(months.setdefault((name, month_of(day)), Month()), job, name, events, day)
        for day, count in _daily_sums(job, name):
            month = months.setdefault((name, month_of(day)), Month())
            month.theirs += count
            if is_since(cutover, day) and day not in counted:
                month.left_out += count
            elif day not in counted:
                month.taken += count
                month.here += count
    return dict(sorted(months.items()))


def _add_events(month: Month, job: LegacyJob, name: str, events: Part, day: date) -> None:
    """Add a day's events to its month, counted as they would be."""
    kinds, stamp = job.aggregation.kinds, iso_ms(EPOCH)
    end = iso_ms(midnight(day + DAY))
    clicks = DayClicks(Profiles(()), day_end=end, since=end, seen=SeenEvents(""))
    query, readable = search_requests.build_within((day, day), events.before), 0
    for hits in job.aggregation.search.pages(events.indices, {"query": query}):
        found = [build_legacy_raw(name, hit, indexed_at=stamp, kinds=kinds) for hit in hits]
        clicks.add({"_source": one.source} for one in found if one)
        month.events += len(hits)
        unreadable = sum(one is None for one in found)
        month.unreadable += unreadable
        readable += len(hits) - unreadable
    counted, robots = sum(1 for _ in clicks.counted()), len(clicks.excluded)
    month.here += counted
    month.robots += robots
    month.double_clicks += readable - counted - robots


def _daily_sums(job: LegacyJob, name: str) -> Iterator[tuple[date, int]]:
    indices = job.members(job.daily(name))
    if indices:
        answer = job.aggregation.search.search(
            indices, search_requests.build_daily_sums(job.window)
        )
        yield from search_requests.read_daily_sums(answer).items()
