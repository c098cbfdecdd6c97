"""What a replica set answers while it elects, and upserts that race: work is repeated, and counts.

The embedded server is alone and knows no races; a proxy answers in its place, with the codes
of MongoDB's `error_codes.yml` that drivers have to know (server discovery and monitoring,
retryable writes).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial
from urllib.parse import urlsplit

import pytest

from stats.engines.namespace import Namespace
from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings
from tests.faults.traffic import assert_equals_model, make_events
from tests.mongo_proxy import Document, MongoProxy, Send, name_of
from tests.system import System

EVENTS = 60
LEASE = 1.0
PATIENCE = 60.0
WRITES = ("insert", "update", "delete", "findAndModify")
NOT_REPLICATED = {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting timed out"}


def refused(code: int, name: str, command: Document, send: Send) -> Document:
    """Nothing is done, and the code says why."""
    return {"ok": 0.0, "code": code, "codeName": name, "errmsg": name}


def not_replicated(command: Document, send: Send) -> Document:
    """It is done here, and may be rolled back."""
    reply = send(command)
    return {**reply, "writeConcernError": NOT_REPLICATED} if is_write(command) else reply


def cut_before(command: Document, send: Send) -> Document:
    raise ConnectionError


def cut_after(command: Document, send: Send) -> Document:
    """It is done, and nobody learns of it."""
    send(command)
    raise ConnectionError


TROUBLE = {
    name: partial(refused, code, name)
    for name, code in {
        "HostUnreachable": 6,
        "NetworkTimeout": 89,
        "ShutdownInProgress": 91,
        "PrimarySteppedDown": 189,
        "ExceededTimeLimit": 262,
        "SocketException": 9001,
        "NotWritablePrimary": 10107,
        "InterruptedAtShutdown": 11600,
        "InterruptedDueToReplStateChange": 11602,
        "NotPrimaryNoSecondaryOk": 13435,
        "NotPrimaryOrSecondary": 13436,
    }.items()
} | {
    "WriteConcernTimeout": not_replicated,
    "connection cut before": cut_before,
    "connection cut after": cut_after,
}


def is_write(command: Document) -> bool:
    return name_of(command) in WRITES


def proxy_of(namespace: Namespace) -> MongoProxy:
    address = urlsplit(namespace.mongo)
    return MongoProxy((str(address.hostname), int(address.port or 0)))


def open_behind(proxy: MongoProxy, namespace: Namespace, options: str = "") -> StatsState:
    path = urlsplit(namespace.mongo).path
    url = f"mongodb://127.0.0.1:{proxy.port}{path}{options}"
    config = {**namespace.as_config(), "STATS_MONGO_URL": url, "STATS_DAY_LEASE_SECONDS": LEASE}
    state = StatsState(load_settings(config, {}))
    namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    return state


def count_all(state: StatsState) -> int:
    """Process and count, again and again while an engine is away; return how often it was."""
    end, put_off = time.monotonic() + PATIENCE, 0
    while time.monotonic() < end:
        try:
            state.process()
            result = state.aggregate()
        except StoreUnavailable as error:
            assert error.engine == "MongoDB"
            put_off += 1
            continue
        if not (result.left or state.stores.day_claims.marked_days()):
            return put_off
    raise AssertionError("the work was never done")


@pytest.mark.parametrize("seed", [1, 2])
def test_jobs_are_repeated_and_every_number_is_right(
    seed: int, pipeline: System, stats_namespace: Namespace
) -> None:
    chance = random.Random(seed)
    to_come = chance.sample(sorted(TROUBLE), k=len(TROUBLE))

    def answer(command: Document, send: Send) -> Document:
        if to_come and chance.random() < 0.2:
            return TROUBLE[to_come.pop()](command, send)
        return send(command)

    proxy = proxy_of(stats_namespace)
    with proxy.running():
        state = open_behind(proxy, stats_namespace)
        events = make_events(chance, EVENTS)
        pipeline.publish(events)
        proxy.answer = answer
        put_off = count_all(state)
        while to_come:
            put_off += count_all(state)
    assert put_off, "only reads are repeated by the driver, where there is no replica set"
    assert_equals_model(pipeline, events)


def test_the_driver_repeats_writes_in_a_replica_set_by_itself(
    pipeline: System, stats_namespace: Namespace
) -> None:
    refusals = 0

    def answer(command: Document, send: Send) -> Document:
        nonlocal refusals
        if is_write(command) and "txnNumber" in command and not refusals:
            refusals += 1
            error = refused(189, "PrimarySteppedDown", command, send)
            return {**error, "errorLabels": ["RetryableWriteError"]}
        return send(command)

    proxy = proxy_of(stats_namespace)
    proxy.replica_set, proxy.answer = "stats", answer
    with proxy.running():
        state = open_behind(proxy, stats_namespace, "?replicaSet=stats")
        events = make_events(random.Random(1), EVENTS)
        pipeline.publish(events)
        assert count_all(state) == 0
    assert refusals == 1
    assert_equals_model(pipeline, events)


def test_upserts_that_race_are_repeated(pipeline: System, stats_namespace: Namespace) -> None:
    """The server refuses each upsert of a document once, as if another had been faster."""
    met: Counter[str] = Counter()

    def answer(command: Document, send: Send) -> Document:
        updates = command.get("updates", [])
        if updates and all(one.get("upsert") for one in updates):
            seen = [f"{command['update']} {one['q']}" for one in updates]
            if not met.keys() & set(seen):
                met.update(seen)
                errors = [
                    {"index": n, "code": 11000, "errmsg": "E11000 duplicate key error"}
                    for n, _ in enumerate(updates)
                ]
                return {"ok": 1.0, "n": 0, "nModified": 0, "writeErrors": errors}
        return send(command)

    proxy = proxy_of(stats_namespace)
    with proxy.running():
        state = open_behind(proxy, stats_namespace)
        events = make_events(random.Random(2), EVENTS)
        pipeline.publish(events)
        proxy.answer = answer
        count_all(state)
    collections = {one.split()[0] for one in met}
    assert {"bookmarks", "statistic_months", "workers"} <= collections
    assert_equals_model(pipeline, events)


@pytest.mark.parametrize(
    ("options", "concern"), [("", {"w": "majority"}), ("?w=1&wtimeoutMS=500", {"w": 1})]
)
def test_writes_are_majority_writes_unless_the_address_says_otherwise(
    options: str, concern: Document, pipeline: System, stats_namespace: Namespace
) -> None:
    asked: list[Document] = []

    def answer(command: Document, send: Send) -> Document:
        if is_write(command):
            asked.append(command.get("writeConcern", {}))
        return send(command)

    proxy = proxy_of(stats_namespace)
    proxy.answer = answer
    with proxy.running():
        state = open_behind(proxy, stats_namespace, options)
        pipeline.publish(make_events(random.Random(3), EVENTS))
        count_all(state)
    assert len(asked) > 10
    assert all(concern.items() <= one.items() for one in asked), asked
