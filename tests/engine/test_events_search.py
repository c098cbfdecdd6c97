"""The audit log and the feed of changes, on the engines, with real events."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from stats.cli import stats as command
from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.permissions import ANONYMOUS, Identity
from stats.signals import statistics_changed
from stats.stores.resources import Description
from stats.times import UTC, iso_ms, utc_now

START = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
NDJSON = {"Accept": "application/x-ndjson"}


def event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "record-view",
        "id": f"e{number}",
        "timestamp": iso_ms(START + timedelta(minutes=number)),
        "resource": "record:r1",
        "user_id": "ann",
        "ip_address": "8.8.8.8",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        **fields,
    }


EVENTS = [
    event(1, parents=["community:c"], owner_id="olga"),
    event(2, type="file-download", resource="file:f", parents=["record:r1", "community:c"]),
    event(3, user_id="bob", resource="record:hidden", parents=["community:c"]),
    event(4, user_id="bob", resource="record:r2"),
    event(5, user_agent="Googlebot/2.1 (+http://www.google.com/bot.html)", resource="record:r2"),
]


@pytest.fixture(autouse=True)
def processed(rest_state: StatsState, stats_namespace: Namespace) -> None:
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    hidden = Description("record:hidden", {"access": "restricted"}, utc_now())
    rest_state.stores.resources.describe([hidden])
    rest_state.publish(EVENTS)
    rest_state.process()
    names = ",".join(rest_state.stores.search.raw(name) for name in rest_state.event_types)
    rest_state.stores.search.refresh(names)


def ask(rest: FlaskClient, path: str = "") -> list[str]:
    answer = rest.get(f"/api/events{path}")
    assert answer.status_code == 200, answer.text
    assert answer.json
    return [found["id"] for found in answer.json["events"]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ["e5", "e4", "e3", "e2", "e1"]),
        ("?user=bob", ["e4", "e3"]),
        ("?user=nobody", []),
        ("?resource=record:r1", ["e2", "e1"]),
        ("?resource=community:c", ["e3", "e2", "e1"]),
        ("?resource=user:olga", ["e1"]),
        ("?resource=community:none", []),
        ("?type=file-download", ["e2"]),
        ("?user=ann&resource=community:c&type=record-view", ["e1"]),
        ("?from=2025-01-02T03:07:05Z&to=2025-01-02T03:08:05Z", ["e4", "e3"]),
        ("?from=2025-01-02&to=2025-01-02", ["e5", "e4", "e3", "e2", "e1"]),
        ("?to=2025-01-01", []),
    ],
)
def test_filters(rest: FlaskClient, path: str, expected: list[str]) -> None:
    assert ask(rest, path) == expected


def test_an_event_has_time_place_and_who(rest: FlaskClient) -> None:
    answer = rest.get("/api/events?user=ann&type=file-download")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json
    (found,) = answer.json["events"]
    assert found["timestamp"] == "2025-01-02T03:06:05.000Z"
    assert (found["user_id"], found["ip_address"], found["country"]) == ("ann", "8.8.8.8", "US")
    assert found["parents"] == ["record:r1", "community:c"]
    assert not {"visitor_id", "session", "private", "partition"} & found.keys()
    assert answer.json["next"] is None
    robot = rest.get("/api/events?resource=record:r2&user=ann").json
    assert robot and robot["events"][0]["excluded"] == "robot"


def test_pages_in_both_forms(rest: FlaskClient) -> None:
    first = rest.get("/api/events?size=2").json
    assert first
    second = rest.get(f"/api/events?size=2&cursor={first['next']}").json
    assert second
    found = [item["id"] for item in first["events"] + second["events"]]
    assert found == ["e5", "e4", "e3", "e2"]
    lines, path = [], "/api/events?size=2&user=ann"
    while path:
        answer = rest.get(path, headers=NDJSON)
        assert answer.mimetype == "application/x-ndjson"
        lines += [json.loads(line)["id"] for line in answer.text.splitlines()]
        link = answer.headers.get("Link", "")
        path = link.partition(">")[0].lstrip("<")
    assert lines == ["e5", "e2", "e1"]
    behind = rest.get("/api/events?size=1", base_url="http://localhost/behind")
    assert behind.headers["Link"].startswith("</behind/api/events?size=1&cursor=")


def test_who_sees_which_part(rest: FlaskClient) -> None:
    identities = rest.application.config
    identities["IDENTITY"] = Identity(roles=frozenset({"auditor"}))
    assert ask(rest) == ["e5", "e4", "e2", "e1"]
    assert ask(rest, "?user=bob") == ["e4"]
    identities["IDENTITY"] = Identity(user_id="bob")
    assert ask(rest) == ["e4", "e3"]
    assert rest.get("/api/events?user=ann").status_code == 403
    identities["IDENTITY"] = ANONYMOUS
    assert rest.get("/api/events").status_code == 401


def test_the_command_line_prints_it_all(rest: FlaskClient) -> None:
    def run(*arguments: str) -> tuple[int, list[str]]:
        with rest.application.app_context():
            done = CliRunner().invoke(command, ["events", "search", *arguments])
        lines = [json.loads(line)["id"] for line in done.stdout.splitlines()]
        return done.exit_code, lines

    assert run() == (0, ["e5", "e4", "e3", "e2", "e1"])
    assert run("--user", "bob", "--resource", "community:c") == (0, ["e3"])
    assert run("--type", "record-view", "--from", "2025-01-02", "--limit", "2") == (0, ["e5", "e4"])
    assert run("--type", "nope") == (2, [])
    assert run("--user", "") == (2, [])


def test_a_receiver_learns_what_has_new_totals(rest_state: StatsState) -> None:
    heard: list[tuple[object, frozenset[str]]] = []

    def fails(sender: object, **_: Any) -> None:
        raise RuntimeError("a host's bug")

    def hears(sender: object, refs: frozenset[str], **_: Any) -> None:
        heard.append((sender, refs))

    with statistics_changed.connected_to(fails), statistics_changed.connected_to(hears):
        rest_state.aggregate()
    ((sender, refs),) = heard
    assert sender is rest_state
    assert {"record:r1", "community:c", "user:olga", "site:all"} <= refs
    assert rest_state.totals(["record:r1"])["record:r1"]["views"] == 1


def test_the_feed_of_changes(rest: FlaskClient, rest_state: StatsState) -> None:
    before = rest.get("/api/stats/changed").json
    assert before and before["changed"] == []
    rest_state.aggregate()
    everything = rest.get(f"/api/stats/changed?since={before['next']}").json
    assert everything
    found = {total["resource"]: total for total in everything["changed"]}
    assert {"record:r1", "record:hidden", "file:f", "community:c", "site:all"} <= found.keys()
    assert (found["record:r1"]["views"], found["record:r1"]["downloads"]) == (1, 1)
    kinds = rest.get("/api/stats/changed?kind=record").json
    assert kinds and {total["kind"] for total in kinds["changed"]} == {"record"}
    later = iso_ms(utc_now() + timedelta(seconds=1))
    nothing = rest.get(f"/api/stats/changed?since={later}").json
    assert nothing and nothing["changed"] == []
    assert rest.get("/api/stats/changed?since=soon").status_code == 400
    assert rest.get("/api/stats/changed?sinse=2025-01-01").status_code == 400
    assert rest.get("/api/stats/changed?kind=").status_code == 400


def test_the_feed_in_pages_misses_nothing(rest: FlaskClient, rest_state: StatsState) -> None:
    rest_state.aggregate()
    all_at_once = rest.get("/api/stats/changed").json
    assert all_at_once
    expected = [total["resource"] for total in all_at_once["changed"]]
    found: list[str] = []
    since = ""
    while True:
        page = rest.get("/api/stats/changed", query_string={"size": 2, "since": since}).json
        assert page
        found += [total["resource"] for total in page["changed"]]
        since = page["next"]
        if len(page["changed"]) < 2:
            break
    assert found == expected
    assert since < iso_ms(utc_now() - timedelta(seconds=59))
