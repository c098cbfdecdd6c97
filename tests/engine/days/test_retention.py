"""Retention on real engines: what goes, what stays, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from stats.errors import InputError
from stats.ext import StatsState
from stats.retention.periods import Term
from stats.stores.dead_letters import DeadLetter
from stats.times import iso_ms, midnight, utc_now
from tests.engine.forgetting import (
    Day,
    documents,
    everything,
    raw,
    recount,
    retain,
    send,
)

YEARS_AGO, MONTHS_AGO, WEEKS_AGO, YESTERDAY = Day(6 * 366), Day(800), Day(40), Day(1)
ANNA = {"user_id": "anna", "session_id": "the first session", "ip_address": "8.8.8.8"}
PRIVATE = (*ANNA.values(), "Firefox")


def people_day(day: Day) -> list[dict]:
    """Events of a day by people and nobody, some of them double clicks and excluded."""
    return [
        day.at("10:00:00", **ANNA),
        day.at("10:00:20", **ANNA),
        day.at("11:00:00", **ANNA, parents=["concept:c1"]),
        day.at("11:00:00", **ANNA, via="extractor"),
        day.at("12:00:00", user_id="bert", ip_address="9.9.9.9", via="api"),
        day.at("12:00:00", ip_address="129.132.1.1", referrer="https://www.example.org/"),
        day.at("12:00:00", **ANNA, type="file-download", resource="file:f1", parents=["record:r1"]),
        day.at("13:00:00", **ANNA, type="upload", resource="record:r2", size=10, value=3),
        day.at("14:00:00", user_id="bert", type="upload", resource="record:r2", size=20, value=2),
        day.at("15:00:00", type="upload", resource="record:r2", size=40, value=1),
    ]


def test_private_fields_go_and_every_number_stays(state: StatsState) -> None:
    send(state, people_day(WEEKS_AGO) + people_day(YESTERDAY))
    before, stamps = everything(state), {one["id"]: one["indexed_at"] for one in raw(state)}
    done = retain(state)
    assert (done.scrubbed_events, done.refused, done.unsettled) == (10, (), ())
    old = [one for one in raw(state) if one["timestamp"] < iso_ms(utc_now() - timedelta(days=30))]
    assert len(old) == 10
    assert all(one["scrubbed"] and "private" not in one for one in old)
    assert not any(word in str(old) for word in PRIVATE)
    assert {one["id"]: one["indexed_at"] for one in raw(state)} == stamps
    assert sum("private" in one for one in raw(state)) == 10
    recount(state, WEEKS_AGO)
    assert everything(state) == before
    assert retain(state).scrubbed_events == 0


def test_dead_letters_lose_their_private_fields_too(state: StatsState) -> None:
    event = orjson.dumps({**WEEKS_AGO.at("10:00:00", **ANNA), "id": "1"})
    letters = [
        DeadLetter("record-view", event, "rejected", "why", midnight(day.date))
        for day in (WEEKS_AGO, YESTERDAY)
    ]
    store = state.stores.dead_letters
    store.put([letters[0], replace(letters[1], type_name="file-download")])
    assert retain(state, dry_run=True).scrubbed_letters == 1
    assert retain(state).scrubbed_letters == 1
    old, new = store.read()
    assert not any(word in str(old) for word in PRIVATE)
    assert (old.id, old.code, old.message) == (letters[0].id, "rejected", "why")
    assert new.payload == event
    assert retain(state).scrubbed_letters == 0
    state.receive([orjson.loads(old.payload)])
    state.process()
    assert [one["id"] for one in raw(state)] == ["1"]


def test_what_happens_on_a_scrubbed_day_later_is_added(state: StatsState) -> None:
    """Late events of known and new people, scrubbed in their turn."""
    early, late = (
        people_day(WEEKS_AGO),
        [
            WEEKS_AGO.at("20:00:00", **ANNA),
            WEEKS_AGO.at("21:00:00", user_id="carl"),
            WEEKS_AGO.at("21:00:00", **ANNA, type="upload", resource="record:r2", size=1),
        ],
    )
    send(state, early)
    retain(state)
    send(state, late)
    rows = {row["_id"]: row["views"] for row in state.stores.totals.read_users({})}
    assert rows["anna|record:r1"] == 3
    assert rows["carl|record:r1"] == 1
    before = everything(state)
    (upload,) = (one for one in documents(state, "upload") if one["resource"] == "record:r2")
    assert upload["breakdown"]["user"] == [["anna", 2, 2, 11], ["", 1, 1, 40], ["bert", 1, 1, 20]]
    assert retain(state).scrubbed_events == 3
    recount(state, WEEKS_AGO)
    assert everything(state) == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (WEEKS_AGO.at("15:59:50"), WEEKS_AGO.at("16:00:10")),
        (WEEKS_AGO.at("17:00:00", parents=["concept:c"]), WEEKS_AGO.at("17:00:30")),
        (WEEKS_AGO.at("23:59:50"), Day(39).at("00:00:10")),
    ],
    ids=["of one day", "with other parents", "over midnight"],
)
def test_a_late_click_takes_a_kept_one_from_its_person(
    state: StatsState, first: dict, second: dict
) -> None:
    """Its visitor is the same as long as the salts are there: it tells whose the kept one was."""
    upload = {"type": "upload", "size": 7}
    send(state, [first | ANNA, first | ANNA | upload, *people_day(WEEKS_AGO)])
    retain(state)
    send(state, [second | ANNA, second | ANNA | upload])
    late = everything(state)
    assert sum(row["views"] for row in rows_of("anna", "record:r1", late)) == VIEWS + 1
    assert not [row for row in rows_of("anna", "concept:c", late) if row["views"]]
    uploads = [one for one in late["upload"] if one["resource"] == "record:r1"]
    assert [one["breakdown"]["user"] for one in uploads] == [[["anna", 1, 1, 7]]]
    recount(state, WEEKS_AGO, Day(39))
    assert everything(state) == late
    assert retain(state).scrubbed_events == 2
    recount(state, WEEKS_AGO, Day(39))
    assert everything(state) == late


VIEWS = 2
"""What Anna's views of a day of ``people_day`` come to."""


