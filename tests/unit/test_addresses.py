"""Addresses of broker and MongoDB: what is wrong is said in a line, without the password."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    NotPrimaryError,
    OperationFailure,
    WriteConcernError,
    WTimeoutError,
)

from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.stores.broker import build_connection
from stats.stores.broker_address import parse_broker_address
from stats.stores.mongo import connect, translated


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("broker.example", "must begin with amqp:// or amqps://"),
        ("http://u:secret@broker.example", "must begin with amqp:// or amqps://"),
        ("amqp://u:secret@broker.example:99999//", "the port must be a number up to 65535"),
        ("amqp://u:secret@broker.example:x//", "the port must be a number up to 65535"),
        ("amqps://u:secret@h/?cacert=/x", "no option cacert; do you mean cacertfile?"),
        ("amqps://u:secret@h/?cacertfile=/nope", "cacertfile: there is no file /nope"),
        ("amqps://u:secret@h/?verify=no", "verify is verify_peer or verify_none"),
        ("amqp://u:secret@h/?cacertfile=/nope", "cacertfile needs amqps://"),
        ("amqps://u:secret@h/?heartbeat=10", "there is no option heartbeat"),
    ],
)
def test_a_wrong_broker_address_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match="STATS_BROKER_URL") as raised:
        build_connection(url, timeout=1)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)


def test_the_options_of_tls(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    found = parse_broker_address(f"amqps://u:p@broker.example/v?cacertfile={ca}")
    assert found.url == "amqps://u:p@broker.example/v"
    assert found.tls == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": None,
        "ca_certs": str(ca),
    }
    assert parse_broker_address("amqps://h").tls == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": None,
    }
    open_to_all = parse_broker_address("amqps://h/?verify=verify_none").tls
    assert open_to_all == {"cert_reqs": ssl.CERT_NONE}
    assert parse_broker_address("amqp://h//").tls is None


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://u:secret@h/stats?tls=true&tlsCAFile=/nope",
        "mongodb://u:secret@h/stats?tls=true&ssl=false",
        "mongo://u:secret@h",
        "mongodb://u:sec/ret@h",
    ],
)
def test_a_wrong_mongodb_address_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="STATS_MONGO_URL") as raised:
        connect(url, timeout=0.1)
    assert "sec" not in str(raised.value).replace("second", "")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AutoReconnect("connection closed"), StoreUnavailable),
        (NotPrimaryError("not primary"), StoreUnavailable),
        (WriteConcernError("not replicated", 64), StoreUnavailable),
        (WTimeoutError("waiting for replication timed out", 64), StoreUnavailable),
        (OperationFailure("interrupted at shutdown", 11600), StoreUnavailable),
        (OperationFailure("primary stepped down", 189), StoreUnavailable),
        (BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
         StoreUnavailable),
        (BulkWriteError({"writeErrors": [{"code": 10107}]}), StoreUnavailable),
        (BulkWriteError({"writeErrors": [{"code": 11000}]}), StoreUnavailable),
        (DuplicateKeyError("E11000 duplicate key error", 11000), StoreUnavailable),
        (BulkWriteError({"writeErrors": [{"code": 121}]}), StoreRejected),
        (OperationFailure("Authentication failed.", 18), StoreRejected),
    ],
)  # fmt: skip
def test_what_passes_is_tried_again_and_what_does_not_is_not(
    error: Exception, kind: type[Exception]
) -> None:
    with pytest.raises((StoreUnavailable, StoreRejected)) as raised, translated():
        raise error
    assert type(raised.value) is kind
