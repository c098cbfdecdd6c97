"""Identities of a host with the real Flask-Login and Flask-Principal, as Invenio has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request

from stats.engines.namespace import Namespace
from stats.ext import EXTENSION
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import utc_now

flask_login = pytest.importorskip("flask_login")
flask_principal = pytest.importorskip("flask_principal")

ROLES = {"reporter": "stats-reporter", "owner": "librarian"}


class User(flask_login.UserMixin):
    """A user of the host."""

    def __init__(self, name: str) -> None:
        self.id = name


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    made = create_app({**stats_namespace.as_config(), "SECRET_KEY": "of the host"})
    fields = {"access": "restricted", "owner_id": "owner", "parents": ["community:c"]}
    hidden = Description("record:hidden", fields, utc_now())
    made.extensions[EXTENSION].stores.resources.describe([hidden])
    _sign_in_by_header(made)
    yield made
    made.extensions[EXTENSION].stores.search.close()


def _sign_in_by_header(app: Flask) -> None:
    manager = flask_login.LoginManager(app)
    principal = flask_principal.Principal(app, use_sessions=False)
    need = flask_principal.RoleNeed

    @manager.request_loader
    def load_user(_: Any) -> User | None:
        name = request.headers.get("X-User")
        return User(name) if name else None

    @principal.identity_loader
    def load_identity() -> Any:
        name = request.headers.get("X-User")
        identity = flask_principal.Identity(name)
        if name in ROLES:
            identity.provides.add(need(ROLES[name]))
        return identity


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        (None, "/api/stats/totals/record:hidden", 401),
        ("somebody", "/api/stats/totals/record:hidden", 403),
        ("owner", "/api/stats/totals/record:hidden", 200),
        ("owner", "/api/stats/totals/user:owner", 200),
        ("owner", "/api/events", 200),
        ("owner", "/api/reports/metrics", 403),
        ("reporter", "/api/reports/metrics", 200),
        (None, "/api/stats/totals/site:all", 200),
    ],
)
def test_whom_the_host_signed_in(app: Flask, user: str | None, path: str, status: int) -> None:
    headers = {"X-User": user} if user else {}
    assert app.test_client().get(path, headers=headers).status_code == status