def rows_of(user: str, ref: str, found: dict) -> list[dict]:
    return [one for one in found["users"] if (one["user_id"], one["resource"]) == (user, ref)]


def test_old_raw_events_go_when_they_are_counted(state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO) + people_day(YESTERDAY))
    before = everything(state)
    done = retain(state)
    assert done.dropped_events == 10
    assert {one["timestamp"][:10] for one in raw(state)} == {YESTERDAY.date.isoformat()}
    assert everything(state) == before
    with pytest.raises(InputError) as refused:
        recount(state, MONTHS_AGO)
    assert refused.value.code == "too_late"


def test_whole_months_go_with_their_index_and_the_edge_event_by_event(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = Term(months=24).before(utc_now().date())
    first = Day((utc_now().date() - edge).days)
    last = Day(first.ago + 1)
    send(state, [day.at("12:00:00") for day in (Day(first.ago + 40), last, first)])
    search, deleted = state.stores.search, []
    drop = search.delete_index
    monkeypatch.setattr(search, "delete_index", lambda name: (deleted.append(name), drop(name)))
    alias = search.raw("record-view")
    before = set(search.indices(f"{alias}-*"))
    assert retain(state).dropped_events == 2
    gone = {name for name in before if name.removeprefix(f"{alias}-") < edge.isoformat()[:7]}
    assert gone == set(deleted)
    assert set(search.indices(f"{alias}-*")) == before - gone
    assert [one["timestamp"][:10] for one in raw(state)] == [edge.isoformat()]


def test_raw_events_that_are_not_counted_are_refused(state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO))
    send(state, [MONTHS_AGO.at("20:00:00")], aggregate=False)
    dry = retain(state, dry_run=True)
    done = retain(state)
    assert dry.refused == done.refused == (MONTHS_AGO.date,)
    assert (done.dropped_events, len(raw(state))) == (0, 11)
    state.aggregate()
    assert retain(state).dropped_events == 11


def test_a_dry_run_changes_nothing(state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO) + people_day(WEEKS_AGO) + people_day(YEARS_AGO))
    before, events = everything(state), sorted(raw(state), key=str)
    done = retain(state, dry_run=True)
    assert (done.dropped_events, done.scrubbed_events, done.months > 0) == (20, 10, True)
    assert (everything(state), sorted(raw(state), key=str)) == (before, events)
    assert state.stores.bookmarks.pruned_until("record-view") is None


