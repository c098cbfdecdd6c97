"""`stats retention|erase|reflag|audit|import-legacy` as a shell sees them: lines and exit codes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from stats.cli import stats
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from stats.stores.search_servers.server import find_server
from stats.tasks import build_schedule, retention
from tests.engine.days.test_retention import people_day
from tests.engine.forgetting import UPLOAD, Day, everything, raw, send
from tests.engine.invenio import Invenio, downloads

MONTHS_AGO, YESTERDAY = Day(800), Day(1)


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    # nothing is on its way here, so the wait that is said in a line is short
    config = {
        "STATS_EVENTS": [UPLOAD],
        "STATS_REQUEST_TIMEOUT": 0.9,
        "STATS_BULK_VISIBLE_SECONDS": 1,
    }
    app = create_app({**stats_namespace.as_config(), **config})
    state = app.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    monkeypatch.setattr(state.stores, "search", slow_enough(state))
    state.init()
    yield app
    state.stores.search.close()


def slow_enough(state: StatsState):
    """Requests may take longer on a busy machine than what is on its way is waited for."""
    search = state.stores.search
    search._found = find_server(search._address, timeout=30)
    return search


@pytest.fixture
def state(app: Flask) -> StatsState:
    found: StatsState = app.extensions[EXTENSION]
    return found


def run(app: Flask, *arguments: str) -> Result:
    with app.app_context():
        return CliRunner().invoke(stats, arguments)


def test_retention(app: Flask, state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO))
    dry = run(app, "retention", "--dry-run")
    assert (dry.exit_code, dry.stdout) == (
        0,
        "would have dropped 10 raw events, scrubbed 0, rolled up 0 months\n",
    )
    done = run(app, "retention")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (
        0,
        "waiting 1 s for events that are on their way",
    )
    assert done.stdout.startswith("dropped 10 raw events, scrubbed 0,")
    assert raw(state) == []


def test_retention_refuses(app: Flask, state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO), aggregate=False)
    done = run(app, "retention")
    assert done.exit_code == 1
    assert "raw events stay, not counted yet: " in done.stderr
    assert MONTHS_AGO.date.isoformat() in done.stderr.splitlines()[-1]
    assert len(raw(state)) == 10


def test_the_task_does_what_the_command_does(app: Flask, state: StatsState) -> None:
    send(state, people_day(MONTHS_AGO))
    with app.app_context():
        retention.run()
    assert raw(state) == []
    schedule = build_schedule(state.settings)["stats.retention"]
    assert schedule["schedule"].total_seconds() == 3600


def test_erase_and_reflag(app: Flask, state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    done = run(app, "erase", "--user", "anna")
    assert (done.exit_code, done.stdout) == (
        0,
        "scrubbed 6 events, recounted 1 days, deleted 4 rows of people and 0 tokens\n",
    )
    assert "anna" not in str(everything(state))
    done = run(app, "reflag")
    assert (done.exit_code, done.stdout) == (
        0,
        "changed 0 events, recounted 0 days;"
        " 6 events could not be judged: their user agent is scrubbed\n",
    )
    assert run(app, "erase").exit_code == 2
    assert (
        run(app, "erase", "--user", "").stderr == "stats: user: --user is empty; name the person\n"
    )


def test_audit(app: Flask, state: StatsState) -> None:
    send(state, people_day(YESTERDAY))
    done = run(app, "audit")
    assert (done.exit_code, done.stdout.splitlines()[-1].endswith(": 0 differences")) == (0, True)
    totals = state.stores.database["statistic_totals"]
    totals.update_one({"_id": "record:r1"}, {"$inc": {"views": 1}})
    done = run(app, "audit", "--from", "2020-01-01", "--to", "2020-01-02")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].startswith("statistic_totals total record:r1 views: stored")
    assert run(app, "audit", "--from", "2020-01-02", "--to", "2020-01-01").exit_code == 2


def test_import_legacy(app: Flask, state: StatsState, stats_namespace: Namespace) -> None:
    invenio = Invenio(stats_namespace)
    invenio.numbers("file-download", [downloads("2024-05-01", 5)])
    state.stores.search.refresh(f"{invenio.prefix}*")
    done = run(app, "import-legacy", "--source-prefix", invenio.prefix)
    assert (done.exit_code, done.stdout) == (
        0,
        "took over 0 events (0 new) and the numbers of 1 days (3 documents), unreadable 0\n",
    )
    assert run(app, "import-legacy", "--source-prefix", stats_namespace.prefix).exit_code == 2


def test_a_wrong_retention_is_said_at_start_up(stats_namespace: Namespace) -> None:
    environment = {
        **stats_namespace.as_config(),
        "STATS_RETENTION": '{"events": "24 months", "daily": "1 month"}',
    }
    done = CliRunner(env=environment).invoke(stats, ["retention"])
    assert (done.exit_code, "STATS_RETENTION" in done.stderr) == (2, True)
