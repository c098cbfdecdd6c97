"""`amqps` to a RabbitMQ that asks for certificates: events come through, Celery's tasks too."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from stats.engines.namespace import Namespace
from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.queues import EventQueues
from tests.certificates import Certificates
from tests.rabbitmq import Node

CONNECT = """
from stats.worker import celery
with celery.connection_for_write() as connection:
    connection.ensure_connection(max_retries=1)
    print(connection.connection.transport.sock.version())
"""
"""In a process of its own: the worker's application is the default of its whole process."""

VIEW = "record-view"
USER, PASSWORD = "st@ts", "m4rker:#/?"
ESCAPED = "st%40ts:m4rker%3A%23%2F%3F"


@pytest.fixture(scope="module")
def host(rabbitmq: Node) -> Iterator[str]:
    """The node with a user and a virtual host of its own."""
    rabbitmq.control("add_user", USER, PASSWORD)
    rabbitmq.control("add_vhost", "statistics")
    rabbitmq.control("set_permissions", "-p", "statistics", USER, ".*", ".*", ".*")
    yield f"localhost:{rabbitmq.tls_port}/statistics"
    rabbitmq.control("delete_vhost", "statistics")
    rabbitmq.control("delete_user", USER)


def options(certificates: Certificates, *names: str) -> dict[str, str]:
    found = {
        "cacertfile": certificates.authority,
        "certfile": certificates.certificate("client"),
        "keyfile": certificates.key("client"),
    }
    return {name: str(found[name]) for name in names or found}


def url_of(host: str, query: dict[str, str], credentials: str = ESCAPED) -> str:
    return f"amqps://{credentials}@{host}?{urlencode(query)}"


def open_queues(url: str) -> EventQueues:
    return EventQueues(url, prefix=f"t{secrets.token_hex(4)}-", type_names=[VIEW], timeout=5)


def test_the_pipeline_counts_over_amqps(
    host: str, certificates: Certificates, stats_namespace: Namespace
) -> None:
    url = url_of(host, options(certificates))
    config = {**stats_namespace.as_config(), "STATS_BROKER_URL": url}
    state = StatsState(load_settings(config, {}))
    state.init()
    state.publish([{"type": VIEW, "resource": "record:r", "user_id": "u"}])
    assert state.stores.queues.depth(VIEW) == 1
    state.process()
    state.aggregate()
    assert state.totals(["record:r"])["record:r"]["views"] == 1
    told = subprocess.run(
        [sys.executable, "-c", CONNECT],
        env={**os.environ, **{name: str(value) for name, value in config.items()}},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("TLSv1.")


@pytest.mark.parametrize(
    ("names", "credentials", "reason"),
    [
        (("certfile", "keyfile"), ESCAPED, "certificate verify failed"),
        (("cacertfile",), ESCAPED, "AMQP broker"),
        (("cacertfile", "certfile", "keyfile"), "st%40ts:wrong", "ACCESS_REFUSED"),
    ],
    ids=["nobody vouches for the server", "no certificate of the client", "a wrong password"],
)
def test_who_may_not_is_told_so_without_secrets(
    names: tuple[str, ...], credentials: str, reason: str, host: str, certificates: Certificates
) -> None:
    queues = open_queues(url_of(host, options(certificates, *names), credentials))
    with pytest.raises(StoreUnavailable, match=reason) as raised:
        queues.ping()
    assert "m4rker" not in str(raised.value)


def test_a_certificate_for_another_name_is_refused_unless_that_is_expected(
    host: str, certificates: Certificates
) -> None:
    query = options(certificates)
    elsewhere = query | {"server_name_indication": "broker.example"}
    with pytest.raises(StoreUnavailable, match="Hostname mismatch"):
        open_queues(url_of(host, elsewhere)).ping()
    by_address = host.replace("localhost", "127.0.0.1")
    open_queues(url_of(by_address, query | {"server_name_indication": "localhost"})).ping()
    open_queues(url_of(by_address, query | {"verify": "verify_none"})).ping()
