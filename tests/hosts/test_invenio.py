"""A real Invenio application, by the entry points of ``setup.py``: a download becomes a count."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, PathDistribution
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from stats.ext import EXTENSION, StatsState
from stats.hosts.invenio.communities import count_requests
from stats.hosts.invenio.signals import connect_signals
from stats.hosts.invenio.transactions import when_committed
from stats.permissions import COMMAND_LINE

pytest.importorskip("invenio_files_rest")
pytest.importorskip("invenio_records_ui")

from invenio_base.app import create_app_factory
from invenio_db import InvenioDB, db
from invenio_files_rest import InvenioFilesREST
from invenio_files_rest.models import Bucket, Location, ObjectVersion
from invenio_files_rest.views import blueprint as files_blueprint
from invenio_pidstore import InvenioPIDStore
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from invenio_records import InvenioRecords
from invenio_records.api import Record
from invenio_records_ui import InvenioRecordsUI
from invenio_records_ui.views import create_blueprint_from_app
from jinja2 import DictLoader
from sqlalchemy import text

TEMPLATES = DictLoader({"r.html": "{{ record.title }} {{ record_stats('record:1').views }}"})
ROOT = Path(__file__).parents[2]
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}


@pytest.fixture(scope="module")
def entry_points(tmp_path_factory: pytest.TempPathFactory) -> list[EntryPoint]:
    """What an installation of ``setup.py`` declares."""
    folder = tmp_path_factory.mktemp("egg")
    command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return list(PathDistribution(folder / "stats.egg-info").entry_points)


def of_group(entry_points: list[EntryPoint], group: str) -> list[Any]:
    found = [point.load() for point in entry_points if point.group == group]
    assert found, f"setup.py has no entry point {group}"
    return found


def add_record_of_bucket(event: dict[str, Any], obj: Any = None, **carried: Any) -> dict[str, Any]:
    return {**event, "parents": ["record:1", f"community:{obj.bucket_id}"]}


@pytest.fixture
def invenio(
    entry_points: list[EntryPoint],
    config: dict[str, Any],
    prepare: Callable[[Flask], StatsState],
    tmp_path: Path,
) -> Iterator[Flask]:
    """An application as invenio-base makes it, on SQLite, with pages and API in one."""
    (defaults,) = of_group(entry_points, "invenio_config.module")
    pages = of_group(entry_points, "invenio_base.blueprints")
    create_app = create_app_factory(
        "invenio",
        config_loader=lambda app, **given: app.config.update(
            {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}, **given
        ),
        extensions=[
            InvenioDB,
            InvenioPIDStore,
            InvenioRecords,
            InvenioRecordsUI,
            InvenioFilesREST,
            *of_group(entry_points, "invenio_base.apps"),
        ],
        blueprints=[*pages, files_blueprint, create_blueprint_from_app],
    )
    app = create_app(
        **config,
        TESTING=True,
        SECRET_KEY="a secret of the test",
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/invenio.db",
        SQLALCHEMY_TRACK_MODIFICATIONS=False,
        FILES_REST_PERMISSION_FACTORY=lambda *args: Everybody(),
        RECORDS_UI_ENDPOINTS={
            "recid": {"pid_type": "recid", "route": "/records/<pid_value>", "template": "r.html"}
        },
        STATS_EVENT_BUILDERS={"file-download": [add_record_of_bucket]},
        STATS_IDENTITY=lambda: COMMAND_LINE,
    )
    app.jinja_loader = TEMPLATES
    prepare(app)
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.drop_all()


class Everybody:
    def can(self) -> bool:
        return True


def upload(folder: Path) -> ObjectVersion:
    db.session.add(Location(name="local", uri=str(folder), default=True))
    db.session.commit()
    obj = ObjectVersion.create(Bucket.create(), "data.csv", stream=BytesIO(b"a,b\n1,2\n"))
    db.session.commit()
    return obj


def test_a_download_becomes_a_count(invenio: Flask, tmp_path: Path) -> None:
    obj = upload(tmp_path)
    path = f"/files/{obj.bucket_id}/data.csv"
    client = invenio.test_client()
    assert client.get(path, headers=PERSON).data == b"a,b\n1,2\n"
    assert client.head(path, headers=PERSON).status_code == 200
    assert client.get(f"/files/{obj.bucket_id}/none", headers=PERSON).status_code == 404

    state: StatsState = invenio.extensions[EXTENSION]
    state.process()
    state.aggregate()
    ref = f"file:{obj.bucket_id}/data.csv"
    totals = state.totals([ref, "record:1", f"community:{obj.bucket_id}"])
    assert {total["downloads"] for total in totals.values()} == {1}
    assert totals[ref]["volume"] == 8


def test_a_view_becomes_a_number_on_the_records_page(invenio: Flask) -> None:
    record = Record.create({"title": "Tides"})
    PersistentIdentifier.create(
        "recid", "1", object_type="rec", object_uuid=record.id, status=PIDStatus.REGISTERED
    )
    db.session.commit()
    client = invenio.test_client()
    assert client.get("/records/1", headers=PERSON).text == "Tides 0"
    state: StatsState = invenio.extensions[EXTENSION]
    state.process()
    state.aggregate()
    assert client.get("/records/1", headers=PERSON).text == "Tides 1"


def test_only_what_is_committed_is_done(invenio: Flask) -> None:
    done: list[str] = []

    def note(name: str) -> None:
        when_committed(lambda: done.append(f"prepared {name}"), lambda: done.append(name))

    db.session.execute(text("select 1"))
    note("a")
    with db.session.begin_nested():
        note("b")
    savepoint = db.session.begin_nested()
    note("rolled back alone")
    savepoint.rollback()
    assert not done
    db.session.commit()
    assert done == ["prepared a", "prepared b", "a", "b"]
    db.session.execute(text("select 1"))
    note("rolled back")
    db.session.rollback()
    db.session.execute(text("select 1"))
    db.session.commit()
    assert len(done) == 4


def test_pages_are_there_and_jobs_are_scheduled(invenio: Flask) -> None:
    client = invenio.test_client()
    assert client.get("/widgets/record:1").status_code == 200
    assert client.get("/stats/").status_code == 200
    assert "class StatsClient" in client.get("/widgets/stats-client.js").text
    assert {"stats.process", "stats.aggregate"} <= set(invenio.config["CELERY_BEAT_SCHEDULE"])
    assert invenio.extensions[EXTENSION].settings.counter_item_kinds == ("record",)


def test_the_api_is_mounted_without_its_prefix(
    entry_points: list[EntryPoint], config: dict[str, Any]
) -> None:
    create_api = create_app_factory(
        "invenio-api",
        extensions=of_group(entry_points, "invenio_base.api_apps"),
        blueprints=of_group(entry_points, "invenio_base.api_blueprints"),
        config_loader=lambda app, **given: app.config.update(given),
    )
    app = create_api(**config, STATS_IDENTITY=lambda: COMMAND_LINE)
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    assert {"/stats", "/stats/<name>", "/stats/totals", "/events", "/counter/r51/status"} <= routes
    assert not any(route.startswith("/api") for route in routes)
    answer = app.test_client().get("/stats/totals/record:r1", base_url="http://localhost/api")
    assert answer.json["views"] == 0
    app.extensions[EXTENSION].stores.search.close()


def test_invenio_queues_knows_the_queues(entry_points: list[EntryPoint], invenio: Flask) -> None:
    (declare,) = of_group(entry_points, "invenio_queues.queues")
    state: StatsState = invenio.extensions[EXTENSION]
    with invenio.app_context():
        declared = declare()
    assert [one["name"] for one in declared] == [
        state.stores.queues.name(name) for name in state.event_types
    ]
    assert {one["exchange"].name for one in declared} == {f"{state.settings.index_prefix}stats"}


def test_tasks_and_commands_are_declared(entry_points: list[EntryPoint]) -> None:
    assert len(of_group(entry_points, "invenio_celery.tasks")) == 2
    (group,) = of_group(entry_points, "flask.commands")
    assert group.name == "stats"


@pytest.mark.parametrize("group", ["invenio_base.finalize_app", "invenio_base.api_finalize_app"])
def test_an_application_without_requests_starts(entry_points: list[EntryPoint], group: str) -> None:
    assert count_requests in of_group(entry_points, group)
    assert count_requests(Flask("invenio")) == []


def test_the_real_signals_are_connected() -> None:
    assert {"file_downloaded", "record_viewed"} <= set(connect_signals())
