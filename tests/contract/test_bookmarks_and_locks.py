"""What the bookkeeping promises workers that are slow, killed or mistaken, on a real MongoDB."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from stats.stores.bookmarks import Bookmarks
from stats.stores.locks import DayClaim, DayClaims, DeletedDocuments
from stats.times import EPOCH, UTC, iso_ms

DAY = date(2024, 3, 5)
NOW = datetime(2024, 3, 7, tzinfo=UTC)
LEASE = timedelta(seconds=300)


@pytest.fixture
def bookmarks(database: Any) -> Bookmarks:
    return Bookmarks(database)


@pytest.fixture
def claims(database: Any, bookmarks: Bookmarks) -> DayClaims:
    found = DayClaims(database, bookmarks)
    found.ensure()
    return found


def test_a_worker_that_outlived_its_lease_takes_no_new_mark_away(claims: DayClaims) -> None:
    claims.mark_days([DAY], since=NOW)
    slow = claims.claim_day(NOW, lease=LEASE)
    quick = claims.claim_day(NOW + 2 * LEASE, lease=LEASE)
    assert slow is not None
    assert quick is not None
    claims.finish_day(quick)
    claims.mark_days([DAY], since=NOW + 3 * LEASE)
    claims.finish_day(slow)
    assert claims.marked_days() == [DAY]
    again = claims.claim_day(NOW + 4 * LEASE, lease=LEASE)
    assert again is not None
    claims.release_day(slow)
    assert claims.claim_day(NOW + 4 * LEASE, lease=LEASE) is None


def test_a_day_is_kept_by_its_worker_alone(claims: DayClaims) -> None:
    claims.mark_days([DAY], since=NOW)
    slow = claims.claim_day(NOW, lease=LEASE)
    assert slow is not None
    claims.renew_day(slow, NOW + LEASE, lease=LEASE)
    assert claims.claim_day(NOW + LEASE, lease=LEASE) is None
    quick = claims.claim_day(NOW + 2 * LEASE, lease=LEASE)
    assert quick is not None
    claims.renew_day(slow, NOW + 9 * LEASE, lease=LEASE)  # too late: it is another's
    assert claims.claim_day(NOW + 3 * LEASE, lease=LEASE) is not None
    claims.finish_day(quick)
    claims.renew_day(slow, NOW, lease=LEASE)
    assert claims.marked_days() == [DAY]


def test_a_mark_made_while_a_day_is_counted_stays(claims: DayClaims) -> None:
    claims.mark_days([DAY], since=NOW)
    claim = claims.claim_day(NOW, lease=LEASE)
    assert claim is not None
    claims.mark_days([DAY], since=NOW)
    claims.finish_day(claim)
    assert claims.claim_day(NOW, lease=LEASE) is not None


def test_a_whole_recount_leaves_until_when_is_counted(
    claims: DayClaims, bookmarks: Bookmarks
) -> None:
    bookmarks.move_found(NOW)
    claims.mark_days([DAY], since=EPOCH)
    assert bookmarks.counted_until() == NOW
    claim = claims.claim_day(NOW, lease=LEASE)
    assert claim is not None
    assert claim.whole
    claims.mark_days([DAY], since=NOW - LEASE)
    assert bookmarks.counted_until() == NOW - LEASE


GONE = DeletedDocuments({"record:r1", "record:r2"}, {("anna", "record:r1")})


def claimed(claims: DayClaims, now: datetime = NOW) -> DayClaim:
    claim = claims.claim_day(now, lease=LEASE)
    assert claim is not None
    return claim


def test_what_a_killed_run_deleted_is_known_until_the_day_is_finished(claims: DayClaims) -> None:
    claims.mark_days([DAY], since=EPOCH)
    killed = claimed(claims)
    claims.note_gone(killed, GONE)
    claims.note_gone(killed, DeletedDocuments({"site:all"}))
    again = claimed(claims, NOW + LEASE)
    assert claims.take_gone(again) == DeletedDocuments({*GONE.refs, "site:all"}, GONE.pairs)
    claims.finish_day(again)
    assert claims.marked_days() == []
    claims.mark_days([DAY], since=EPOCH)
    assert claims.take_gone(claimed(claims)) == DeletedDocuments()


def test_what_a_worker_deletes_that_lost_its_day_is_left_for_one_more_run(
    claims: DayClaims,
) -> None:
    claims.mark_days([DAY], since=EPOCH)
    slow = claimed(claims)
    quick = claimed(claims, NOW + LEASE)
    assert claims.take_gone(quick) == DeletedDocuments()
    claims.note_gone(slow, GONE)
    claims.finish_day(quick)
    assert claims.take_gone(claimed(claims, NOW + LEASE)) == GONE


def test_what_a_worker_deletes_whose_day_is_finished_has_it_counted_again(
    claims: DayClaims,
) -> None:
    claims.mark_days([DAY], since=EPOCH)
    slow = claimed(claims)
    claims.finish_day(claimed(claims, NOW + LEASE))
    claims.note_gone(slow, GONE)
    assert claims.take_gone(claimed(claims)) == GONE


def test_tickets_rise_whatever_the_clocks_say(bookmarks: Bookmarks) -> None:
    first = bookmarks.ticket(NOW)
    assert bookmarks.ticket(NOW - timedelta(days=9)) > first
    assert bookmarks.ticket(NOW + timedelta(days=1)) > first


def test_years_have_four_digits() -> None:
    assert iso_ms(datetime(202, 1, 1, tzinfo=UTC)) == "0202-01-01T00:00:00.000Z"
