"""`stats report` and `stats export` on real engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from jsonschema import Draft202012Validator

from stats.aggregations.daily_documents import document_id
from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from stats.stores.search import Action
from stats.tasks import export_datacite, export_openaire, write_reports
from tests.exports.servers import DataCite, Matomo, serving
from tests.exports.test_datacite import SCHEMA
from tests.exports.test_openaire import event
from tests.report_sources import usage_document

UTC = timezone.utc
NOW = datetime.now(UTC)
LAST = (NOW.replace(day=1) - timedelta(days=1)).replace(day=1)
MONTH = f"{LAST:%Y-%m}"


class Cli:
    """The command line in an application with some usage and two services to send to."""

    def __init__(self, app: Flask, matomo: Matomo, datacite: DataCite) -> None:
        self.app, self.matomo, self.datacite = app, matomo, datacite
        self.state: StatsState = app.extensions[EXTENSION]
        search = self.state.stores.search
        documents = [
            usage_document(f"dataset:{n}", f"{MONTH}-02", {"regular": [3, 2, 1, 1, 10]})
            for n in range(3)
        ]
        index = search.daily("usage", MONTH)
        search.bulk([Action("index", index, document_id(d["resource"]), d) for d in documents])
        search.refresh(search.daily("usage"))
        totals = {"_id": "file:f", "kind": "file", "views": 1, "downloads": 2}
        self.state.stores.totals.write([totals], ticket=1)
        self.state.stores.bookmarks.move_found(NOW)

    def run(self, *arguments: str) -> Result:
        with self.app.app_context():
            return CliRunner().invoke(stats, arguments)


@pytest.fixture
def cli(
    stats_namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    for name in stats_namespace.as_config():  # the environment is over the configuration
        monkeypatch.delenv(name, raising=False)
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    with (
        serving(Matomo("t" * 32)) as matomo,
        serving(DataCite("secret", validator, largest=50_000)) as datacite,
    ):
        config: dict[str, Any] = {
            **stats_namespace.as_config(),
            "STATS_PUBLISHER_ID": "grid:1",
            "STATS_DATACITE_URL": datacite.url,
            "STATS_DATACITE_TOKEN": "secret",
            "STATS_OPENAIRE_URL": matomo.url,
            "STATS_OPENAIRE_SITE": 7,
            "STATS_OPENAIRE_TOKEN": "t" * 32,
            "STATS_OPENAIRE_OAI_PREFIX": "oai:repo.example",
            "STATS_SCHEDULED_REPORTS": [{"report": "pr"}, {"report": "files"}],
            "STATS_REPORTS_TARGET": str(tmp_path / "reports"),
        }
        assert isinstance(matomo, Matomo)
        assert isinstance(datacite, DataCite)
        yield Cli(create_app(config), matomo, datacite)


def test_metrics_to_stdout_and_to_a_file(cli: Cli, tmp_path: Path) -> None:
    shown = cli.run("report", "metrics", "files")
    assert (shown.exit_code, shown.output.count("\n")) == (0, 2)
    target = tmp_path / "files.csv"
    assert cli.run("report", "metrics", "files", "-o", str(target)).exit_code == 0
    assert target.read_bytes() == shown.stdout_bytes
    everything = cli.run("report", "metrics", "--format", "ndjson")
    assert json.loads(everything.output)["downloads"] == 2
    assert cli.run("report", "metrics", "--by-user").exit_code == 0


def test_the_command_line_writes_what_http_answers(cli: Cli) -> None:
    token = cli.run("token", "create", "--role", "admin").stdout.strip()
    client = cli.app.test_client()

    def get(path: str) -> bytes:
        answer = client.get(f"/api/{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.data

    for name in ("", "files", "datasets", "collections", "records", "communities"):
        for suffix, options in (("", []), ("_by_user", ["--by-user"])):
            path = f"reports/metrics{'/' * bool(name)}{name}{suffix}"
            asked = ["report", "metrics", *([name] if name else []), *options]
            assert cli.run(*asked).stdout_bytes == get(path), path
    dates = f"customer_id=0000000000000000&begin_date={MONTH}&end_date={MONTH}"
    for name in ("pr", "ir", "dsr"):
        written = cli.run("report", "counter", name, "--begin", MONTH, "--end", MONTH).output
        parts = [json.loads(written), json.loads(get(f"counter/r51/reports/{name}?{dates}"))]
        for part in parts:
            part.get("Report_Header", {}).pop("Created", None)  # a second may lie between
        assert parts[0] == parts[1], name


def test_counter_reports(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "ir.tsv"
    arguments = ["--begin", MONTH, "--end", MONTH, "--format", "tsv", "-o", str(target)]
    assert cli.run("report", "counter", "ir", *arguments).exit_code == 0
    assert len(target.read_text("utf-8").splitlines()) == 15 + 3 * 4
    body = json.loads(cli.run("report", "counter", "pr", "--begin", MONTH, "--end", MONTH).output)
    assert body["Report_Items"][0]["Platform"] == "repository"
    body = json.loads(cli.run("report", "counter", "dsr", "--begin", MONTH, "--end", MONTH).output)
    assert len(body["report-datasets"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["counter", "ir", "--begin", "2024-02", "--end", "2024-01"], "3020: Invalid Date"),
        (["counter", "dsr", "--begin", MONTH, "--end", MONTH, "--format", "csv"], "format: dsr"),
        (["metrics", "--from", "2024-02-01", "--to", "2024-01-01"], "to"),
        (["metrics", "-o", "/nowhere/at/all.csv"], "-o: cannot write"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    cli: Cli, arguments: list[str], message: str
) -> None:
    result = cli.run("report", *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"stats: {message}")
    assert result.stderr.count("\n") == 1


def test_scheduled_reports(cli: Cli, tmp_path: Path) -> None:
    with cli.app.app_context():
        write_reports()
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert names == [f"files-{MONTH}.csv", f"pr-{MONTH}.json"]
    assert cli.run("report", "scheduled").stderr == "wrote 0 reports\n"
    assert cli.run("report", "scheduled", "--month", MONTH).stderr == "wrote 2 reports\n"


def test_events_to_openaire(cli: Cli) -> None:
    search = cli.state.stores.search
    moment = f"{NOW - timedelta(hours=2):%Y-%m-%dT%H:%M:%S.000Z}"
    one = event(0, timestamp=moment, indexed_at=moment)
    search.bulk([Action("create", search.raw("record-view", moment[:7]), "x", one)])
    search.refresh(search.raw("record-view"))
    assert cli.run("export", "openaire", "--dry-run").output == (
        "would send 1, refused 0, skipped 0\n"
    )
    assert cli.run("export", "openaire").output == "sent 1, refused 0, skipped 0\n"
    assert cli.run("export", "openaire").output.startswith("nothing is due: what was counted ")
    late = event(
        1, timestamp=moment, indexed_at=f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%S.000Z}"
    )
    search.bulk([Action("create", search.raw("record-view", moment[:7]), "y", late)])
    search.refresh(search.raw("record-view"))
    told = cli.run("export", "openaire").output.splitlines()
    assert told[1].startswith("not due yet: 1 event not counted yet (counted until ")
    with cli.app.app_context():
        export_openaire()
    assert len(cli.matomo.tracked) == 1
    assert cli.matomo.complaints == []


def test_dataset_reports_to_datacite(cli: Cli) -> None:
    assert cli.run("export", "datacite").output == ("submitted 3 datasets in 1 parts as report-1\n")
    assert cli.run("export", "datacite").output == "nothing to submit\n"
    with cli.app.app_context():
        export_datacite()
    assert [method for method, _ in cli.datacite.received] == ["POST"]
    assert cli.run("export", "datacite", "--month", MONTH).exit_code == 0
    assert [method for method, _ in cli.datacite.received] == ["POST", "PUT"]
    assert len(cli.datacite.reports["report-1"]) == 1
    assert cli.run("export", "datacite", "--month", "2001-01").output == (
        "no dataset was used in that month\n"
    )
