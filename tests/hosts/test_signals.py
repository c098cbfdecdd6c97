"""Signals of modules of Invenio that the tests do not install, by stand-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest
from blinker import Namespace
from flask import Flask

from stats.hosts import StatsHost
from stats.hosts.invenio.communities import build_request_event, count_requests, counting
from stats.hosts.invenio.loans import length_of, list_overdue, type_of
from stats.hosts.invenio.records import title_of
from stats.hosts.invenio.signals import WIRES, connect_signals

Events = list[dict[str, Any]]
NOWHERE = {
    "STATS_ELASTICSEARCH_URL": "http://127.0.0.1:9",
    "STATS_MONGO_URL": "mongodb://127.0.0.1:9/none",
    "STATS_BROKER_URL": "amqp://guest:guest@127.0.0.1:9//",
}
LOAN = {
    "pid": "l1",
    "state": "CREATED",
    "document_pid": "8",
    "item_pid": {"type": "pitmid", "value": "3001"},
    "patron_pid": "42",
    "transaction_location_pid": "main",
    "start_date": "2025-03-01",
    "end_date": "2025-03-28",
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in (*NOWHERE, "STATS_INDEX_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    app = Flask("invenio")
    app.config.update({**NOWHERE, "SECRET_KEY": "a secret of the test", "STATS_PLATFORM": "cds"})
    StatsHost(app)
    with app.app_context():
        yield app


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a module in the place of one that is not installed."""

    def put_module(name: str, **content: Any) -> None:
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
        package = name.partition(".")[0]
        if package not in sys.modules:
            monkeypatch.setitem(sys.modules, package, ModuleType(package))

    return put_module


def loan(**changed: Any) -> dict[str, Any]:
    return {**LOAN, **changed}


def test_what_is_not_installed_is_not_connected() -> None:
    missing = {"invenio_circulation", "invenio_sipstore", "invenio_archivematica"}
    names = {wire.signal for wire in WIRES if wire.module.partition(".")[0] in missing}
    if missing & sys.modules.keys():
        pytest.skip("installed here")
    assert not names & set(connect_signals())


@pytest.mark.parametrize(
    ("before", "after", "trigger", "expected"),
    [
        ("CREATED", "PENDING", "request", "loan-request"),
        ("CREATED", "ITEM_ON_LOAN", "checkout", "loan-checkout"),
        ("ITEM_AT_DESK", "ITEM_ON_LOAN", "next", "loan-checkout"),
        ("ITEM_ON_LOAN", "ITEM_ON_LOAN", "extend", "loan-extend"),
        ("ITEM_ON_LOAN", "ITEM_RETURNED", "next", "loan-return"),
        ("ITEM_ON_LOAN", "ITEM_IN_TRANSIT_TO_HOUSE", "next", "loan-return"),
        ("ITEM_IN_TRANSIT_TO_HOUSE", "ITEM_RETURNED", "next", None),
        ("PENDING", "ITEM_AT_DESK", "next", None),
        ("PENDING", "CANCELLED", "cancel", None),
        ("ITEM_ON_LOAN", "CANCELLED", "cancel", None),
    ],
)
def test_changes_of_a_loan(before: str, after: str, trigger: str, expected: str | None) -> None:
    assert type_of(before, after, trigger) == expected


def test_a_loan_is_counted_without_its_patron(app: Flask, put: Any, emitted: Events) -> None:
    signal = Namespace().signal("loan-state-changed")
    put("invenio_circulation.signals", loan_state_changed=signal)
    assert "loan_state_changed" in connect_signals()
    connect_signals()  # twice is once
    signal.send(
        app,
        transition=None,
        initial_loan=loan(state="ITEM_ON_LOAN"),
        loan=loan(state="ITEM_ON_LOAN", extension_count=2),
        trigger="extend",
        more="of the transition",
    )
    (event,) = emitted
    patron = event.pop("extra")["patron"]
    assert event == {
        "type": "loan-extend",
        "id": "loan-extend-l1-2",
        "resource": "item:3001",
        "parents": ["document:8", "location:main"],
    }
    assert len(patron) == 32
    assert "42" not in str(event)