def test_late_events_of_dropped_days_are_dead_letters(state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO))
    retain(state)
    before = everything(state)
    state.publish([MONTHS_AGO.at("22:00:00")])
    state.process()
    assert [letter.code for letter in state.stores.dead_letters.read()] == ["too_late"]
    state.aggregate()
    assert everything(state) == before


def test_an_event_that_slipped_into_a_dropped_day_changes_nothing(state: StatsState) -> None:
    """A worker that read the mark before it moved: its event must not replace the day."""
    send(state, people_day(MONTHS_AGO))
    retain(state)
    before, marks = everything(state), state.stores.database["bookmarks"]
    closed = marks.find_one_and_delete({"_id": "dropped"})
    marks.delete_many({"_id": {"$regex": "^pruned:"}})
    send(state, [MONTHS_AGO.at("22:00:00")], aggregate=False)
    marks.insert_one(closed)
    state.aggregate()
    assert everything(state) == before
    assert state.stores.day_claims.marked_days() == []
    done = retain(state)
    assert (done.dropped_events, done.late_events) == (1, 1)
    assert everything(state) == before


def test_a_type_that_is_new_does_not_reach_into_closed_days(state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO))
    retain(state)
    assert (
        state.stores.bookmarks.pruned_until("another-type")
        == state.stores.bookmarks.dropped_until()
    )


def test_days_become_months(state: StatsState) -> None:
    other = Day(YEARS_AGO.ago - (1 if YEARS_AGO.date.day < 28 else -1))
    send(state, people_day(YEARS_AGO) + people_day(other) + people_day(YESTERDAY))
    totals = {k: v for k, v in everything(state).items() if k.startswith("statistic")}
    month = YEARS_AGO.date.replace(day=1)
    params = {"resource": "record:r1", "from": month.isoformat(), "interval": "month"}
    params["to"] = YESTERDAY.date.isoformat()
    questions = [
        ("record-view-histogram", params),
        ("record-view-total", {"resource": "site:all"}),
        ("record-view-by", {"resource": "site:all", "breakdown": "referrer"}),
        ("upload-histogram", {**params, "resource": "record:r2"}),
        ("upload-by", {"resource": "record:r2", "breakdown": "user"}),
    ]
    before = [state.query(*question) for question in questions]
    assert retain(state).months > 0
    after = [state.query(*question) for question in questions]
    for old, new in zip(before, after, strict=True):
        del old["counted_until"], new["counted_until"]
        if since := old.pop("since", None):  # a month knows its days no more
            assert new.pop("since") == f"{since[:8]}01"
        assert old == new
    assert {k: v for k, v in everything(state).items() if k.startswith("statistic")} == totals
    rolled = [one for one in documents(state, "record-view") if one["interval"] == "month"]
    assert {one["timestamp"][:10] for one in rolled} == {month.isoformat()}
    assert retain(state).months == 0


def test_a_killed_roll_up_is_taken_up_again(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(state, people_day(YEARS_AGO))
    views = state.query("record-view-total", {"resource": "site:all"})["total"]

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(state.stores.search, "swap", killed)
    with pytest.raises(KeyboardInterrupt):
        retain(state)
    assert state.query("record-view-total", {"resource": "site:all"})["total"] == views
    monkeypatch.undo()
    assert retain(state).months > 0
    assert state.query("record-view-total", {"resource": "site:all"})["total"] == views


def test_a_killed_scrub_is_taken_up_again(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept already, scrubbed in part: people are counted once."""
    send(state, people_day(WEEKS_AGO))
    before, bulk = everything(state), state.stores.search.bulk

    def killed(actions: list) -> list:
        if "events-stats" not in actions[0].index:
            return bulk(actions)
        bulk(actions[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr(state.stores.search, "bulk", killed)
    with pytest.raises(KeyboardInterrupt):
        retain(state)
    monkeypatch.undo()
    assert 0 < sum("private" not in one for one in raw(state)) < 10
    recount(state, WEEKS_AGO)
    assert everything(state) == before
    retain(state)
    assert not any("private" in one for one in raw(state))
    recount(state, WEEKS_AGO)
    assert everything(state) == before
