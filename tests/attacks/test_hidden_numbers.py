"""Numbers and titles of restricted resources, asked for by every way around their names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.permissions import tokens
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import utc_now
from tests.engine.daily import document, write

DAY = (utc_now() - timedelta(days=2)).date().isoformat()
SECRET = 424_242
DESCRIBED: dict[str, dict[str, Any]] = {
    "space:open": {"title": "Open space"},
    "space:secret": {"access": "restricted", "title": "Secret space"},
    "record:secret": {
        "access": "restricted",
        "title": "Secret record",
        "parents": ["concept:c9", "project:p9", "collection:c"],
    },
    "record:open": {
        "access": "open",
        "title": "Open record",
        "parents": ["record:secret", "collection:c"],
    },
    "record:other": {"title": "Another", "parents": ["collection:c"]},
    "folder:x": {"parents": ["record:secret"]},
    "file:deep": {"parents": ["folder:x"]},
    "file:of-two": {"parents": ["record:open", "record:secret"]},
}
HIDDEN = ["space:secret", "record:secret", "concept:c9", "folder:x", "file:deep", "file:of-two"]


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    made = create_app(stats_namespace.as_config())
    state: StatsState = made.extensions[EXTENSION]
    state.init()
    state.stores.resources.describe(
        [Description(ref, fields, utc_now()) for ref, fields in DESCRIBED.items()]
    )
    write(state.stores.search, list(numbers()))
    yield made
    state.stores.search.close()


def numbers() -> Iterator[dict[str, Any]]:
    sizes = {"space:open": 7.0, "space:secret": float(SECRET)}
    for ref, value in sizes.items():
        yield document("store-size", DAY, ref, count=1, sum=value, max=value, last_value=value)
    views = {**dict.fromkeys(HIDDEN, SECRET), "record:open": 5, "record:other": 9}
    for ref, count in views.items():
        parents = [p for p in DESCRIBED.get(ref, {}).get("parents", ()) if p == "collection:c"]
        yield document("record-view", DAY, ref, count=count, parents=parents)
    yield document("record-view", DAY, "collection:c", count=SECRET + 14)
    for ref in ("record:secret", "record:other"):
        yield {**document("users", DAY, ref, views=3), "user_id": "reader"}


def client_of(app: Flask, user: str) -> FlaskClient:
    state: StatsState = app.extensions[EXTENSION]
    secret = tokens.make_secret()
    scope = tokens.parse_scope("user", user=user, communities=())
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def test_the_level_of_a_kind_is_of_what_may_be_seen(app: Flask) -> None:
    """The sum over a kind gave the size of a restricted space to anybody."""
    answer = app.test_client().get(f"/api/stats/store-size-level?kind=space&from={DAY}")
    assert answer.status_code == 200
    assert answer.get_json()["total"] == {"level": 7.0, "resources": 1}
    assert str(SECRET) not in answer.text


@pytest.mark.parametrize("ref", HIDDEN)
def test_what_is_in_something_restricted_is_restricted(app: Flask, ref: str) -> None:
    """A concept beside a project, a file in a folder and a file of two records were public."""
    client = app.test_client()
    asked = [
        f"/api/stats/totals/{ref}",
        f"/api/stats/record-view-total?resource={ref}",
        f"/api/stats/record-view-histogram?resource={ref}",
        f"/api/stats/record-view-by?resource={ref}&breakdown=country",
        f"/api/stats/breakdown?by=country&within={ref}",
        f"/api/stats/top?within={ref}",
        f"/badge/{ref}.svg",
        f"/stats/resource/{ref}",
    ]
    assert {url: client.get(url).status_code for url in asked} == dict.fromkeys(asked, 401)
    assert client_of(app, "stranger").get(asked[0]).status_code == 403


def test_no_ranking_names_what_is_hidden(app: Flask) -> None:
    for url in ("/api/stats/record-view-top", "/api/stats/top?within=collection:c"):
        rows = app.test_client().get(f"{url}{'&' if '?' in url else '?'}size=100").get_json()
        found = {row["resource"] for row in rows["buckets"]}
        assert "record:other" in found
        assert not found & set(HIDDEN)


def test_one_hidden_member_is_not_alone_in_other(app: Flask) -> None:
    """The bucket of what is hidden was the exact number of the one record in it."""
    url = "/api/stats/breakdown?by=record&within=collection:c&metric=views"
    answer = app.test_client().get(url).get_json()
    values = {row["key"]: row["value"] for row in answer["buckets"]}
    assert sum(values.values()) == answer["total"]
    assert "record:secret" not in values
    assert SECRET not in values.values()


def test_user_statistics_give_no_title_of_what_is_hidden(app: Flask) -> None:
    """A person's own statistics named what they may not see any more."""
    answer = client_of(app, "reader").get("/api/stats/user-statistics?user=reader")
    titles = {row["resource"]: row["title"] for row in answer.get_json()["buckets"]}
    assert titles == {"record:secret": None, "record:other": "Another"}
    assert "Secret" not in answer.text


def test_a_page_does_not_name_a_restricted_parent(app: Flask) -> None:
    answer = app.test_client().get("/stats/resource/record:open")
    assert answer.status_code == 200
    assert "record:secret" not in answer.text
    assert "Secret" not in answer.text
