"""Sums by month in MongoDB: set by whoever read last, and never lost to another month's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest

from stats.stores.months import MonthsStore

REF, OTHER = "record:r|1", "site:all"
JANUARY, FEBRUARY = "2026-01", "2026-02"


@pytest.fixture
def months(database: Any) -> MonthsStore:
    store = MonthsStore(database)
    store.ensure()
    return store


def views(number: int) -> dict[str, Any]:
    return {"record-view": {"count": number, "unique_count": 1, "volume": 0, "last": None}}


def counts(document: Any) -> dict[str, int]:
    return {
        month: one["events"]["record-view"]["count"] if one["events"] else 0
        for month, one in document["months"].items()
    }


def test_a_month_is_set_beside_the_others(months: MonthsStore) -> None:
    draw = count(10).__next__
    months.merge({REF: {JANUARY: views(3)}}, read_at=1, draw=draw)
    months.merge({REF: {FEBRUARY: views(4)}, OTHER: {FEBRUARY: views(5)}}, read_at=2, draw=draw)
    merged = months.merge({REF: {JANUARY: views(2)}}, read_at=3, draw=draw)
    assert counts(merged[REF]) == {JANUARY: 2, FEBRUARY: 4}
    assert merged == {REF: months.read([REF])[REF]}
    assert counts(months.read([OTHER])[OTHER]) == {FEBRUARY: 5}
    assert counts(months.merge({REF: {FEBRUARY: {}}}, read_at=4, draw=draw)[REF]) == {
        JANUARY: 2,
        FEBRUARY: 0,
    }


def test_what_was_read_before_changes_nothing(months: MonthsStore) -> None:
    draw = count(10).__next__
    months.merge({REF: {JANUARY: views(3)}}, read_at=5, draw=draw)
    merged = months.merge({REF: {JANUARY: views(9), FEBRUARY: views(1)}}, read_at=4, draw=draw)
    assert counts(merged[REF]) == {JANUARY: 3, FEBRUARY: 1}
    assert counts(months.read([REF])[REF]) == {JANUARY: 3, FEBRUARY: 1}


def test_a_ticket_of_before_what_is_there_is_drawn_again(months: MonthsStore) -> None:
    months.merge({REF: {JANUARY: views(3)}}, read_at=1, draw=lambda: 100)
    tickets = iter([90, 100, 101])
    merged = months.merge({REF: {FEBRUARY: views(1)}}, read_at=2, draw=tickets.__next__)
    assert (merged[REF]["ticket"], counts(merged[REF])) == (101, {JANUARY: 3, FEBRUARY: 1})


def test_many_jobs_that_set_months_of_the_same_resources_lose_none(months: MonthsStore) -> None:
    refs, jobs = [f"record:{n}" for n in range(20)], 8
    draw, together = count(10).__next__, Barrier(jobs)

    def work(job: int) -> None:
        together.wait()
        for number in range(5):
            month = f"{2000 + job}-{number + 1:02d}"
            changes = {ref: {month: views(job * 10 + number)} for ref in refs}
            months.merge(changes, read_at=draw(), draw=draw)

    with ThreadPoolExecutor(jobs) as executor:
        list(executor.map(work, range(jobs)))
    right = {f"{2000 + j}-{n + 1:02d}": j * 10 + n for j in range(jobs) for n in range(5)}
    found = months.read(refs)
    assert {ref: counts(found[ref]) for ref in refs} == dict.fromkeys(refs, right)


def test_that_all_is_there_goes_with_the_collection(months: MonthsStore, database: Any) -> None:
    assert not months.is_filled()
    months.note_filled()
    months.note_filled()
    assert months.is_filled()
    database["statistic_months"].drop()
    assert not months.is_filled()
