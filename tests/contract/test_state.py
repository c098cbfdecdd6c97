"""What the bookkeeping promises workers that are slow, killed or mistaken, on a real MongoDB."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from stats.stores.bookmarks import DayClaim, StateStore, Vanished
from stats.times import EPOCH, UTC, iso_ms

DAY = date(2024, 3, 5)
NOW = datetime(2024, 3, 7, tzinfo=UTC)
LEASE = timedelta(seconds=300)


@pytest.fixture
def state(database: Any) -> StateStore:
    store = StateStore(database)
    store.ensure()
    return store


def test_a_worker_that_outlived_its_lease_takes_no_new_mark_away(state: StateStore) -> None:
    state.mark_days([DAY], since=NOW)
    slow = state.claim_day(NOW, lease=LEASE)
    quick = state.claim_day(NOW + 2 * LEASE, lease=LEASE)
    assert slow is not None
    assert quick is not None
    state.finish_day(quick)
    state.mark_days([DAY], since=NOW + 3 * LEASE)
    state.finish_day(slow)
    assert state.marked_days() == [DAY]
    again = state.claim_day(NOW + 4 * LEASE, lease=LEASE)
    assert again is not None
    state.release_day(slow)
    assert state.claim_day(NOW + 4 * LEASE, lease=LEASE) is None


def test_a_day_is_kept_by_its_worker_alone(state: StateStore) -> None:
    state.mark_days([DAY], since=NOW)
    slow = state.claim_day(NOW, lease=LEASE)
    assert slow is not None
    state.renew_day(slow, NOW + LEASE, lease=LEASE)
    assert state.claim_day(NOW + LEASE, lease=LEASE) is None
    quick = state.claim_day(NOW + 2 * LEASE, lease=LEASE)
    assert quick is not None
    state.renew_day(slow, NOW + 9 * LEASE, lease=LEASE)  # too late: it is another's
    assert state.claim_day(NOW + 3 * LEASE, lease=LEASE) is not None
    state.finish_day(quick)
    state.renew_day(slow, NOW, lease=LEASE)
    assert state.marked_days() == [DAY]


def test_a_mark_made_while_a_day_is_counted_stays(state: StateStore) -> None:
    state.mark_days([DAY], since=NOW)
    claim = state.claim_day(NOW, lease=LEASE)
    assert claim is not None
    state.mark_days([DAY], since=NOW)
    state.finish_day(claim)
    assert state.claim_day(NOW, lease=LEASE) is not None


def test_a_whole_recount_leaves_until_when_is_counted(state: StateStore) -> None:
    state.move_found(NOW)
    state.mark_days([DAY], since=EPOCH)
    assert state.counted_until() == NOW
    claim = state.claim_day(NOW, lease=LEASE)
    assert claim is not None
    assert claim.whole
    state.mark_days([DAY], since=NOW - LEASE)
    assert state.counted_until() == NOW - LEASE


GONE = Vanished({"record:r1", "record:r2"}, {("anna", "record:r1")})


def claimed(state: StateStore, now: datetime = NOW) -> DayClaim:
    claim = state.claim_day(now, lease=LEASE)
    assert claim is not None
    return claim


def test_what_a_killed_run_deleted_is_known_until_the_day_is_finished(state: StateStore) -> None:
    state.mark_days([DAY], since=EPOCH)
    killed = claimed(state)
    state.note_gone(killed, GONE)
    state.note_gone(killed, Vanished({"site:all"}))
    again = claimed(state, NOW + LEASE)
    assert state.take_gone(again) == Vanished({*GONE.refs, "site:all"}, GONE.pairs)
    state.finish_day(again)
    assert state.marked_days() == []
    state.mark_days([DAY], since=EPOCH)
    assert state.take_gone(claimed(state)) == Vanished()


def test_what_a_worker_deletes_that_lost_its_day_is_left_for_one_more_run(
    state: StateStore,
) -> None:
    state.mark_days([DAY], since=EPOCH)
    slow = claimed(state)
    quick = claimed(state, NOW + LEASE)
    assert state.take_gone(quick) == Vanished()
    state.note_gone(slow, GONE)
    state.finish_day(quick)
    assert state.take_gone(claimed(state, NOW + LEASE)) == GONE


def test_what_a_worker_deletes_whose_day_is_finished_has_it_counted_again(
    state: StateStore,
) -> None:
    state.mark_days([DAY], since=EPOCH)
    slow = claimed(state)
    state.finish_day(claimed(state, NOW + LEASE))
    state.note_gone(slow, GONE)
    assert state.take_gone(claimed(state)) == GONE


def test_tickets_rise_whatever_the_clocks_say(state: StateStore) -> None:
    first = state.ticket(NOW)
    assert state.ticket(NOW - timedelta(days=9)) > first
    assert state.ticket(NOW + timedelta(days=1)) > first


def test_years_have_four_digits() -> None:
    assert iso_ms(datetime(202, 1, 1, tzinfo=UTC)) == "0202-01-01T00:00:00.000Z"
