"""Every route, with every role, on an open and on a restricted record: ``access_matrix.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from stats.engines.namespace import Namespace
from stats.events.types import BY_COUNTRY, BY_USER, EventType
from stats.ext import EXTENSION, StatsState
from stats.permissions import Grant, embed, tokens
from stats.permissions.identity import ROLES, Role
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import utc_now
from stats.views.openapi import list_routes
from stats.widgets.blueprint import STATIC

ORIGIN = "https://pages.example.org"
RECORDS = ("r-open", "r-restricted")
PEOPLE = EventType("by-people", "What names people", breakdowns=(BY_USER, BY_COUNTRY))
SCOPES: dict[str, tuple[Role, str | None, tuple[str, ...]]] = {
    **{role: (role, None, ()) for role in ROLES},
    "user": ("user", "somebody", ()),
    "owner": ("user", "owner", ()),
    "curator": ("curator", None, ("c",)),
}


@dataclass(frozen=True)
class Row:
    """One request, and what each caller is answered for each of the two records."""

    method: str
    path: str
    body: str | None
    expected: dict[str, tuple[str, str]]

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"


def read_matrix() -> list[Row]:
    text = Path(__file__).with_name("access_matrix.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    callers = [cell.strip() for cell in lines[0].split("|")][1:]
    return [_read_row(line, callers) for line in lines[1:]]


def _read_row(line: str, callers: list[str]) -> Row:
    request, *cells = (cell.strip() for cell in line.split("|"))
    assert len(cells) == len(callers), line
    method, path, *body = request.split(" ", 2)
    expected = {}
    for caller, cell in zip(callers, cells, strict=True):
        first, slash, second = cell.partition("/")
        expected[caller] = (first, second if slash else first)
    return Row(method, path, body[0] if body else None, expected)


MATRIX = read_matrix()


@pytest.fixture
def app(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    config: dict[str, Any] = {**stats_namespace.as_config(), "STATS_EVENTS": [PEOPLE]}
    made = create_app(config)
    state: StatsState = made.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    _describe(state)
    yield made
    state.stores.search.close()


def _describe(state: StatsState) -> None:
    state.init()
    for name, access in zip(RECORDS, ("open", "restricted"), strict=True):
        parents = [f"concept:{name}", "community:c", "project:p"]
        fields = {"access": access, "owner_id": "owner", "parents": parents}
        inside = {f"folder:{name}": [f"record:{name}"], f"file:deep-{name}": [f"folder:{name}"]}
        described = {f"record:{name}": fields, **{r: {"parents": p} for r, p in inside.items()}}
        state.stores.resources.describe(
            [Description(ref, known, utc_now()) for ref, known in described.items()]
        )
    both = {"parents": [f"record:{name}" for name in RECORDS]}
    state.stores.resources.describe([Description("file:of-both", both, utc_now())])


def make_tokens(state: StatsState, record: str) -> dict[str, str]:
    """Return a token of each caller; that of ``embed`` is for ``record``."""
    now = utc_now()
    made = {}
    for caller, (role, user, communities) in SCOPES.items():
        made[caller] = tokens.make_secret()
        scope = tokens.parse_scope(role, user=user, communities=communities)
        state.stores.tokens.add(tokens.build_document(made[caller], scope, now=now, expires=None))
    signed = embed.Signed(Grant(f"record:{record}", ORIGIN), now + timedelta(days=1))
    made["embed"] = embed.sign(signed, state.embed_key)
    state.stores.tokens.add(embed.build_document(made["embed"], signed, now=now))
    return made


def send(app: Flask, row: Row, record: str, *, token: str | None) -> TestResponse:
    chunk = next((STATIC / "chunks").glob("*.js")).stem
    words = {"{r}": quote(f"record:{record}"), "{id}": record, "{chunk}": chunk}
    path, body = row.path, row.body
    for word, value in words.items():
        path = path.replace(word, value)
    body = body.replace("{r}", f"record:{record}") if body else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return app.test_client().open(
        path,
        method=row.method,
        data=body,
        headers={**headers, "Origin": ORIGIN},
        content_type="application/json" if body else None,
    )


@pytest.mark.parametrize("place", [0, 1], ids=RECORDS)
def test_the_matrix(app: Flask, place: int) -> None:
    record = RECORDS[place]
    made = make_tokens(app.extensions[EXTENSION], record)
    differences = []
    for row in MATRIX:
        for caller, cells in row.expected.items():
            answer = send(app, row, record, token=made.get(caller))
            found = "yes" if answer.status_code < 300 else str(answer.status_code)
            if found != cells[place]:
                text = answer.get_data(as_text=True)[:200]
                differences.append(f"{row.request} {caller}: {found}, not {cells[place]}: {text}")
    assert not differences, "\n".join(differences)


def test_every_route_has_a_row(app: Flask) -> None:
    router = app.url_map.bind("localhost")
    rows = {
        (router.match(row.path.partition("?")[0], method=row.method)[0], row.method)
        for row in MATRIX
    }
    routes = {
        (rule.endpoint, method)
        for rule in list_routes(app)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes <= rows


def test_every_role_is_a_column() -> None:
    expected = {"nobody", "owner", "embed", *ROLES}
    assert {*MATRIX[0].expected} == expected, "access_matrix.txt has a column of each role"
