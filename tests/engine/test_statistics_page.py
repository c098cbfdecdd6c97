"""The page of statistics tells the truth: every example is run on the engines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from stats.stores.search import SearchStore
from tests.engine.conftest import AS_ADMIN

DOCS = Path(__file__).parents[2] / "docs"
TOKEN = "stats token create --role reporter --expires 90d"
EXPECTED = re.compile(r'`(?:"(?P<text>.*?)"|(?P<path>\S+) = (?P<value>.*?))`(?:, |$)')
FAILED = re.compile(r"[45]\d\d [A-Z]|exit \d")


class Row(NamedTuple):
    statistic: str
    example: str
    answer: str


def list_rows() -> Iterator[Row]:
    """Yield the rows of all tables: the first, the last but one and the last cell."""
    for line in (DOCS / "statistics.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[-2].startswith("`"):
            yield Row(cells[0], cells[-2].strip("`"), cells[-1].removesuffix(" |").strip())


def list_expected(answer: str) -> list[re.Match[str]]:
    return list(EXPECTED.finditer(answer))


def find(found: Any, path: str) -> Any:
    """Follow a path such as ``buckets.0.key`` into JSON; keys may be refs with a colon."""
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def write_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The service with the page's events counted; whoever asks is admin."""
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    exported = {"STATS_OPENAIRE_SITE": 1, "STATS_OPENAIRE_OAI_PREFIX": "oai:repository.example"}
    app = create_app({**stats_namespace.as_config(), **AS_ADMIN, **exported})
    state: StatsState = app.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    lines = (DOCS / "statistics.ndjson").read_text("utf-8").splitlines()
    state.publish([json.loads(line) for line in lines])
    state.process()
    state.aggregate()
    with app.app_context():
        made = CliRunner().invoke(stats, TOKEN.split()[1:])
        assert made.exit_code == 0, made.output
    yield app
    state.stores.search.close()


def run_example(app: Flask, client: FlaskClient, example: str) -> str:
    """Run ``GET ...`` or ``stats ...``; return what it answers, or why it fails."""
    if example.startswith("GET "):
        response = client.get(example.removeprefix("GET "))
        text = response.get_data(as_text=True)
        return text if response.status_code == 200 else f"{response.status}: {text}"
    with app.app_context():
        result = CliRunner().invoke(stats, example.split()[1:])
    return result.output if result.exit_code == 0 else f"exit {result.exit_code}: {result.output}"


def check(row: Row, output: str) -> Iterator[str]:
    """Yield what is not as the page says."""
    for expected in list_expected(row.answer):
        if expected["path"] is None:
            if expected["text"] not in output:
                yield f"{row.example}: no {expected['text']!r} in {output[:300]}"
            continue
        try:
            found = write_value(find(json.loads(output), expected["path"]))
        except (ValueError, KeyError, IndexError, TypeError):
            yield f"{row.example}: no {expected['path']} in {output[:300]}"
            continue
        if found != expected["value"].strip():
            yield f"{row.example}: {expected['path']} is {found}, not {expected['value']}"


def test_every_row_says_what_to_expect() -> None:
    rows = list(list_rows())
    assert len(rows) > 45
    for row in rows:
        assert row.example.startswith(("GET /", "stats ")), row
        assert list_expected(row.answer), row
        assert all(one["text"] != "" for one in list_expected(row.answer)), row
    assert TOKEN in (DOCS / "statistics.md").read_text("utf-8")


def test_every_example_answers_as_the_page_says(app: Flask) -> None:
    client = app.test_client()
    wrong = []
    for row in list_rows():
        output = run_example(app, client, row.example)
        if FAILED.match(output):  # the id of a token may begin with a digit too
            wrong.append(f"{row.example}: {output[:300]}")
        else:
            wrong.extend(check(row, output))
    assert not wrong, "\n".join(wrong)


LEVELS = (
    "file:f1",
    "record:r1",
    "concept:p1",
    "dataset:d1",
    "collection:theses",
    "space:physics",
    "community:zenodo",
    "user:u1",
    "site:all",
)
DIVIDED = ("record:r1", "community:zenodo", "site:all")


def read_total(client: FlaskClient, name: str, resource: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/stats/{name}-total?resource={resource}").json
    return answer["total"]


def test_the_numbers_of_every_level_agree(app: Flask) -> None:
    """Sums of days are the total, uniques are no more, breakdowns add up, versions hold all."""
    client = app.test_client()
    state: StatsState = app.extensions[EXTENSION]
    window = "from=2025-01-01&to=2025-12-31"
    for aggregation in state.aggregations:
        name = aggregation.event_type.name
        for resource in LEVELS:
            total = read_total(client, name, resource)
            assert total["unique_count"] <= total["count"], (name, resource)
            asked = f"resource={resource}&{window}"
            for interval in ("day", "month") if resource == "site:all" else ("month",):
                answer = client.get(f"/api/stats/{name}-histogram?{asked}&interval={interval}").json
                counted = sum(bucket["count"] for bucket in answer["buckets"])
                assert counted == answer["total"]["count"] == total["count"], (name, resource)
            for breakdown in aggregation.breakdowns if resource in DIVIDED else ():
                divided = breakdown.name.replace("+", "%2B")
                answer = client.get(f"/api/stats/{name}-by?{asked}&size=2&breakdown={divided}").json
                counted = sum(bucket["count"] for bucket in answer["buckets"])
                assert counted + answer["other"]["count"] == total["count"], (name, breakdown.name)
        if aggregation.event_type.counts_as is None:
            continue
        this, every = (read_total(client, name, ref) for ref in ("record:r1", "concept:p1"))
        assert every["count"] >= this["count"]
        assert read_total(client, name, "site:all")["count"] >= every["count"]


def test_types_without_events_cost_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day is counted by one search over all types, and reads of those that have events."""
    state: StatsState = app.extensions[EXTENSION]
    asked: list[str] = []

    def note(name: str) -> None:
        method = getattr(SearchStore, name)

        def noting(self: SearchStore, index: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(index)
            return method(self, index, *args, **kwargs)

        monkeypatch.setattr(SearchStore, name, noting)

    note("pages")
    note("search")
    loan = {"type": "loan-request", "resource": "item:9", "timestamp": "2020-01-15T10:00:00Z"}
    state.publish([loan])
    assert sum(done.created for done in state.process().values()) == 1
    state.aggregate()
    raw = [index for index in asked if "events-stats" in index and "2020-01" in index]
    over_all = [index for index in raw if "," in index]
    assert len(over_all) == 1
    assert [index for index in raw if index not in over_all] == [
        state.stores.search.raw("loan-request", "2020-01")
    ]
