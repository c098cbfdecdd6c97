"""What would tell a single visitor to whoever asks: the time of a use, and a place of few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from stats.engines.namespace import Namespace
from stats.events.types import Dimension
from stats.ext import EXTENSION, StatsState
from stats.permissions import tokens
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import UTC, utc_now

DAY = (utc_now() - timedelta(days=2)).date().isoformat()
MIDNIGHT = f"{DAY}T00:00:00.000Z"
LATEST = f"{DAY}T13:14:15.678Z"
PLACES: Mapping[str, tuple[str, str, float, float]] = {
    "192.0.2.0/24": ("GE", "Geneva", 46.2, 6.15),
    "198.51.100.0/24": ("VD", "Nyon", 46.38, 6.23),
    "203.0.113.0/24": ("GR", "Chur", 46.85, 9.53),
}
NUMBERS = {"192.0.2.": 6, "198.51.100.": 2, "203.0.113.": 1}
"""Events by network: six of Geneva, two of Nyon in the same tile, one of Chur."""

RESTRICTED_TO = ("reporter", "auditor", "admin")
OTHERS = (None, "writer", "reader")


@pytest.fixture
def app(
    stats_namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    writer = MMDBWriter(ip_version=6, database_type="Test-City", ipv4_compatible=True)
    for network, (region, city, lat, lon) in PLACES.items():
        place = {
            "country": {"iso_code": "CH"},
            "subdivisions": [{"iso_code": region}],
            "city": {"names": {"en": city}},
            "location": {"latitude": lat, "longitude": lon},
        }
        writer.insert_network(IPSet([network]), place)
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    settings = {
        "STATS_COUNTRY_DATABASE": str(tmp_path / "city.mmdb"),
        "STATS_DIMENSIONS": [Dimension("city", "city"), Dimension("region", "region")],
        "STATS_PUBLIC_REPORTS": True,
    }
    made = create_app({**stats_namespace.as_config(), **settings})
    state: StatsState = made.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    count_views(state)
    yield made
    state.stores.search.close()


def count_views(state: StatsState) -> None:
    view = {"type": "record-view", "resource": "record:r1", "owner_id": "owner"}
    addresses = [f"{start}{n}" for start, number in NUMBERS.items() for n in range(number)]
    events = [view | {"ip_address": address, "timestamp": LATEST} for address in addresses]
    state.publish(events)
    state.process()
    state.aggregate()
    owned = Description("record:r1", {"owner_id": "owner"}, utc_now())
    state.stores.resources.describe([owned])


def client_of(app: Flask, caller: str | None) -> FlaskClient:
    client = app.test_client()
    if caller is None:
        return client
    state: StatsState = app.extensions[EXTENSION]
    role, user = ("user", caller) if caller in ("reader", "owner") else (caller, None)
    secret = tokens.make_secret()
    scope = tokens.parse_scope(role, user=user, communities=())
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def read(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_public_gets_the_day_of_the_last_use_and_the_owner_its_time(app: Flask) -> None:
    one, many = "stats/totals/record:r1", "stats/totals?ref=record:r1&ref=site:all"
    for caller in OTHERS:
        client = client_of(app, caller)
        assert read(client, one)["last_viewed"] == MIDNIGHT
        assert {total["last_viewed"] for total in read(client, many).values()} == {MIDNIGHT}
    for caller in RESTRICTED_TO:
        assert read(client_of(app, caller), one)["last_viewed"] == LATEST
    owner = client_of(app, "owner")
    found = {ref: total["last_viewed"] for ref, total in read(owner, many).items()}
    assert found == {"record:r1": LATEST, "site:all": MIDNIGHT}


def test_public_reports_tell_the_day_of_the_last_use(app: Flask) -> None:
    for window in ("", f"&from={DAY}&to={DAY}"):
        path = f"/api/reports/metrics/records?sort=last_viewed{window}"
        assert MIDNIGHT in client_of(app, None).get(path).text
        assert LATEST in client_of(app, "reporter").get(path).text


@pytest.mark.parametrize("by", ["city", "region"])
def test_places_of_few_are_merged_for_the_public(app: Flask, by: str) -> None:
    names = {"city": ("Geneva", "Nyon", "Chur"), "region": ("CH-GE", "CH-VD", "CH-GR")}[by]
    asked = f"stats/record-view-by?resource=record:r1&breakdown={by}"
    whole = f"stats/breakdown?within=record:r1&by={by}&metric=views"
    for caller in OTHERS:
        client = client_of(app, caller)
        answer = read(client, asked)
        assert [(row["key"], row["count"]) for row in answer["buckets"]] == [(names[0], 6)]
        assert (answer["other"]["count"], answer["total"]["count"]) == (3, 9)
        found = {row["key"]: row["value"] for row in read(client, whole)["buckets"]}
        assert found == {names[0]: 6, "(other)": 3}
    exact = dict(zip(names, (6, 2, 1), strict=True))
    for caller in ("owner", *RESTRICTED_TO):
        client = client_of(app, caller)
        answer = read(client, asked)
        assert {row["key"]: row["count"] for row in answer["buckets"]} == exact
        assert {row["key"]: row["value"] for row in read(client, whole)["buckets"]} == exact


def test_a_country_of_one_is_told(app: Flask) -> None:
    asked = "stats/record-view-by?resource=record:r1&breakdown=country"
    assert [row["key"] for row in read(client_of(app, None), asked)["buckets"]] == ["CH"]


def test_tiles_of_few_are_merged_into_coarser_ones(app: Flask) -> None:
    asked = "stats/record-view-map?resource=record:r1&zoom=8"
    rows = read(client_of(app, None), asked)["buckets"]
    found = [(row["key"], row["count"], row["region"], row["city"]) for row in rows]
    assert found == [("8/132/90", 8, "CH-GE", "Geneva"), ("0/0/0", 1, None, None)]
    rows = read(client_of(app, "owner"), asked)["buckets"]
    assert [(row["key"], row["count"]) for row in rows] == [("8/132/90", 8), ("8/134/90", 1)]


def test_a_last_use_has_no_time_in_any_public_answer(app: Flask) -> None:
    """Whatever a page asks of a resource: no time of a single use is in it."""
    client, moment = client_of(app, None), datetime.fromisoformat(LATEST[:-1]).replace(tzinfo=UTC)
    listed = read(client, "stats")["queries"]
    required = {"resource": "record:r1", "recid": "r1", "parent_recid": "r1", "kind": "record"}
    for query in listed:
        params = [p for p in query["parameters"] if p["required"] or p["name"] == "resource"]
        given = {
            p["name"]: required.get(p["name"]) or p["schema"].get("enum", ["r1"])[0] for p in params
        }
        answer = client.get(query["url"], query_string=given)
        assert answer.status_code in (200, 401), (query["name"], answer.text)
        assert moment.strftime("%H:%M:%S") not in answer.text, query["name"]
