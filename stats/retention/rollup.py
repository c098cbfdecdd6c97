"""Daily documents that are older than is kept become one document a month.

A month's documents are written to an index that no query sees; then it takes
the place of the index of days in one step of Elasticsearch (an alias is added
and an index removed in one request). A query sees the days or the month, never
both and never neither; a run that is killed in between leaves an unseen index,
which the next one deletes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from stats.aggregations.types import OWN_FAMILIES, USERS_FAMILY
from stats.batches import batches
from stats.errors import StoreRejected, StoreUnavailable
from stats.retention.job import RetentionJob
from stats.retention.month import roll_up
from stats.retention.search_requests import build_months, read_months
from stats.stores.search import Action, SearchStore
from stats.times import month_of

_PAGE = 1_000


def families(job: RetentionJob) -> list[str]:
    """Return all families of daily documents."""
    return [*(a.family for a in job.aggregation.aggregations), *OWN_FAMILIES]


def run_find_months(job: RetentionJob, before: date) -> list[tuple[str, date]]:
    """Return the families and months before ``before`` that have documents of days."""
    search = job.aggregation.search
    found = []
    for family in families(job):
        alias = search.daily(family)
        search.refresh(alias)
        months = read_months(search.search(alias, build_months(before)))
        found += [(family, month) for month in months]
    return found


def run_roll(job: RetentionJob, family: str, month: date) -> int:
    """Make the days of a family's month one document a resource; return how many those are."""
    search = job.aggregation.search
    stem = f"{search.prefix}rolled-stats-{family}-{month_of(month)}"
    members = search.members(search.daily(family))
    old = [name for name in members if _holds(name, search, family, month)]
    for left in set(search.indices(f"{stem}-*")) - set(members):
        search.delete_index(left)
    new = f"{stem}-{_next_number(old, stem)}"
    search.create_aside(new, family)
    written = 0
    for batch in batches(roll_up(_documents(search, family, old), month), _PAGE):
        _write(search, [Action("index", new, key, document) for key, document in batch])
        written += len(batch)
        job.step(f"{family} {month_of(month)}: {written} documents of the month")
    search.refresh(new)
    search.swap(search.daily(family), new=new, old=old)
    return written


def _holds(index: str, search: SearchStore, family: str, month: date) -> bool:
    """Return whether an index holds a month of a family, as days or rolled up before."""
    if index == search.daily(family, month_of(month)):
        return True
    return index.startswith(f"{search.prefix}rolled-stats-{family}-{month_of(month)}-")


def _next_number(old: list[str], stem: str) -> int:
    numbers = [int(name.removeprefix(f"{stem}-")) for name in old if name.startswith(stem)]
    return max(numbers, default=0) + 1


def _documents(search: SearchStore, family: str, indices: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the documents of some indices, those of one resource next to each other."""
    names = ",".join(indices)
    search.refresh(names)
    sort = ["user_id"] * (family == USERS_FAMILY) + ["resource", "_shard_doc"]
    for hits in search.pages(names, {"query": {"match_all": {}}}, size=_PAGE, sort=sort):
        for hit in hits:
            yield hit["_source"]


def _write(search: SearchStore, actions: list[Action]) -> None:
    for result in search.bulk(actions):
        if result.busy:
            raise StoreUnavailable("Elasticsearch", result.reason)
        if not result.ok:
            raise StoreRejected("Elasticsearch", result.reason)
