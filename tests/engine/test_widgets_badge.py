"""Badges of totals that are in MongoDB."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from stats.errors import AccessError
from stats.ext import StatsState
from stats.permissions import ANONYMOUS, COMMAND_LINE
from stats.stores.resources import Description
from stats.times import utc_now


def test_a_badge_shows_a_number_of_the_totals(rest: FlaskClient, rest_state: StatsState) -> None:
    row = {"_id": "record:a/b", "views": 1234, "unique_views": 1000, "volume": 5_000_000}
    rest_state.stores.totals.write([row], ticket=1)
    shown = {
        metric: rest.get(f"/badge/record%3Aa%2Fb.svg?metric={metric}").text
        for metric in ("views", "unique_views", "volume")
    }
    assert "<title>views: 1.23K</title>" in shown["views"]
    assert "<title>unique views: 1K</title>" in shown["unique_views"]
    assert "<title>downloaded: 5 MB</title>" in shown["volume"]


def test_a_badge_of_what_nobody_knows_says_so(rest: FlaskClient, rest_state: StatsState) -> None:
    unknown = rest.get("/badge/record:none.svg?label=used")
    assert unknown.status_code == 200
    assert "<title>used: not known yet</title>" in unknown.text
    described = Description("record:none", {"title": "Nothing yet"}, utc_now())
    rest_state.stores.resources.describe([described])
    assert "<title>views: 0</title>" in rest.get("/badge/record:none.svg").text


def test_a_badge_is_a_conditional_answer(rest: FlaskClient) -> None:
    rest.application.config["IDENTITY"] = ANONYMOUS
    first = rest.get("/badge/record:r1.svg")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = rest.get("/badge/record:r1.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    rest.application.config["IDENTITY"] = COMMAND_LINE
    private = rest.get("/badge/record:r1.svg")
    assert private.headers["Cache-Control"] == "private, max-age=300"


@pytest.mark.parametrize(("signed_in", "status"), [(False, 401), (True, 403)])
def test_a_badge_of_what_is_not_public_says_so(
    rest: FlaskClient, monkeypatch: pytest.MonkeyPatch, *, signed_in: bool, status: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AccessError("no", signed_in=signed_in)

    monkeypatch.setattr("stats.widgets.blueprint.require_resource", refuse)
    response = rest.get("/badge/record:r1.svg")
    assert response.status_code == status
    assert "not public" in response.text
    assert "0" not in response.text.split("<title>")[1].split("</title>")[0]
