"""Remarks on days: added and removed on the command line, seen by role, in every form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from stats.cli import stats as stats_group
from stats.ext import EXTENSION
from stats.permissions import tokens
from stats.times import utc_now

HISTORY = "/api/stats/record-view-histogram{}?resource={}&from=2026-02-27&to=2026-03-03"


@pytest.fixture
def app(make_app: Callable[..., Flask], overrides: dict[str, Any]) -> Flask:
    return make_app(overrides, [])


def run(app: Flask, *given: str) -> str:
    done = app.test_cli_runner().invoke(stats_group, ["annotate", *given])
    assert done.exit_code == 0, done.output
    return str(done.output).strip()


def headers(app: Flask, role: tokens.Role, *communities: str) -> dict[str, str]:
    secret = tokens.make_secret()
    scope = tokens.parse_scope(role, user=None, communities=communities)
    document = tokens.build_document(secret, scope, now=utc_now(), expires=None)
    app.extensions[EXTENSION].stores.tokens.add(document)
    return {"Authorization": f"Bearer {secret}"}


def remarks(client: FlaskClient, ref: str, **kwargs: Any) -> list[str]:
    answer = client.get(HISTORY.format("", ref), **kwargs).json
    return [f"{one['date']} {one['text']}" for one in answer.get("annotations", [])]


def test_a_remark_is_on_the_histories_of_its_resource_for_its_readers(app: Flask) -> None:
    run(app, "2026-03-01", "press release", "--resource", "community:c")
    run(app, "2026-03-02", "new design", "--public")
    run(app, "2026-03-09", "later", "--public")
    client = app.test_client()
    assert remarks(client, "community:c") == ["2026-03-02 new design"]
    assert remarks(client, "record:r") == ["2026-03-02 new design"]
    both = ["2026-03-01 press release", "2026-03-02 new design"]
    assert remarks(client, "community:c", headers=headers(app, "reporter")) == both
    assert remarks(client, "community:c", headers=headers(app, "curator", "c")) == both
    other = headers(app, "curator", "other")
    assert remarks(client, "community:c", headers=other) == ["2026-03-02 new design"]
    assert remarks(client, "record:r", headers=headers(app, "admin")) == ["2026-03-02 new design"]


def test_the_table_of_a_history_has_its_remarks_on_their_days(app: Flask) -> None:
    run(app, "2026-03-01", "=press release", "--public")
    run(app, "2026-03-01", "conference", "--public", "--resource", "record:r")
    client = app.test_client()
    header, *rows = client.get(HISTORY.format(".csv", "record:r")).text.splitlines()
    assert header == "date,count,unique_count,annotations"
    cells = {row.split(",", 3)[0]: row.split(",", 3)[3] for row in rows}
    orders = {"'=press release; conference", "conference; =press release"}  # as their ids are
    assert cells["2026-03-01"] in orders
    assert {text for day, text in cells.items() if day != "2026-03-01"} == {""}
    weeks = client.get(HISTORY.format(".csv", "record:r") + "&interval=week").text.splitlines()
    assert weeks[1].startswith("2026-02-23,0,0,") and "conference" in weeks[1]


def test_remarks_are_listed_and_removed(app: Flask) -> None:
    first = run(app, "2026-03-01", "press release", "--resource", "community:c")
    second = run(app, "2026-02-01", "new design", "--public")
    assert run(app, "list").splitlines() == [
        f"{second}\t2026-02-01\tthe site\teverybody\tnew design",
        f"{first}\t2026-03-01\tcommunity:c\treporters\tpress release",
    ]
    assert run(app, "remove", first) == ""
    assert run(app, "list", "--resource", "community:c") == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["press release"], "stats: DAY must be a date YYYY-MM-DD, not 'press release'"),
        (["2026-03-01"], "say what happened: stats annotate DAY TEXT"),
        (["2026-02-30", "x"], "DAY must be a date YYYY-MM-DD, not '2026-02-30'"),
        (["2026-03-01", "x", "--resource", "nonsense"], "--resource"),
        (["remove", "abcd"], "there is no annotation 'abcd'"),
        ([], "Usage"),
    ],
)
def test_a_wrong_remark_is_one_line(app: Flask, given: list[str], said: str) -> None:
    done = app.test_cli_runner().invoke(stats_group, ["annotate", *given])
    assert done.exit_code == 2
    assert said in done.output
    assert not given or len(done.output.strip().splitlines()) == 1
