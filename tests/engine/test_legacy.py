"""Numbers of invenio-stats taken over: its own mappings, real engines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from stats.audit.job import AuditJob
from stats.audit.run import run_audit
from stats.engines.namespace import Namespace
from stats.errors import InputError
from stats.ext import StatsState
from stats.legacy.comparison import Month, run_compare
from stats.legacy.run import LegacyJob, TakenOver, run_take_over
from stats.retention.withdraw import run_withdraw
from stats.times import midnight, utc_now
from tests.engine.forgetting import Day, everything, open_state, raw, retain, send
from tests.engine.invenio import Invenio, download, downloads

LAST, BEFORE, EARLIER = Day(40), Day(41), Day(70)
FILE, BUCKET = "file:b1/a.csv", "bucket:b1"


@pytest.fixture
def state(stats_namespace: Namespace) -> Iterator[StatsState]:
    state = open_state(stats_namespace, STATS_INDEX_PREFIX=f"{stats_namespace.prefix}new-")
    yield state
    state.stores.search.close()


@pytest.fixture
def invenio(stats_namespace: Namespace) -> Invenio:
    return Invenio(stats_namespace)


def job_of(
    state: StatsState,
    invenio: Invenio,
    window: tuple[date | None, date | None] = (None, None),
    cutover: datetime | None = None,
) -> LegacyJob:
    state.stores.search.refresh(f"{invenio.prefix}*")
    imports = state.stores.imports
    return LegacyJob(state.aggregation_job, invenio.prefix, window, utc_now, imports, cutover)


def take_over(
    state: StatsState,
    invenio: Invenio,
    window: tuple[date | None, date | None] = (None, None),
    cutover: datetime | None = None,
) -> TakenOver:
    return run_take_over(job_of(state, invenio, window, cutover))


def total(state: StatsState, resource: str, source: str = "all") -> tuple[int, int, int]:
    params = {"resource": resource, "source": source}
    found = state.query("file-download-total", params)["total"]
    return found["count"], found["unique_count"], found["volume"]


def at(day: Day, time: str) -> str:
    return f"{day.date}T{time}"


def test_raw_events_are_counted_by_our_rules(state: StatsState, invenio: Invenio) -> None:
    events = [
        download(at(LAST, "10:00:00"), "v1"),
        download(at(LAST, "10:00:20"), "v1"),  # a double click by 30 seconds, none by their 10
        download(at(LAST, "10:30:00"), "v1", "b.csv"),
        download(at(LAST, "11:00:00"), "v2", is_robot=True),
        download(at(LAST, "12:00:00"), "v3", country=None, referrer=None),
    ]
    invenio.events("file-download", events)
    invenio.numbers("file-download", [downloads(str(LAST.date), 99)])
    done = take_over(state, invenio)
    assert (done.events, done.new_events, done.days, done.unread) == (5, 5, 0, 0)
    assert total(state, FILE) == (2, 2, 20)
    assert total(state, BUCKET) == (3, 2, 30)
    assert total(state, FILE, "legacy") == (0, 0, 0)
    by = state.query("file-download-by", {"resource": BUCKET, "breakdown": "country"})
    assert [(b["key"], b["count"]) for b in by["buckets"]] == [("CH", 2), ("ZZ", 1)]
    (row,) = state.totals([FILE]).values()
    assert (row["downloads"], row["unique_downloads"], row["volume"]) == (2, 2, 20)


def test_daily_numbers_where_there_are_no_events(state: StatsState, invenio: Invenio) -> None:
    invenio.events("file-download", [download(at(LAST, "10:00:00"), "v1")])
    days = [downloads(str(day.date), n) for n, day in ((7, LAST), (5, BEFORE), (3, EARLIER))]
    invenio.numbers("file-download", [*days, downloads(str(BEFORE.date), 2, "b.csv")])
    done = take_over(state, invenio)
    assert (done.events, done.days) == (1, 2)
    assert total(state, FILE, "legacy") == (8, 6, 80)
    assert total(state, FILE, "events") == (1, 1, 10)
    assert total(state, FILE) == (9, 7, 90)
    assert total(state, BUCKET) == total(state, "site:all") == (11, 8, 110)
    assert state.totals([FILE])[FILE]["downloads"] == 9
    days_back = {"from": str(EARLIER.date), "to": str(LAST.date), "resource": FILE}
    buckets = state.query("file-download-histogram", days_back)["buckets"]
    found = {bucket["date"]: bucket["count"] for bucket in buckets if bucket["count"]}
    assert found == {str(EARLIER.date): 3, str(BEFORE.date): 5, str(LAST.date): 1}


def test_taking_over_twice_changes_nothing(state: StatsState, invenio: Invenio) -> None:
    invenio.events("file-download", [download(at(LAST, "10:00:00"), "v1")])
    invenio.numbers("file-download", [downloads(str(BEFORE.date), 5)])
    take_over(state, invenio)
    before, events = everything(state), len(raw(state))
    done = take_over(state, invenio)
    assert (done.events, done.new_events) == (1, 0)
    assert (everything(state), len(raw(state))) == (before, events)


def test_own_numbers_stay_beside_theirs(state: StatsState, invenio: Invenio) -> None:
    own: dict[str, Any] = {"type": "file-download", "resource": FILE, "size": 1}
    send(state, [BEFORE.at("20:00:00", **own), LAST.at("20:00:00", **own)])
    invenio.numbers("file-download", [downloads(str(BEFORE.date), 5)])
    done = take_over(state, invenio, cutover=midnight(LAST.date))
    assert done.both == (BEFORE.date,)
    assert [total(state, FILE, s)[0] for s in ("events", "legacy", "all")] == [2, 5, 7]
    state.aggregate((BEFORE.date, BEFORE.date))
    assert [total(state, FILE, s)[0] for s in ("events", "legacy", "all")] == [2, 5, 7]
    assert state.totals([FILE])[FILE]["downloads"] == 7


def test_nothing_is_taken_since_this_system_counts(state: StatsState, invenio: Invenio) -> None:
    """Both ran from 12:00 of one day on: the same uses are in both."""
    own: dict[str, Any] = {"type": "file-download", "resource": FILE, "size": 10}
    send(state, [BEFORE.at("12:00:00", **own), LAST.at("10:00:00", **own)])
    invenio.events(
        "file-download",
        [
            download(at(BEFORE, "09:00:00"), "v1"),
            download(at(BEFORE, "12:00:00"), "v2"),
            download(at(LAST, "10:00:00"), "v1"),
        ],
    )
    invenio.numbers("file-download", [downloads(str(day.date), 9) for day in (EARLIER, BEFORE)])
    invenio.numbers("file-download", [downloads(str(LAST.date), 1)])
    done = take_over(state, invenio)
    assert (done.events, done.days, done.later, done.cut, done.both) == (1, 1, 1, (), ())
    assert total(state, FILE)[0] == 9 + 1 + 2
    assert state.totals([FILE])[FILE]["downloads"] == 12

    send(state, [EARLIER.at("11:00:00", **own)])  # a late one does not move the cut-over
    assert take_over(state, invenio).new_events == 0
    assert total(state, FILE)[0] == 13


def test_a_day_that_cannot_be_cut_is_left_out_and_named(
    state: StatsState, invenio: Invenio
) -> None:
    own: dict[str, Any] = {"type": "file-download", "resource": FILE, "size": 10}
    send(state, [BEFORE.at("12:00:00", **own)])
    invenio.numbers("file-download", [downloads(str(BEFORE.date), 5)])
    done = take_over(state, invenio)
    assert (done.days, done.cut) == (0, (("file-download", BEFORE.date),))
    assert total(state, FILE)[0] == 1


def test_a_comparison_says_by_month_why_numbers_differ(state: StatsState, invenio: Invenio) -> None:
    own: dict[str, Any] = {"type": "file-download", "resource": FILE, "size": 10}
    send(state, [LAST.at("00:00:00", **own)])
    invenio.events(
        "file-download",
        [
            download(at(BEFORE, "10:00:00"), "v1"),
            download(at(BEFORE, "10:00:20"), "v1"),
            download(at(BEFORE, "11:00:00"), "v2", is_robot=True),
            {**download(at(BEFORE, "12:00:00"), "v3"), "bucket_id": None},
        ],
    )
    days = [downloads(str(day.date), n) for day, n in ((EARLIER, 4), (BEFORE, 2), (LAST, 7))]
    invenio.numbers("file-download", days)
    before = everything(state)
    found = run_compare(job_of(state, invenio))
    sums: Counter[str] = Counter()
    for (name, _), month in found.items():
        assert name == "file-download"
        sums.update(dict(zip(Month.names(), month.numbers(), strict=True)))
    assert sums == {
        **{"theirs": 13, "here": 5, "events": 4, "robots": 1, "double_clicks": 1},
        **{"unreadable": 1, "taken": 4, "left_out": 7},
    }
    assert everything(state) == before
    assert take_over(state, invenio).events == 3
    assert total(state, FILE)[0] == 5 + 1


def test_a_take_over_can_be_taken_back(state: StatsState, invenio: Invenio) -> None:
    own: dict[str, Any] = {"type": "file-download", "resource": FILE, "size": 10}
    send(state, [LAST.at("12:00:00", **own)])
    totals = state.totals([FILE, BUCKET, "site:all"])
    invenio.events("file-download", [download(at(BEFORE, "10:00:00"), "v1")])
    invenio.numbers("file-download", [downloads(str(EARLIER.date), 5)])
    done = take_over(state, invenio)
    assert total(state, FILE)[0] == 7
    job = replace(state.retention_job(), wait=lambda seconds: None)
    back = run_withdraw(job, done.import_id, imports=state.stores.imports)
    assert (back.events, back.numbers) == (1, 1 + 1 + 1)
    assert total(state, FILE) == (1, 1, 10)
    again = state.totals([FILE, BUCKET, "site:all"])
    assert {ref: row["downloads"] for ref, row in again.items()} == {
        ref: row["downloads"] for ref, row in totals.items()
    }
    audit = AuditJob(state.aggregation_job, utc_now, lambda s: None, pytest.fail)
    assert run_audit(audit, (None, None)).differences == 0
    assert take_over(state, invenio).new_events == 1
    assert total(state, FILE)[0] == 7


def test_a_window_leaves_out_what_both_counted(state: StatsState, invenio: Invenio) -> None:
    invenio.numbers("file-download", [downloads(str(day.date), 5) for day in (EARLIER, LAST)])
    assert take_over(state, invenio, (None, BEFORE.date)).days == 1
    assert total(state, FILE)[0] == 5


def test_records_of_invenio_itself(state: StatsState, invenio: Invenio) -> None:
    view = {
        "timestamp": at(LAST, "10:00:00"),
        "record_id": "0000-11",
        "pid_type": "recid",
        "pid_value": "42",
        "visitor_id": "v",
        "unique_session_id": "s",
        "unique_id": "recid_42",
        "is_robot": False,
    }
    invenio.events("record-view", [view])
    invenio.numbers(
        "record-view",
        [
            {
                "timestamp": f"{EARLIER.date}T00:00:00",
                "pid_value": "42",
                "unique_id": "recid_42",
                "count": 4,
                "unique_count": 3,
            }
        ],
    )
    take_over(state, invenio)
    found = state.query("record-view", {"recid": "42"})
    assert (found["views"], found["unique_views"]) == (5, 4)


def test_invenio_rdm(state: StatsState, stats_namespace: Namespace) -> None:
    """Its fields, its offset in times, machines that are robots too, API calls."""
    rdm = Invenio(stats_namespace, rdm=True)
    record = {"recid": "r1", "parent_recid": "p1", "record_id": "uuid", "parent_id": "uuid2"}
    api = {"via_api": True, "is_machine": True, "is_robot": True}
    human = {"via_api": False, "is_machine": False}
    rdm.events(
        "file-download",
        [
            download(at(LAST, "10:00:00+00:00"), "v1", **record, **human),
            download(at(LAST, "11:00:00+00:00"), "v2", **record, **api),
        ],
    )
    rdm.numbers("file-download", [downloads(str(EARLIER.date), 5, **record, via_api=False)])
    done = take_over(state, rdm)
    assert (done.events, done.unread) == (2, 0)
    for ref in (FILE, "record:r1", "concept:p1"):
        assert total(state, ref) == (7, 6, 70)
    assert total(state, BUCKET) == (0, 0, 0)
    answer = state.query("record-download", {"recid": "r1"})
    assert (answer["downloads"], answer["data_volume"]) == (7, 70)
    assert answer["parent_recid"] == "p1"
    by = state.query("file-download-by", {"resource": FILE, "breakdown": "access_method"})
    assert {b["key"]: b["count"] for b in by["buckets"]} == {"regular": 1, "machine": 1}


def test_retention_and_audit_know_taken_over_numbers(state: StatsState, invenio: Invenio) -> None:
    """Days of six years ago become months, and are not taken over again into those."""
    old = Day(6 * 366)
    invenio.numbers("file-download", [downloads(str(old.date), 5)])
    take_over(state, invenio)
    assert retain(state).months == 1
    assert total(state, FILE, "legacy") == (5, 4, 50)
    assert take_over(state, invenio).days == 0
    assert total(state, FILE) == (5, 4, 50)
    job = AuditJob(state.aggregation_job, utc_now, lambda s: None, pytest.fail)
    assert run_audit(job, (None, None)).differences == 0


def test_events_that_were_dropped_here_do_not_come_back_as_numbers(
    state: StatsState, invenio: Invenio
) -> None:
    day = Day(800)
    invenio.events("file-download", [download(at(day, "10:00:00"), "v1")])
    invenio.numbers("file-download", [downloads(str(day.date), 5)])
    take_over(state, invenio)
    assert retain(state).dropped_events == 1
    assert total(state, FILE) == (1, 1, 10)
    assert take_over(state, invenio).days == 0
    assert total(state, FILE) == (1, 1, 10)


def test_types_that_are_not_known_are_named(state: StatsState, invenio: Invenio) -> None:
    index = f"{invenio.prefix}stats-basket-view-2024-01"
    invenio.write(index, "1", {"timestamp": "2024-01-01"})
    assert take_over(state, invenio).unknown == ("basket-view",)


def test_our_own_prefix_is_refused(state: StatsState) -> None:
    prefix = state.settings.index_prefix
    job = LegacyJob(state.aggregation_job, prefix, (None, None), utc_now, state.stores.imports)
    with pytest.raises(InputError, match="STATS_INDEX_PREFIX"):
        run_take_over(job)
