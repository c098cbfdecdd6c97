"""A map of points, with a city database made for the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from tests.engine.conftest import AS_ADMIN

GENEVA = {
    "country": {"iso_code": "CH"},
    "subdivisions": [{"iso_code": "GE"}],
    "city": {"names": {"en": "Geneva"}},
    "location": {"latitude": 46.2, "longitude": 6.15},
}
TOKYO = {
    "country": {"iso_code": "JP"},
    "city": {"names": {"en": "Tokyo"}},
    "location": {"latitude": 35.7, "longitude": 139.7},
}


@pytest.fixture
def app(
    stats_namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    writer = MMDBWriter(ip_version=6, database_type="Test-City", ipv4_compatible=True)
    writer.insert_network(IPSet(["192.0.2.0/24"]), GENEVA)
    writer.insert_network(IPSet(["198.51.100.0/24"]), TOKYO)
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    database = {"STATS_COUNTRY_DATABASE": str(tmp_path / "city.mmdb")}
    app = create_app({**stats_namespace.as_config(), **AS_ADMIN, **database})
    state: StatsState = app.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    yield app
    state.stores.search.close()


def test_events_are_put_on_a_map_by_tile(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    view = {"type": "record-view", "resource": "record:r1", "parents": ["community:c"]}
    addresses = ["192.0.2.1", "192.0.2.2", "198.51.100.9", "203.0.113.5"]
    state.publish(
        [
            view | {"ip_address": address, "timestamp": "2025-03-05T10:00:00Z"}
            for address in addresses
        ]
    )
    bot = {"ip_address": "192.0.2.7", "user_agent": "Googlebot/2.1"}
    state.publish([view | bot, view | {"ip_address": "192.0.2.1", "timestamp": "2024-01-01"}])
    state.process()
    state.stores.search.refresh(state.stores.search.raw("record-view"))

    asked = "/api/stats/record-view-map?resource=community:c&from=2025-03-05&to=2025-03-05&zoom=8"
    answer = app.test_client().get(asked).json
    geneva, tokyo = answer["buckets"]
    assert [geneva["count"], geneva["country"], geneva["region"], geneva["city"]] == [
        2,
        "CH",
        "CH-GE",
        "Geneva",
    ]
    assert (geneva["key"], tokyo["key"]) == ("8/132/90", "8/227/100")
    assert (geneva["lat"], geneva["lon"]) == (46.5589, 6.3281)  # of the tile, not of visitors
    assert (tokyo["lat"], tokyo["lon"]) == (36.0313, 139.9219)
    assert (tokyo["city"], tokyo["region"]) == ("Tokyo", None)
    assert answer["total"] == {"count": 3, "unlocated": 1}
    csv = app.test_client().get(asked, headers={"Accept": "text/csv"}).text.splitlines()
    assert csv[0] == "key,lat,lon,country,region,city,count"
