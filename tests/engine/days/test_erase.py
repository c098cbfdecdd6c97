"""Forgetting a person, on real engines: their traces go from every store, the counts stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.retention.erase import Erased, run_erase
from stats.retention.job import alone
from stats.stores.dead_letters import DeadLetter
from stats.times import iso_ms, utc_now
from tests.engine.days.test_retention import people_day
from tests.engine.forgetting import (
    Day,
    everything,
    forget,
    job_of,
    raw,
    recount,
    retain,
    send,
)
from tests.system import System

YEARS_AGO, MONTHS_AGO, WEEKS_AGO, YESTERDAY = Day(6 * 366), Day(800), Day(40), Day(1)
DAYS = (YEARS_AGO, MONTHS_AGO, WEEKS_AGO, YESTERDAY)


def without_people(found: dict[str, Any]) -> dict[str, Any]:
    """What must not change: all but rows of people and the names in breakdowns."""
    kept = {}
    for name, documents in found.items():
        if name in ("users", "statistic_users"):
            continue
        kept[name] = documents
        if name == "upload":
            kept[name] = [
                {k: v for k, v in one.items() if k != "breakdown"}
                | {
                    "sums": [
                        sum(c) for c in zip(*(r[1:] for r in one["breakdown"]["user"]), strict=True)
                    ]
                }
                for one in documents
            ]
    return kept


def test_a_person_is_gone_from_all_tiers_and_counts_stay(state: StatsState) -> None:
    """Events that are whole, scrubbed, dropped and rolled up, and dead letters."""
    send(state, [event for day in DAYS for event in people_day(day)])
    retain(state)
    letter = DeadLetter(
        "record-view",
        b'{"id":"x","user_id":"anna","ip_address":"8.8.8.8"}',
        "too_late",
        "late",
        datetime(2026, 1, 1, tzinfo=timezone.utc),
    )
    state.stores.dead_letters.put([letter])
    for user in ("anna", "bert"):
        state.stores.tokens.add({"_id": user[0], "kind": "access", "user_id": user, "created": 1})
    before = everything(state)
    assert "anna" in str(before)
    erased = forget(state, "anna")
    assert (erased.events, erased.days, erased.letters, erased.tokens, erased.busy) == (
        6,
        2,
        1,
        1,
        (),
    )
    assert [token["user_id"] for token in state.stores.tokens.all()] == ["bert"]
    after = everything(state)
    assert without_people(after) == without_people(before)
    for place in (after, raw(state), list(state.stores.dead_letters.read())):
        assert "anna" not in str(place)
        assert "bert" in str(place) or place != after
    people = [row for row in before["statistic_users"].values() if row["user_id"] != "anna"]
    assert list(after["statistic_users"].values()) == people
    recount(state, WEEKS_AGO, YESTERDAY)
    assert everything(state) == after
    assert forget(state, "anna") == Erased()


def test_dead_letters_are_found_whatever_the_type_of_the_id(state: StatsState) -> None:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    payloads = (
        b'{"id":"1","user_id":7,"ip_address":"8.8.8.8"}',
        b'[{"id":"2","user_id":"7"},{"id":"3"}]',
        b'{"id":"4","user_id":"7","res',
        b'{"id":"5","user_id":70}',
    )
    state.stores.dead_letters.put(
        [DeadLetter("record-view", one, "wrong_type", "why", now) for one in payloads]
    )
    assert forget(state, "7").letters == 3
    left = {letter.payload for letter in state.stores.dead_letters.read()}
    assert left == {b'{"id":"1"}', b'[{"id":"2"},{"id":"3"}]', b"", payloads[3]}


def test_only_the_days_of_the_person_are_recounted(state: StatsState) -> None:
    other = Day(3)
    send(state, [*people_day(YESTERDAY), other.at("10:00:00", user_id="bert")])
    search, names = state.stores.search, state.stores.search.daily("record-view")

    def counted_at() -> dict[str, str]:
        search.refresh(names)
        pages = search.pages(names, {"query": {"term": {"resource": "site:all"}}})
        found = (hit["_source"] for page in pages for hit in page)
        return {one["timestamp"][:10]: one["counted_at"] for one in found}

    before = counted_at()
    assert forget(state, "anna").days == 1
    after = counted_at()
    assert after[other.date.isoformat()] == before[other.date.isoformat()]
    assert after[YESTERDAY.date.isoformat()] > before[YESTERDAY.date.isoformat()]


def test_what_he_does_afterwards_is_new(state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    forget(state, "anna")
    send(state, [YESTERDAY.at("22:00:00", user_id="anna", timestamp=iso_ms(utc_now()))])
    (row,) = state.stores.totals.read_users({"user_id": "anna"})
    assert row["views"] == 1


def test_what_is_in_the_queue_meanwhile_counts_for_nobody(state: StatsState) -> None:
    """And is the same visitor's: its double clicks and sessions are as they were."""
    events = people_day(YESTERDAY)
    send(state, events[::2])
    state.publish(events[1::2])
    forget(state, "anna")
    state.process()
    state.aggregate()
    after = everything(state)
    assert "anna" not in str((after, raw(state)))
    assert {row["user_id"] for row in after["statistic_users"].values()} == {"bert"}
    counts = {ref: (row["views"], row["downloads"]) for ref, row in totals(after).items()}
    assert counts["record:r1"] == (4, 1)
    uniques = {ref: row["unique_views"] for ref, row in totals(after).items()}
    assert uniques["record:r1"] == 4
    recount(state, YESTERDAY)
    assert everything(state) == after


def test_a_bulk_request_that_is_on_its_way_is_waited_for(state: StatsState) -> None:
    state.publish([YESTERDAY.at("10:00:00", user_id="anna")])
    work = System(state).slow_process()  # stamped with her name, not visible yet
    job = replace(job_of(state), wait=lambda seconds: work.finish())
    run_erase(job, "anna", tokens=state.stores.tokens)
    state.aggregate()
    assert "anna" not in str((everything(state), raw(state)))
    assert state.totals(["record:r1"])["record:r1"]["views"] == 1


def totals(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["statistic_totals"])


def test_two_at_a_time_are_refused(state: StatsState) -> None:
    with alone(job_of(state)), pytest.raises(StoreUnavailable, match="try again later"):
        forget(state, "anna")
    assert forget(state, "anna") == Erased()
