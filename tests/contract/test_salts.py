"""What the salts promise, on a real MongoDB server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from stats.stores.salts import SaltStore
from stats.times import DAY_MS, to_ms

NOON = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
TODAY = to_ms(NOON) // DAY_MS


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def salts(database, clock):
    store = SaltStore(database, clock=clock)
    store.ensure()
    return store


def test_a_day_has_one_random_salt(salts):
    salt = salts.salt_of(TODAY)
    assert len(salt) == 32
    assert salts.salt_of(TODAY) == salt
    assert salts.salt_of(TODAY - 1) != salt


def test_all_workers_get_the_same(database, clock):
    workers = [SaltStore(database, clock=clock) for _ in range(8)]
    for day in range(TODAY, TODAY + 5):
        with ThreadPoolExecutor(8) as executor:
            found = set(executor.map(lambda worker, day=day: worker.salt_of(day), workers))
        assert len(found) == 1


def test_a_salt_of_today_lives_until_48_hours_after_the_end_of_the_day(salts, database, clock):
    salt = salts.salt_of(TODAY)
    clock.now = datetime(2024, 5, 19, 23, 59, 59, tzinfo=timezone.utc)
    assert salts.salt_of(TODAY) == salt
    assert salts.destroy(clock.now) == 0
    clock.now = datetime(2024, 5, 20, tzinfo=timezone.utc)
    assert salts.destroy(clock.now) == 1
    assert database["salts"].count_documents({}) == 0


def test_a_salt_of_an_old_day_lives_48_hours(salts, clock):
    salt = salts.salt_of(100)
    clock.now = NOON + timedelta(hours=47, minutes=59)
    assert salts.salt_of(100) == salt
    clock.now = NOON + timedelta(hours=48)
    assert salts.destroy(clock.now) == 1


def test_the_copies_in_memory_end_with_the_salt(salts, clock):
    salt = salts.salt_of(100)
    clock.now = NOON + timedelta(hours=48)
    assert salts.salt_of(100) != salt


def test_a_worker_whose_copy_is_gone_does_not_take_an_old_salt_from_the_collection(
    salts, database, clock
):
    salt = salts.salt_of(100)
    clock.now = NOON + timedelta(hours=48)
    other = SaltStore(database, clock=clock)
    assert other.salt_of(100) != salt
    assert salts.salt_of(100) == other.salt_of(100)


def test_destroying_twice_is_no_error(salts, clock):
    salts.salt_of(100)
    clock.now = NOON + timedelta(days=3)
    assert (salts.destroy(clock.now), salts.destroy(clock.now)) == (1, 0)
