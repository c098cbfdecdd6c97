"""Daily documents that vanished: an index deleted by hand, a restore of an old snapshot.

Comes in: what each counted day wrote of ``site:all``, which every event counts for.
Goes out: the days whose document is not there any more, marked to be counted whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from stats.aggregations.job import AggregationJob
from stats.aggregations.types import USAGE_FAMILY
from stats.events.types import SITE
from stats.stores.dsl import A, Search
from stats.stores.search_source import Body
from stats.times import EPOCH, from_ms

_MOST_DAYS = 10_000


def run_mark_vanished(job: AggregationJob) -> list[date]:
    """Mark the days whose documents vanished, and return them."""
    written = job.counted_days.families()
    closed = job.bookmarks.dropped_until()
    waiting = {*job.day_claims.marked_days(), *job.counted_days.refused_days()}
    expected = {
        day: families
        for day, families in written.items()
        if day not in waiting and (closed is None or day >= closed)
    }
    families = {family for families in expected.values() for family in families}
    days = find_vanished(expected, run_find_present(job, families))
    job.day_claims.mark_days(days, since=EPOCH)
    return days


def find_vanished(
    expected: Mapping[date, Iterable[str]], present: Mapping[str, set[date]]
) -> list[date]:
    """Return the days that have no document in one of the families that they were written to."""
    return sorted(
        day
        for day, families in expected.items()
        if any(day not in present[family] for family in families if family in present)
    )


def all_families(job: AggregationJob) -> set[str]:
    """Return the families that have a document of the site a day."""
    return {*(a.family for a in job.aggregations), USAGE_FAMILY}


def run_find_present(job: AggregationJob, families: Iterable[str]) -> dict[str, set[date]]:
    """Return the days of which each of some families has a document of the site."""
    some = sorted(all_families(job).intersection(families))
    names = {family: job.search.daily(family) for family in some}
    if not names:
        return {}
    job.search.refresh(",".join(names.values()))
    return {
        family: read_days(job.search.search(name, build_days())) for family, name in names.items()
    }


def build_days() -> Body:
    """Ask for the days that have a document of the site."""
    search = Search().filter("term", resource=SITE).filter("term", interval="day").extra(size=0)
    days = A("terms", field="timestamp", size=_MOST_DAYS)
    search.aggs.bucket("days", days)
    return search.to_dict()


def read_days(answer: Body) -> set[date]:
    """Return the days; an index that is not there has none."""
    buckets = answer.get("aggregations", {}).get("days", {"buckets": []})["buckets"]
    return {from_ms(bucket["key"]).date() for bucket in buckets}
