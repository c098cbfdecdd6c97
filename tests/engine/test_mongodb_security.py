"""MongoDB over TLS, with a user whose database is not that of the statistics.

The embedded server has neither; a proxy before it ends TLS with a certificate of the tests'
own authority, and lets in who proves the password by SCRAM-SHA-256 against `authSource`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from stats.engines.namespace import Namespace
from stats.errors import StatsError, StoreRejected, StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.mongo import connect, ping
from tests.certificates import Certificates
from tests.mongo_proxy import MongoProxy

USER, PASSWORD = "st@ts", "m4rker:#/?"
ESCAPED = "st%40ts:m4rker%3A%23%2F%3F"
TIMEOUT = 2.0


@pytest.fixture
def guarded(stats_namespace: Namespace, certificates: Certificates) -> Iterator[MongoProxy]:
    address = urlsplit(stats_namespace.mongo)
    target = (str(address.hostname), int(address.port or 0))
    with MongoProxy(target, user=(USER, PASSWORD, "people")).running(certificates) as proxy:
        yield proxy


def url_of(proxy: MongoProxy, path: str, options: str, credentials: str = f"{ESCAPED}@") -> str:
    how = "&authMechanism=SCRAM-SHA-256" if credentials else ""
    return f"mongodb://{credentials}localhost:{proxy.port}{path}?{options}{how}"


def test_the_pipeline_counts_over_tls_with_a_user(
    guarded: MongoProxy, stats_namespace: Namespace, certificates: Certificates
) -> None:
    options = f"tls=true&tlsCAFile={certificates.authority}&authSource=people"
    url = url_of(guarded, urlsplit(stats_namespace.mongo).path, options)
    config = {**stats_namespace.as_config(), "STATS_MONGO_URL": url}
    state = StatsState(load_settings(config, {}))
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    state.publish([{"type": "record-view", "resource": "record:r", "user_id": "u"}])
    state.process()
    state.aggregate()
    assert state.totals(["record:r"])["record:r"]["views"] == 1


@pytest.mark.parametrize(
    ("options", "credentials", "error", "reason"),
    [
        ("authSource=people", f"{ESCAPED}@", StoreUnavailable, "certificate verify failed"),
        ("authSource=people&tlsCAFile={}", "st%40ts:wrong@", StoreRejected, "Authentication fail"),
        ("tlsCAFile={}", f"{ESCAPED}@", StoreRejected, "Authentication failed"),
        ("tlsCAFile={}", "", StoreRejected, "requires authentication"),
    ],
    ids=["nobody vouches", "a wrong password", "a user of another database", "no user"],
)
def test_who_may_not_is_told_so_without_secrets(
    options: str,
    credentials: str,
    error: type[StatsError],
    reason: str,
    guarded: MongoProxy,
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    tls = f"tls=true&{options.format(certificates.authority)}"
    database = connect(url_of(guarded, "/stats", tls, credentials), timeout=TIMEOUT)
    with pytest.raises(error, match=reason) as raised:
        ping(database)
    assert "m4rker" not in str(raised.value) + caplog.text
