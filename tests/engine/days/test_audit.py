"""The audit on real engines: silent when all is right, and no difference of one escapes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stats.audit.differences import Difference
from stats.audit.job import Audited, AuditJob
from stats.audit.run import run_audit
from stats.ext import StatsState
from stats.stores.search import Action
from stats.times import utc_now
from tests.engine.days.test_retention import people_day
from tests.engine.forgetting import Day, retain, send

YEARS_AGO, WEEKS_AGO, YESTERDAY = Day(6 * 366), Day(40), Day(1)


def audit(state: StatsState, *window: Day) -> tuple[Audited, list[Difference]]:
    found: list[Difference] = []
    job = AuditJob(state.aggregation_job, utc_now, lambda seconds: None, found.append)
    days = tuple(day.date for day in window) or (None, None)
    return run_audit(job, days), found


def change(state: StatsState, names: str, resource: str, edit: Callable[[dict], Any]) -> None:
    """Change one stored document of a resource behind the system's back."""
    search = state.stores.search
    search.refresh(names)
    pages = search.pages(names, {"query": {"term": {"resource": resource}}})
    hit = next(hit for page in pages for hit in page)
    source = hit["_source"]
    edit(source)
    (result,) = search.bulk([Action("index", hit["_index"], hit["_id"], source)])
    assert result.ok, result
    search.refresh(names)


def test_what_is_right_is_silent_in_all_tiers(state: StatsState) -> None:
    send(state, [e for day in (YEARS_AGO, WEEKS_AGO, YESTERDAY) for e in people_day(day)])
    assert audit(state)[1] == []
    retain(state)
    done, found = audit(state)
    assert found == []
    assert (done.days, done.differences, done.waiting) == (2, 0, ())
    assert min(done.documents, done.totals, done.people) > 4


def test_one_raw_event_less(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    search, names = state.stores.search, state.stores.search.raw("upload")
    search.refresh(names)
    hit = next(hit for page in search.pages(names, {"query": {"match_all": {}}}) for hit in page)
    search.bulk([Action("delete", hit["_index"], hit["_id"])])
    done, found = audit(state)
    assert done.differences == len(found) > 0
    lines = [str(difference) for difference in found]
    day = YESTERDAY.date.isoformat()
    missing = f"upload {day} site:all raw events: stored counted from 3, right 2 are there"
    assert lines == [missing], "and nothing is compared with what is left"


def test_one_more_in_a_daily_document(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    names = state.stores.search.daily("record-view")
    change(state, names, "record:r1", lambda one: one.update(unique_count=one["unique_count"] - 1))
    _, found = audit(state)
    day = YESTERDAY.date.isoformat()
    assert ("record-view", day, "record:r1", "unique_count") in [key(one) for one in found]
    assert ("statistic_totals", "total", "record:r1", "unique_views") in [key(o) for o in found]


@pytest.mark.parametrize("family", ["record-view", "usage"])
def test_one_more_in_a_breakdown(state: StatsState, family: str) -> None:
    send(state, people_day(YESTERDAY))

    def edit(document: dict) -> None:
        document["breakdown"]["access_method+country"][0][2] += 1

    change(state, state.stores.search.daily(family), "record:r1", edit)
    (difference,) = audit(state)[1]
    assert difference.field.startswith("breakdown.access_method+country.regular|")


def test_one_more_of_a_person(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    names = state.stores.search.daily("users")
    change(state, names, "record:r1", lambda one: one["counts"].update({"record-view": {"ui": 9}}))
    assert audit(state)[1]


def test_a_document_that_should_not_be(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    search, names = state.stores.search, state.stores.search.daily("usage")
    search.refresh(names)
    hit = next(hit for page in search.pages(names, {"query": {"match_all": {}}}) for hit in page)
    search.bulk([Action("index", hit["_index"], "another", hit["_source"])])
    assert ("document", "one", "none") in [(o.field, o.stored, o.right) for o in audit(state)[1]]


@pytest.mark.parametrize(
    ("collection", "one", "field", "shown"),
    [
        ("statistic_totals", "record:r1", "downloads", "downloads"),
        ("statistic_totals", "site:all", "unique_views", "unique_views"),
        ("statistic_totals", "record:r2", "events.upload", "events.upload"),
        ("statistic_users", "anna|record:r1", "views", "views"),
        ("statistic_users", "bert|record:r1", "via.api.views", "via.api.views"),
    ],
)
def test_one_more_in_the_totals(
    state: StatsState, collection: str, one: str, field: str, shown: str
) -> None:
    send(state, people_day(YESTERDAY))
    state.stores.database[collection].update_one({"_id": one}, {"$inc": {field: 1}})
    assert [key(found) for found in audit(state)[1]] == [(collection, "total", one, shown)]


def test_totals_of_nothing_and_totals_that_lack(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    totals = state.stores.database["statistic_totals"]
    totals.insert_one({"_id": "record:ghost", "views": 1})
    totals.delete_one({"_id": "concept:c1"})
    found = {found.resource for found in audit(state)[1]}
    assert found == {"record:ghost", "concept:c1"}


def test_months_without_raw_events_are_checked_for_what_cannot_be(state: StatsState) -> None:
    send(state, people_day(YEARS_AGO))
    retain(state)
    names = state.stores.search.daily("record-view")
    change(state, names, "concept:c1", lambda one: one.update(count=0, unique_count=0))
    lines = [str(found) for found in audit(state)[1]]
    month = YEARS_AGO.date.isoformat()[:7]
    assert f"record-view {month} concept:c1 count: stored 0, right 1 by country" in lines


def test_a_day_that_waits_is_not_wrong(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    send(state, [YESTERDAY.at("20:00:00")], aggregate=False)
    done, found = audit(state)
    assert (done.waiting, found) == ((YESTERDAY.date,), [])
    state.aggregate()
    assert audit(state)[0].waiting == ()


def test_a_window_counts_only_its_days(state: StatsState) -> None:
    send(state, people_day(WEEKS_AGO) + people_day(YESTERDAY))
    assert audit(state, YESTERDAY, YESTERDAY)[0].days == 1


def test_versions_that_events_did_not_name_are_a_note(state: StatsState) -> None:
    send(state, people_day(YEARS_AGO))
    retain(state)
    notes: list[str] = []
    job = AuditJob(state.aggregation_job, utc_now, lambda s: None, lambda d: None, notes.append)
    assert run_audit(job, (None, None)).differences == 0
    month = YEARS_AGO.date.isoformat()[:7]
    right = f"record-view {month} record:r1 count: stored 4, right at most 1 of concept:c1"
    assert any(note.endswith(right) for note in notes)


def key(difference: Difference) -> tuple[str, str, str, str]:
    return difference.family, difference.day, difference.resource, difference.field
