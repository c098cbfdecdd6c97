"""Passwords, keys and tokens in settings, and no output that has one of them."""

from __future__ import annotations

import logging
import re
import traceback
from dataclasses import fields

import pytest
from click.testing import CliRunner
from flask import Flask

from stats.cli import stats
from stats.config import Settings
from stats.errors import ConfigError
from stats.service import create_app
from stats.setting_sources import load_settings
from stats.views.openapi import list_routes
from tests.example_repository import NOWHERE

MARKER = "m4rkerm4rkerm4rkerm4rkerm4rkerm4rker"
SECRETS = {
    "STATS_ELASTICSEARCH_URL": f"http://elastic:{MARKER}@127.0.0.1:9",
    "STATS_MONGO_URL": f"mongodb://root:{MARKER}@127.0.0.1:9/stats",
    "STATS_BROKER_URL": f"amqp://guest:{MARKER}@127.0.0.1:9//",
    "STATS_EMBED_KEY": MARKER,
    "STATS_DATACITE_TOKEN": MARKER,
    "STATS_DATACITE_URL": "http://127.0.0.1:9",
    "STATS_OPENAIRE_TOKEN": MARKER,
    "STATS_OPENAIRE_URL": "http://127.0.0.1:9",
    "STATS_OPENAIRE_SITE": 1,
    "STATS_OPENAIRE_OAI_PREFIX": "oai:repository.example",
    "STATS_RATE_STORAGE_URL": f"redis://:{MARKER}@127.0.0.1:9",
    "STATS_CONNECT_TIMEOUT": 0.1,
    "STATS_EMIT_TIMEOUT": 0.1,
}
COMMANDS = [
    "init",
    "status",
    "status --json",
    "aggregate",
    "audit",
    "retention --dry-run",
    "erase --user u",
    "reflag",
    "upgrade --dry-run",
    "events process",
    "events search",
    "events dead-letters list",
    "imports list",
    "query top kind=record",
    "report metrics",
    "report counter pr --begin 2026-01 --end 2026-01",
    "export openaire",
    "export datacite",
    "export daily",
    "token list",
    "kibana",
]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Flask:
    caplog.set_level(logging.DEBUG)
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    return create_app(SECRETS)


def test_no_route_answers_or_logs_a_secret(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    routes = [(method, rule.rule) for rule in list_routes(app) for method in rule.methods or ()]
    assert len(routes) > 50
    for method, rule in routes:
        path = re.sub("<[^>]*ref>", "record:r1", rule).replace("<name>", "record-view-total")
        answer = client.open(path, method=method, query_string={"resource": "record:r1"})
        assert MARKER not in f"{answer.get_data(as_text=True)}{answer.headers}", path
    assert MARKER not in caplog.text


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_or_logs_a_secret(
    app: Flask, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    with app.app_context():
        result = CliRunner().invoke(stats, command.split())
    trace = "".join(traceback.format_exception(*result.exc_info)) if result.exc_info else ""
    for text in (result.output, trace, caplog.text):
        assert MARKER not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STATS_ELASTICSEARCH_URL", f"http://a:{MARKER}@es:port"),
        ("STATS_MONGO_URL", f"mongo://a:{MARKER}@m"),
        ("STATS_MONGO_URL", f"mongodb://a:{MARKER}@m:port/stats"),
        ("STATS_BROKER_URL", f"http://a:{MARKER}@m"),
        ("STATS_BROKER_URL", f"amqp://a:{MARKER}@m:port//"),
        ("STATS_RATE_STORAGE_URL", f"rediss+what://:{MARKER}@m"),
        ("STATS_EMBED_KEY", MARKER[:20]),
    ],
)
def test_a_wrong_address_is_named_without_its_password(
    app: Flask, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    said = []
    try:
        client = create_app({**SECRETS, name: value}).test_client()
        for path in ("/api/stats/totals/record:r1", "/readyz", "/healthz", "/metrics"):
            said.append(client.get(path).text)
    except ConfigError as error:
        said.append("".join(traceback.format_exception(error)))
    assert MARKER[:20] not in "".join((*said, caplog.text))


def test_settings_print_no_secret() -> None:
    printed = repr(load_settings(SECRETS, {}))
    assert MARKER not in printed
    assert "index_prefix" in printed


def test_every_setting_that_may_hold_a_secret_is_known_here() -> None:
    """By name: who adds one plants a marker in it."""
    words = ("_key", "_token", "_password", "_secret", "_url")
    names = [f.name for f in fields(Settings) if not f.name.startswith("rate_by")]
    named = {f"STATS_{name.upper()}" for name in names if name.endswith(words)}
    assert named - SECRETS.keys() == {"STATS_ELASTICSEARCH_API_KEY", "STATS_SITE_URL"}
