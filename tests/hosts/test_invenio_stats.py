"""Our statistics in the place of invenio-stats, in a real Invenio application that calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask_login import LoginManager

from stats.errors import StoreUnavailable
from stats.ext import EXTENSION, StatsState
from stats.permissions import COMMAND_LINE
from stats.proxies import current_stats

pytest.importorskip("invenio_stats")

from invenio_base.app import create_app_factory
from invenio_cache import InvenioCache
from invenio_queues import InvenioQueues
from invenio_rest import InvenioREST
from invenio_search import InvenioSearch, current_search_client
from invenio_stats import InvenioStats as Theirs
from invenio_stats.contrib.config import AGGREGATIONS_CONFIG, EVENTS_CONFIG, QUERIES_CONFIG
from invenio_stats.proxies import current_stats as their_stats
from invenio_stats.queues import declare_queues as declare_theirs
from invenio_stats.tasks import aggregate_events, process_events
from invenio_stats.views import blueprint as their_views

from stats.hosts.invenio.extension import InvenioStats
from stats.hosts.invenio.queues import declare_queues
from stats.hosts.invenio.replacement.install import (
    is_replaced,
    list_unmapped,
    replace_invenio_stats,
)
from stats.hosts.invenio.routes import build_api

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
EVENTS, AGGREGATIONS = ["file-download", "record-view"], list(AGGREGATIONS_CONFIG)

VIEW = {
    "timestamp": "2026-03-01T10:00:00",
    "pid_type": "recid",
    "ip_address": "192.0.2.1",
    "user_agent": PERSON["User-Agent"],
}

Make = Callable[..., Flask]


class File(NamedTuple):
    size: int = 12


class Object(NamedTuple):
    bucket_id: str = "b1"
    file_id: str = "f1"
    key: str = "data.csv"
    file: File = File()


def drop_internal(event: dict[str, Any]) -> dict[str, Any] | None:
    return None if event["file_key"] == "internal.csv" else {**event, "campaign": "spring"}


@pytest.fixture
def make(config: dict[str, Any], prepare: Callable[[Flask], StatsState]) -> Iterator[Make]:
    """Make an application with both packages, ours first or theirs."""

    def making(*, ours_first: bool = True, **more: Any) -> Flask:
        both = [InvenioStats, Theirs] if ours_first else [Theirs, InvenioStats]
        views = [build_api, their_views] if ours_first else [their_views, build_api]
        create = create_app_factory(
            "invenio-api",
            extensions=[InvenioCache, InvenioQueues, InvenioREST, InvenioSearch, *both],
            blueprints=views,
            config_loader=lambda app, **given: app.config.update(given),
        )
        app = create(
            **{
                **config,
                "SECRET_KEY": "a secret of the test",
                "CACHE_TYPE": "SimpleCache",
                "STATS_IDENTITY": lambda: COMMAND_LINE,
                "STATS_EVENTS": {name: EVENTS_CONFIG[name] for name in EVENTS},
                "STATS_AGGREGATIONS": AGGREGATIONS_CONFIG,
                "STATS_QUERIES": QUERIES_CONFIG,
                "QUEUES_BROKER_URL": config["STATS_BROKER_URL"],
                **more,
            }
        )
        LoginManager(app).user_loader(lambda _: None)
        replace_invenio_stats(app)
        prepare(app)

        @app.get("/files/<key>")
        def download(key: str) -> str:
            emitter = their_stats.get_event_emitter("file-download")
            emitter(app, obj=Object(key=key))
            return "x" * 12

        return app

    yield making


def use(app: Flask, *keys: str, **request: Any) -> None:
    client = app.test_client()
    for key in keys:
        client.open(f"/files/{key}", headers=PERSON, **{"method": "GET", **request})


def test_their_classes_say_where_their_documents_are(make: Make) -> None:
    with make().app_context():
        event, aggregation = (
            their_stats.events[EVENTS[0]],
            their_stats.aggregations[AGGREGATIONS[0]],
        )
        search = current_stats.stores.search
        for found, index in [
            (event.cls(**event.params), search.raw(EVENTS[0])),
            (aggregation.cls(aggregation.name, **aggregation.params), search.daily(EVENTS[0])),
        ]:
            assert (found.index, found.client) == (index, current_search_client)


@pytest.mark.parametrize("ours_first", [True, False])
def test_an_emitted_event_is_counted_by_their_tasks_and_answered_in_their_form(
    make: Make, ours_first: bool
) -> None:
    app = make(ours_first=ours_first)
    assert is_replaced(app)
    use(app, "data.csv", "other.csv")
    use(app, "data.csv", method="HEAD")
    with app.app_context():
        assert [name for name, _ in process_events(EVENTS)] == EVENTS
        assert aggregate_events(AGGREGATIONS)
        asked = {"bucket_id": "b1", "file_key": "data.csv"}
        answer = their_stats.get_query("bucket-file-download-histogram").run(**asked)
        (bucket,) = answer["buckets"]
        assert {name: bucket[name] for name in ("value", "bucket_id", "file_key")} == {
            "value": 1,
            **asked,
        }
        total = their_stats.queries["bucket-file-download-total"]
        answer = total.cls(name=total.name, **total.params).run(bucket_id="b1")
    assert (answer["value"], answer["field"]) == (2, "file_key")
    rows = sorted((row["key"], row["value"]) for row in answer["buckets"])
    assert rows == [("data.csv", 1), ("other.csv", 1)]


@pytest.mark.parametrize("ours_first", [True, False])
def test_there_is_one_post_api_stats(make: Make, ours_first: bool) -> None:
    app = make(ours_first=ours_first)
    call = {"stat": "bucket-file-download-total", "params": {"bucket_id": "b1"}}
    answer = app.test_client().post("/stats", json={"a": call})
    assert answer.status_code == 200
    assert answer.json["a"]["value"] == 0
    assert "counted_until" in answer.json["a"]
    unknown = app.test_client().post("/stats", json={"a": {"stat": "no-such"}})
    assert (unknown.status_code, unknown.json["error"]["code"]) == (400, "unknown_query")


def test_no_queue_is_declared_twice(make: Make) -> None:
    with make().app_context():
        names = [one["name"] for one in (*declare_queues(), *declare_theirs())]
    assert len(names) == len(set(names))


def test_a_preprocessor_of_the_host_runs_and_its_fields_are_kept(
    make: Make, emitted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "stats.hosts.invenio.replacement.emission.emit", lambda *events: emitted.extend(events)
    )
    params = {"preprocessors": [drop_internal]}
    event = {**EVENTS_CONFIG["file-download"], "params": params}
    app = make(STATS_EVENTS={"file-download": event})
    use(app, "data.csv", "internal.csv")
    (sent,) = emitted
    assert sent["resource"] == "file:b1/data.csv"
    assert sent["extra"] == {"file_id": "f1", "campaign": "spring"}


def test_a_download_from_an_object_store_counts_and_a_resumed_one_does_not(
    make: Make, emitted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "stats.hosts.invenio.replacement.emission.emit", lambda *events: emitted.extend(events)
    )
    app = make()

    @app.get("/elsewhere")
    def elsewhere() -> Any:
        their_stats.get_event_emitter("file-download")(app, obj=Object())
        their_stats.get_event_emitter("file-download")(app, obj=Object(key="second.csv"))
        return "", 302, {"Location": "https://store.example/data.csv"}

    client = app.test_client()
    client.get("/elsewhere", headers=PERSON)
    assert len(emitted) == 2
    client.get("/elsewhere", headers={**PERSON, "Range": "bytes=100-"})
    assert len(emitted) == 2
    client.get("/elsewhere", headers={**PERSON, "Range": "bytes=0-99"})
    assert len(emitted) == 4


def test_what_invenio_stats_had_left_in_its_queue_is_counted(make: Make) -> None:
    app = make()
    with app.app_context():
        queue = their_stats.events["record-view"].queue
        queue.queue.declare()
        queue.publish([{**VIEW, "pid_value": "old"}])
        process_events(["record-view"])
        aggregate_events(["record-view-agg"])
        assert app.extensions[EXTENSION].totals(["record:old"])["record:old"]["views"] == 1
        queue.queue.delete()


def test_what_was_emitted_can_be_taken_out_of_the_queue_in_their_form(make: Make) -> None:
    app = make()
    use(app, "data.csv")
    with app.app_context():
        (event,) = list(their_stats.events["file-download"].queue.consume())
        assert (event["file_key"], event["via_api"]) == ("data.csv", False)
        assert list(their_stats.consume("file-download")) == []


def test_a_number_that_is_known_is_answered_while_engines_are_down(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make()
    state: StatsState = app.extensions[EXTENSION]
    with app.app_context():
        their_stats.publish("record-view", [{**VIEW, "pid_value": "r1"}])
        process_events(EVENTS)
        aggregate_events(AGGREGATIONS)
        query = their_stats.get_query("record-view")
        monkeypatch.setattr(state.stores.search, "search", _down)
        answer = query.run(recid="r1")
        assert (answer["views"], answer["unique_views"], answer["recid"]) == (1, 1, "r1")
        monkeypatch.setattr(state.stores.totals.__class__, "read_one", _down)
        with pytest.raises(StoreUnavailable, match="known nowhere"):
            query.run(recid="r1")
        known = their_stats.numbers
        monkeypatch.setattr(known, "_last_known", lambda ref, metrics: dict.fromkeys(metrics, 7))
        assert query.run(recid="r1")["views"] == 7
        with pytest.raises(ValueError, match="recid"):
            query.run()


def _down(*args: Any, **kwargs: Any) -> Any:
    raise StoreUnavailable("the engine", "it is down")


def test_turned_off_it_leaves_invenio_stats_as_it_is(make: Make) -> None:
    app = make(STATS_REPLACE_INVENIO_STATS=False)
    assert not is_replaced(app)
    assert type(app.extensions["invenio-stats"]).__module__ == "invenio_stats.ext"
    assert list_unmapped(app) == []
    answer = app.test_client().post("/stats", json={"a": {"stat": "no-such"}})
    assert "error" not in answer.json