def test_a_return_says_how_long_the_loan_was(app: Flask, put: Any, emitted: Events) -> None:
    signal = Namespace().signal("loan-state-changed")
    put("invenio_circulation.signals", loan_state_changed=signal)
    connect_signals()
    begun = (datetime.now(timezone.utc) - timedelta(days=3)).isoformat()
    signal.send(
        app,
        initial_loan=loan(state="ITEM_ON_LOAN", start_date=begun),
        loan=loan(state="ITEM_RETURNED", start_date=begun),
        trigger="next",
    )
    assert emitted[0]["type"] == "loan-return"
    assert abs(emitted[0]["value"] - 3 * 86_400) < 60
    assert length_of({"start_date": None}, datetime.now(timezone.utc)) is None


def test_a_request_for_a_title_has_no_item() -> None:
    (event,) = list_overdue([loan(state="ITEM_ON_LOAN", item_pid=None)], date(2025, 4, 1), key=None)
    assert (event["resource"], event["parents"]) == ("document:8", ["location:main"])


def test_overdue_is_once_a_due_date() -> None:
    on_loan = loan(state="ITEM_ON_LOAN")
    loans = [on_loan, {**on_loan, "end_date": "2025-04-20"}, loan(), {**on_loan, "end_date": None}]
    (event,) = list_overdue(loans, date(2025, 3, 29), key=None)
    assert event["id"] == "loan-overdue-l1-2025-03-28"
    assert not list(list_overdue([on_loan], date(2025, 3, 28), key=None))


def sip(**changed: Any) -> Any:
    made = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=10)
    return SimpleNamespace(
        id="5f7e",
        files=[SimpleNamespace(size=100), SimpleNamespace(size=20)],
        model=SimpleNamespace(created=made),
        **changed,
    )


def test_a_package_is_counted_without_a_database(app: Flask, put: Any, emitted: Events) -> None:
    signal = Namespace().signal("sipstore_created")
    put("invenio_sipstore.signals", sipstore_created=signal)
    put("invenio_db")  # has no db: as if it were not there
    connect_signals()
    signal.send(sip())
    assert emitted == [
        {
            "type": "sip-created",
            "id": "sip-created-5f7e",
            "resource": "sip:5f7e",
            "parents": ["instance:cds"],
            "size": 120,
        }
    ]


def test_processing_and_finished_are_one_signal_and_told_apart(
    app: Flask, put: Any, emitted: Events
) -> None:
    """As in its code: ``oais_transfer_processing`` has the name of ``oais_transfer_finished``."""
    names = Namespace()
    archive = SimpleNamespace(status=SimpleNamespace(name="PROCESSING_AIP"))
    put(
        "invenio_archivematica.signals",
        oais_transfer_started=names.signal("oais_transfer_started"),
        oais_transfer_processing=names.signal("oais_transfer_finished"),
        oais_transfer_finished=names.signal("oais_transfer_finished"),
        oais_transfer_failed=names.signal("oais_transfer_failed"),
    )
    archives = SimpleNamespace(get_from_sip=lambda uuid: archive)
    put("invenio_archivematica.models", Archive=archives)
    connect_signals()
    names.signal("oais_transfer_started").send(sip())
    names.signal("oais_transfer_finished").send(sip())
    assert not emitted
    archive.status = SimpleNamespace(name="REGISTERED")
    names.signal("oais_transfer_finished").send(sip())
    names.signal("oais_transfer_failed").send(sip())
    assert [event["type"] for event in emitted] == ["sip-archived", "sip-failed"]
    assert all(abs(event["value"] - 600) < 60 for event in emitted)


def test_a_receiver_that_fails_is_not_the_senders_problem(
    app: Flask, put: Any, emitted: Events
) -> None:
    signal = Namespace().signal("loan-state-changed")
    put("invenio_circulation.signals", loan_state_changed=signal)
    connect_signals()
    signal.send(app, initial_loan={"no": "state"}, loan={}, trigger="next")
    assert not emitted


class Action:
    """As an action of invenio-requests."""

    def __init__(self, request: Any) -> None:
        self.request = request

    def execute(self, identity: Any, uow: Any, **kwargs: Any) -> str:
        return "done"


class Submission:
    type_id = "community-submission"
    available_actions: ClassVar[dict[str, Any]] = {"submit": Action, "accept": Action}


class Invitation:
    type_id = "community-invitation"
    available_actions: ClassVar[dict[str, Any]] = {"accept": Action}


