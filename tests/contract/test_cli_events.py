"""``stats events`` from the command line, on real engines: last lines and exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from stats.cli import stats
from tests.contract.conftest import TYPES

GOOD = {"type": "record-view", "resource": "record:r1"}
MAPPING = """
[[rule]]
path = '^/files/(?P<name>.+)$'
type = "file-download"
resource = "file:{name}"
"""
LINE = (
    '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET {} HTTP/1.1" 200 20 "-" "Mozilla/5.0 (X11)"\n'
)


@pytest.fixture
def run(queues, stats_namespace):
    environment = stats_namespace.as_config() | {"STATS_CONNECT_TIMEOUT": "20"}

    def run(*arguments, given=None, **more):
        return CliRunner().invoke(
            stats, ["events", *arguments], input=given, env=environment | more
        )

    return run


def last(result):
    return result.stdout.splitlines()[-1]


def test_publishing_takes_the_good_lines_and_names_the_others(run, queues):
    lines = [json.dumps(GOOD), "", "{broken", json.dumps(GOOD | {"via": "x"}), json.dumps(GOOD)]
    result = run("publish", "-", given="\n".join(lines))
    assert last(result) == "accepted 2, rejected 2"
    assert result.exit_code == 1
    assert "line 3: not_json" in result.stderr
    assert "line 4: bad_format: via" in result.stderr


def test_what_cannot_be_kept_beside_a_use_is_a_warning_by_line(run, queues):
    lines = [json.dumps(GOOD), json.dumps(GOOD | {"size": -1, "title": "half \ud83d"})]
    result = run("publish", "-", given="\n".join(lines))
    assert (last(result), result.exit_code) == ("accepted 2, rejected 0", 0)
    assert "line 2: warning: out_of_range: size" in result.stderr
    assert "line 2: warning: bad_format: title" in result.stderr


def test_publishing_good_lines_only_is_exit_code_0(run, tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_text((json.dumps(GOOD) + "\n") * 4_500, "utf-8")
    result = run("publish", str(file))
    assert (last(result), result.exit_code) == ("accepted 4500, rejected 0", 0)


def test_importing_and_processing_twice_counts_once(run, tmp_path):
    log, mapping = tmp_path / "access.log", tmp_path / "mapping.toml"
    log.write_text(LINE.format("/files/a") * 2 + LINE.format("/x") + "nonsense\n", "utf-8")
    mapping.write_text(MAPPING, "utf-8")
    arguments = ("import", str(log), "--format", "combined", "--mapping", str(mapping))
    for made in ("2 new, 0 known", "0 new, 2 known"):
        result = run(*arguments)
        assert last(result) == "imported 2, skipped 1, malformed 1"
        assert "line 4: " in result.stderr
        assert result.exit_code == 1  # a quarter of the lines
        result = run("process", "file-download")
        assert result.stdout == f"file-download: {made}, 0 dead letters\n"


def test_dead_letters_are_listed_replayed_and_dropped(run, queues):
    queues.publish("record-view", [b"\xff", json.dumps(GOOD).encode()])
    assert "record-view: 0 new, 0 known, 2 dead letters" in run("process").stdout
    shown = [json.loads(line) for line in run("dead-letters", "list").stdout.splitlines()]
    assert sorted(letter["code"] for letter in shown) == ["missing", "not_json"]
    result = run("dead-letters", "replay")
    assert (last(result), result.exit_code) == ("replayed 1, refused 1", 1)
    assert "record-view: 1 new" in run("process").stdout
    assert run("dead-letters", "drop", "nonsense").exit_code == 2
    assert last(run("dead-letters", "drop")) == "dropped 1"
    assert run("dead-letters", "list").stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("process", "no-such-type"),
        ("publish", "/no/such/file"),
        ("import", "/no/such/file", "--format", "combined"),
        ("import", __file__, "--format", "combined"),
        ("import", __file__, "--format", "combined", "--mapping", __file__),
        ("import", __file__, "--format", "other"),
    ],
)
def test_bad_usage_is_exit_code_2_without_a_traceback(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("STATS_BROKER_URL", "amqp://guest:guest@127.0.0.1:1//"),
        ("STATS_ELASTICSEARCH_URL", "http://127.0.0.1:1"),
        ("STATS_MONGO_URL", "mongodb://127.0.0.1:1/stats"),
    ],
)
def test_an_engine_that_is_down_is_exit_code_3(run, setting, url):
    result = run("process", **{setting: url, "STATS_CONNECT_TIMEOUT": "1"})
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1


def test_publishing_without_a_broker_is_exit_code_3(run):
    result = run("publish", "-", given=json.dumps(GOOD), STATS_BROKER_URL="amqp://127.0.0.1:1//")
    assert result.exit_code == 3


def test_all_types_are_processed_without_arguments(run):
    result = run("process")
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == list(TYPES)
