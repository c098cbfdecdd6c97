"""What the list of the forgotten promises, on a real MongoDB server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from stats.stores.erasures import Erasures, ErasureStore

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)


def test_the_latest_time_holds_for_all_processes(database: Any) -> None:
    one, other = ErasureStore(database), ErasureStore(database)
    assert other.read() == Erasures()
    for at in (NOW, NOW + timedelta(days=1), NOW - timedelta(days=1)):
        one.add("anna", at=at)
    one.add("|%ö", at=NOW)
    assert other.read().at("anna") == NOW + timedelta(days=1)
    assert other.read().at("|%ö") == NOW
    assert other.read().at("bert") is None
    assert Erasures().at("anna") is None


def test_it_is_read_again_only_when_it_has_changed(database: Any) -> None:
    one, other = ErasureStore(database), ErasureStore(database)
    one.add("anna", at=NOW)
    known = other.read()
    assert other.read() is known
    one.add("bert", at=NOW)
    assert other.read().at("bert") == NOW


def test_it_names_nobody_and_no_two_installations_have_the_same(database: Any) -> None:
    store = ErasureStore(database)
    store.add("anna", at=NOW)
    first = list(database["erasures"].find())
    assert "anna" not in str(first)
    database.drop_collection("erasures")
    store.add("anna", at=NOW)
    names = [{str(one["_id"]) for one in found} for found in (first, database["erasures"].find())]
    assert names[0] & names[1] == {"list"}
    assert store.read().at("anna") == NOW