def request_of(request_type: type[Any], **refs: Any) -> Any:
    proxies = {name: SimpleNamespace(reference_dict=ref) for name, ref in refs.items()}
    return SimpleNamespace(type=request_type, id="q1", **{**EMPTY, **proxies})


EMPTY = {"receiver": None, "topic": None, "created_by": None}


class UnitOfWork:
    """As of invenio-records-resources: operations run after the commit."""

    def __init__(self) -> None:
        self.operations: list[Any] = []

    def register(self, operation: Any) -> None:
        operation.on_register(self)
        self.operations.append(operation)

    def commit(self) -> None:
        for operation in self.operations:
            operation.on_commit(self)
        for operation in self.operations:
            operation.on_post_commit(self)


def test_a_submission_is_counted_when_it_is_committed(app: Flask, emitted: Events) -> None:
    counted = counting(Submission)
    request = request_of(
        counted, receiver={"community": "c1"}, topic={"record": "r1"}, created_by={"user": "7"}
    )
    uow = UnitOfWork()
    assert counted.available_actions["submit"](request).execute(None, uow) == "done"
    assert counted.available_actions["accept"](request).execute(None, uow) == "done"
    assert not emitted
    uow.commit()
    assert emitted == [
        {
            "id": "community-submission.submit-q1",
            "type": "submission-created",
            "resource": "record:r1",
            "parents": ["community:c1"],
            "user_id": "7",
        }
    ]
    assert Submission.available_actions["submit"] is Action


class Registry:
    """As of invenio-requests."""

    def __init__(self, *types: Any) -> None:
        self.types = {one.type_id: one for one in types}

    def register_type(self, type_: Any, force: bool = False) -> None:
        if force:
            self.types[type_.type_id] = type_
        else:
            self.types.setdefault(type_.type_id, type_)

    def __iter__(self) -> Iterator[Any]:
        yield from self.types.values()


class Review:
    type_id = "my-review"
    available_actions: ClassVar[dict[str, Any]] = {"accept": Action}


def test_registered_request_types_are_counted_from_the_start(app: Flask, emitted: Events) -> None:
    own = Submission()
    own.label = "of the host"  # type: ignore[attr-defined]
    registry = Registry(own, Invitation, Review())
    app.extensions["invenio-requests"] = SimpleNamespace(request_type_registry=registry)
    names = ["community-submission", "community-invitation"]
    assert count_requests(app) == count_requests(app) == names
    found = registry.types["community-submission"]
    assert (isinstance(found, Submission), found.label) == (True, "of the host")
    assert registry.types["my-review"].available_actions["accept"] is Action
    request = request_of(
        found, receiver={"community": "c1"}, topic={"record": "r1"}, created_by={"user": "7"}
    )
    uow = UnitOfWork()
    found.available_actions["submit"](request).execute(None, uow)
    uow.commit()
    assert [event["type"] for event in emitted] == ["submission-created"]


def test_requests_that_cannot_be_counted_are_not_the_hosts_problem(app: Flask) -> None:
    assert count_requests(app) == []
    app.extensions["invenio-requests"] = SimpleNamespace()
    assert count_requests(app) == []


@pytest.mark.parametrize(
    "type_id",
    [
        "community-invitation",
        "community-membership-request",
        "subcommunity",
        "subcommunity-invitation",
    ],
)
@pytest.mark.parametrize("action", ["create", "accept", "decline", "cancel", "expire"])
def test_every_action_of_a_community_is_a_feature(type_id: str, action: str) -> None:
    one = type("Type", (), {"type_id": type_id, "available_actions": {}})
    event = build_request_event(request_of(one, receiver={"community": "c1"}), action)
    assert event is not None
    assert (event["resource"], event["feature"]) == ("community:c1", f"{type_id}.{action}")


def test_other_actions_are_features_of_the_community() -> None:
    request = request_of(Invitation, receiver={"user": "7"}, topic={"community": "c1"})
    event = build_request_event(request, "accept")
    assert event is not None
    assert (event["type"], event["resource"]) == ("feature-use", "community:c1")
    assert event["feature"] == "community-invitation.accept"
    assert build_request_event(request_of(Invitation), "accept") is None


def test_titles_are_found_where_records_have_them() -> None:
    assert title_of({"metadata": {"title": "A"}}) == "A"
    assert title_of({"title": "B"}) == "B"
    assert title_of({"title": {"title": "C"}}) is None
