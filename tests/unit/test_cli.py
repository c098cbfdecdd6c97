"""The command line: one line on stderr, the right exit code, and what `status` says."""

from __future__ import annotations

import socket
import sys
from time import monotonic

import pytest
from click.testing import CliRunner

from stats.cli import stats
from stats.errors import InputError
from stats.stores import mongo


@pytest.mark.parametrize(
    "arguments",
    [
        *(["audit", "--from", "x"], ["nonsense"], ["erase"], ["query"], ["engines", "nonsense"]),
        *(["query", "top", "size"], ["query", "top", "size=1", "size=2"]),
        ["query", "top", "from=2024-02-01", "to=2024-01-01"],
    ],
)
def test_bad_usage_is_one_line_and_exit_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(stats, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("stats: ")
    assert len(result.stderr.splitlines()) == 1
    assert "to: to" not in result.stderr


def test_a_field_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise InputError("bad_format", "rule 1: path is wrong", field="rule 1")

    monkeypatch.setattr("stats.ext.StatsState.query", fail)
    result = CliRunner().invoke(stats, ["query", "top"])
    assert (result.exit_code, result.stderr) == (2, "stats: rule 1: path is wrong\n")


def test_a_comparison_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "stats.bench.invenio", raising=False)
    monkeypatch.setitem(sys.modules, "invenio_search", None)
    result = CliRunner().invoke(stats, ["bench", "--against", "invenio-stats"])
    assert result.exit_code == 2
    assert "pip install 'stats[bench]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_engine_that_is_down_is_exit_3_after_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATS_ELASTICSEARCH_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(stats, ["init", "--wait", "0.2"])
    assert result.exit_code == 3
    assert "Elasticsearch is not reachable" in result.stderr


@pytest.mark.parametrize("wait", [[], ["--wait", "0.2"]])
@pytest.mark.parametrize("servers", ["127.0.0.1:1", "127.0.0.1:1,localhost:2", "nowhere.invalid"])
def test_mongodb_that_refuses_is_given_up_at_once(
    monkeypatch: pytest.MonkeyPatch, servers: str, wait: list[str]
) -> None:
    monkeypatch.setenv("STATS_MONGO_URL", f"mongodb://{servers}/stats")
    begun = monotonic()
    result = CliRunner().invoke(stats, ["token", "list", *wait])
    assert monotonic() - begun < 2
    assert result.exit_code == 3
    assert result.stderr.startswith("stats: MongoDB is not reachable: ")
    assert all(server in result.stderr for server in servers.split(","))


def test_a_server_that_takes_its_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("socket.create_connection", late)
    mongo.check_listening("mongodb://db1.example,db2.example/stats")


def test_a_fail_over_leaves_a_server_that_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        mongo.check_listening(f"mongodb://127.0.0.1:1,127.0.0.1:{port}/stats?replicaSet=r")
        mongo.check_listening("mongodb://%2Ftmp%2Fmongodb-27017.sock/stats")
