"""The time that workers share, whatever their own clocks say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stats.errors import StoreUnavailable
from stats.stores.clock import ASK_EVERY, SharedClock
from stats.stores.mongo import connect
from stats.times import utc_now


def test_time_goes_by_between_two_questions_by_a_clock_that_nobody_sets(database):
    seconds = [100.0]
    clock = SharedClock(lambda: database, counter=lambda: seconds[0])
    began = clock()
    assert abs(began - utc_now()) < timedelta(seconds=5)
    assert began.utcoffset() == timedelta(0)
    seconds[0] += ASK_EVERY / 2
    assert clock() - began == timedelta(seconds=ASK_EVERY / 2)
    seconds[0] += ASK_EVERY
    assert abs(clock() - utc_now()) < timedelta(seconds=5), "it was asked again"


def test_without_a_server_there_is_no_time():
    nowhere = connect("mongodb://127.0.0.1:1/stats", timeout=0.2)
    with pytest.raises(StoreUnavailable):
        SharedClock(lambda: nowhere)()
