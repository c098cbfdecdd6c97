"""Identities over HTTP: tokens, embed tokens and their origins, cookies, hosts, CORS, frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask, g
from flask.testing import FlaskClient

from stats.cli import stats as command
from stats.engines.namespace import Namespace
from stats.ext import EXTENSION, StatsState
from stats.permissions import Identity, tokens
from stats.service import create_app
from stats.stores.resources import Description
from stats.times import utc_now
from tests.engine.daily import document, write

ORIGIN = "https://pages.example.org"
HIDDEN = "/api/stats/totals/record:hidden"
Make = Callable[..., Flask]


@pytest.fixture
def make(stats_namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A function that makes the service with settings, and two records in it."""
    for name in stats_namespace.as_config():
        monkeypatch.delenv(name, raising=False)
    made: list[StatsState] = []

    def make_app(**settings: Any) -> Flask:
        app = create_app({**stats_namespace.as_config(), **settings})
        state: StatsState = app.extensions[EXTENSION]
        made.append(state)
        hidden = {"access": "restricted", "owner_id": "owner", "title": "Hidden"}
        known = {"record:hidden": hidden, "record:open": {"title": "O"}}
        state.stores.resources.describe(
            [Description(ref, fields, utc_now()) for ref, fields in known.items()]
        )
        return app

    yield make_app
    for state in made:
        state.stores.search.close()


def run(app: Flask, *arguments: str) -> tuple[int, str, str]:
    """Run ``stats token ...`` in an application."""
    with app.app_context():
        done = CliRunner().invoke(command, ["token", *arguments])
    return done.exit_code, done.stdout, done.stderr


def create(app: Flask, *arguments: str) -> str:
    code, out, err = run(app, "create", *arguments)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    return out.strip()


def create_embed(app: Flask, *arguments: str) -> str:
    return create(app, "--embed", "--resource", "record:hidden", "--origin", ORIGIN, *arguments)


def bearer(token: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **headers}


def status(app: Flask, path: str, **headers: str) -> int:
    return app.test_client().get(path, headers=headers).status_code


def test_a_token_from_the_command_line_opens_what_its_role_may_see(make: Make) -> None:
    app = make()
    token = create(app, "--role", "user", "--user", "owner", "--expires", "90d")
    assert status(app, HIDDEN) == 401
    assert status(app, HIDDEN, **bearer(token)) == 200
    other = create(app, "--role", "user", "--user", "somebody")
    assert status(app, HIDDEN, **bearer(other)) == 403


def test_a_token_that_is_not_valid_is_refused_everywhere_numbers_are(make: Make) -> None:
    app = make()
    revoked, by_id = (create(app, "--role", "admin") for _ in range(2))
    assert run(app, "revoke", revoked)[0] == 0
    assert run(app, "revoke", tokens.token_id(by_id)[: tokens.SHORT])[0] == 0
    late = utc_now() - timedelta(seconds=1)
    expired = tokens.make_secret()
    scope = tokens.TokenScope("admin")
    app.extensions[EXTENSION].stores.tokens.add(
        tokens.build_document(expired, scope, now=late, expires=late)
    )
    for token in (revoked, by_id, expired, "unheard-of", "", "a.b", "key"):
        answer = app.test_client().get("/api/stats/totals/record:open", headers=bearer(token))
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json and answer.json["error"]["code"] == "unauthenticated"
    assert status(app, "/healthz", **bearer("unheard-of")) == 200


def test_the_list_of_tokens_shows_no_token(make: Make) -> None:
    app = make()
    made = [
        create(app, "--role", "curator", "--community", "zenodo", "--community", "space:s"),
        create(app, "--role", "user", "--user", "u7"),
        create_embed(app, "--query", "top"),
    ]
    run(app, "revoke", made[1])
    code, out, _ = run(app, "list")
    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert [line[:4] for line in lines] == [
        [tokens.token_id(made[0])[:12], "live", "curator", "community:zenodo space:s"],
        [tokens.token_id(made[1])[:12], "revoked", "user", "user:u7"],
        [tokens.token_id(made[2])[:12], "live", "embed", f"record:hidden {ORIGIN} top"],
    ]
    assert not any(token in out for token in made)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["create"], "role"),
        (["create", "--role", "curator"], "community"),
        (["create", "--role", "user"], "user"),
        (["create", "--role", "admin", "--expires", "2001-01-01"], "expires"),
        (["create", "--role", "admin", "--origin", ORIGIN], "origin"),
        (["create", "--embed", "--origin", ORIGIN], "resource"),
        (["create", "--embed", "--resource", "record:r"], "origin"),
        (["create", "--embed", "--resource", "r", "--origin", ORIGIN], "resource"),
        (["create", "--embed", "--resource", "record:r", "--origin", "pages"], "origin"),
        (["create", "--embed", "--resource", "record:r", "--role", "admin"], "role"),
        (["revoke", "ffffffffffff"], "token"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(make: Make, arguments: list[str], field: str) -> None:
    code, out, err = run(make(), *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"stats: {field}")
    assert err.count("\n") == 1


def test_a_query_that_an_embed_token_names_is_one(make: Make) -> None:
    code, _, err = run(
        make(), "create", "--embed", "--resource", "record:r", "--origin", ORIGIN, "--query", "no"
    )
    assert (code, "no query no" in err) == (2, True)


def test_an_embed_token_is_for_pages_of_its_origin(make: Make) -> None:
    app = make()
    token = create_embed(app)
    assert status(app, HIDDEN, **bearer(token, Origin=ORIGIN)) == 200
    assert status(app, HIDDEN, **bearer(token, Referer=f"{ORIGIN}/page?x=1")) == 200
    assert (
        status(app, HIDDEN, **bearer(token, Referer="http://localhost/widgets/record:hidden"))
        == 200
    )
    assert status(app, HIDDEN, **bearer(token, **{"Sec-Fetch-Site": "same-origin"})) == 200
    assert status(app, HIDDEN, **bearer(token, Origin="https://other.example")) == 403
    assert status(app, HIDDEN, **bearer(token, Origin="null", Referer=f"{ORIGIN}/")) == 403
    assert status(app, HIDDEN, **bearer(token, Origin=f"{ORIGIN}.evil.example")) == 403
    assert status(app, HIDDEN, **bearer(token)) == 403
    run(app, "revoke", token)
    assert status(app, HIDDEN, **bearer(token, Origin=ORIGIN)) == 401


def test_an_embed_token_reads_only_the_queries_it_names(make: Make) -> None:
    app = make()
    token = create_embed(app, "--query", "record-view-total", "--expires", "1d")
    allowed = bearer(token, Origin=ORIGIN)
    assert status(app, "/api/stats/record-view-total?resource=record:hidden", **allowed) == 200
    assert status(app, "/api/stats/file-download-total?resource=record:hidden", **allowed) == 403
    assert status(app, "/api/stats/record-view-total?resource=record:open", **allowed) == 403
    listed = app.test_client().get("/api/stats", headers=allowed).json
    assert listed and [query["name"] for query in listed["queries"]] == ["record-view-total"]


def test_an_embed_token_signed_with_another_key_is_nothing(make: Make) -> None:
    token = create_embed(make(STATS_EMBED_KEY="1" * 32))
    assert status(make(STATS_EMBED_KEY="1" * 32), HIDDEN, **bearer(token, Origin=ORIGIN)) == 200
    assert status(make(STATS_EMBED_KEY="2" * 32), HIDDEN, **bearer(token, Origin=ORIGIN)) == 401


def test_two_processes_share_the_key_of_the_database(make: Make) -> None:
    token = create_embed(make())
    assert status(make(), HIDDEN, **bearer(token, Origin=ORIGIN)) == 200


def test_a_badge_takes_an_embed_token_in_its_address_and_no_other(make: Make) -> None:
    app = make()
    page = {"Referer": f"{ORIGIN}/"}
    token, admin = create_embed(app), create(app, "--role", "admin")
    assert status(app, f"/badge/record:hidden.svg?token={token}", **page) == 200
    assert status(app, f"/badge/record:hidden.svg?token={token}") == 403
    assert status(app, f"/badge/record:hidden.svg?token={admin}", **page) == 401
    assert status(app, f"/badge/record:open.svg?token={admin}", **page) == 401
    assert status(app, "/badge/record:open.svg?token=", **page) == 200
    assert status(app, f"{HIDDEN}?token={token}", **page) == 400


def test_a_cookie_reads_and_never_writes(make: Make) -> None:
    app = make()
    client = app.test_client()
    client.set_cookie("stats_token", create(app, "--role", "admin"))
    assert client.get(HIDDEN).status_code == 200
    assert client.get("/stats/").status_code == 200
    assert client.put("/api/resources/record:r", json={"title": "T"}).status_code == 401


def test_no_other_site_writes_with_the_cookie_of_the_host(make: Make) -> None:
    client = make(STATS_IDENTITY=lambda: Identity(roles=frozenset({"writer"}))).test_client()

    def put(**headers: str) -> int:
        body = {"title": "T"}
        return client.put("/api/resources/record:r", json=body, headers=headers).status_code

    assert put() == 200
    assert put(Origin="http://localhost") == 200
    assert put(**{"Sec-Fetch-Site": "same-origin"}) == 200
    assert put(Origin="https://other.example") == 403
    assert put(Origin="null") == 403
    assert put(**{"Sec-Fetch-Site": "cross-site"}) == 403


def test_a_token_writes_from_anywhere(make: Make) -> None:
    app = make()
    headers = bearer(create(app, "--role", "writer"), Origin="https://other.example")
    answer = app.test_client().put("/api/resources/record:r", json={"title": "T"}, headers=headers)
    assert answer.status_code == 200


class LoggedIn:
    """What Flask-Login's ``current_user`` looks like."""

    is_authenticated = True

    def get_id(self) -> str:
        return "owner"


def test_flask_login_and_flask_principal_are_asked(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stats.views.identity.current_user", LoggedIn())
    app = make()
    needs: list[SimpleNamespace] = []

    @app.before_request
    def load_needs() -> None:
        g.identity = SimpleNamespace(provides=needs)

    assert status(app, HIDDEN) == 401
    vars(app)["login_manager"] = object()  # what Flask-Login sets
    assert status(app, HIDDEN) == 200
    assert status(app, "/api/reports/metrics") == 403
    needs.append(SimpleNamespace(method="role", value="stats-reporter"))
    assert status(app, "/api/reports/metrics") == 200


@pytest.mark.parametrize("parameter", ["api_key", "requestor_id"])
def test_counter_takes_the_token_as_a_parameter(make: Make, parameter: str) -> None:
    app = make()
    path = "/api/counter/r51/members?customer_id=0000000000000000"
    token = create(app, "--role", "reporter")
    assert status(app, f"{path}&{parameter}={token}") == 200
    assert status(app, f"{path}&{parameter}=wrong") == 401
    other = create(app, "--role", "auditor")
    assert status(app, f"{path}&{parameter}={other}") == 403
    assert status(app, f"/api/stats/top?{parameter}={token}") == 400


def test_the_identity_of_the_host_comes_first(make: Make) -> None:
    host: list[Identity | None] = [None]
    app = make(STATS_IDENTITY=lambda: host[0])
    admin = bearer(create(app, "--role", "admin"))
    assert status(app, HIDDEN) == 401
    assert status(app, HIDDEN, **admin) == 200
    host[0] = Identity(user_id="somebody")
    assert status(app, HIDDEN, **admin) == 403
    host[0] = Identity(user_id="owner")
    assert status(app, HIDDEN) == 200


def test_one_identity_a_request_even_in_one_application_context(make: Make) -> None:
    app = make()
    admin = bearer(create(app, "--role", "admin"))
    with app.app_context():
        assert [status(app, HIDDEN, **headers) for headers in (admin, {}, admin)] == [200, 401, 200]


def test_what_only_some_may_see_stays_out_of_shared_caches(make: Make) -> None:
    app = make(STATS_IDENTITY=lambda: Identity(user_id="owner"))
    assert app.test_client().get(HIDDEN).headers["Cache-Control"] == "private, max-age=10"


def test_a_batch_says_which_totals_are_refused(make: Make) -> None:
    client = make().test_client()
    path = "?ref=record:hidden&ref=record:open&ref=user:u"
    answer = client.get(f"/api/stats/totals{path}").json
    assert answer and list(answer) == ["record:hidden", "record:open", "user:u"]
    assert answer["record:open"]["views"] == 0
    for ref in ("record:hidden", "user:u"):
        error = answer[ref].pop("error")
        assert (error["code"], answer[ref]) == ("unauthenticated", {})
    table = client.get(f"/api/stats/totals.csv{path}").text
    assert [line.split(",")[0] for line in table.splitlines()] == ["resource", "record:open"]


def test_rankings_leave_out_what_is_hidden_and_fill_up(make: Make) -> None:
    app = make()
    state: StatsState = app.extensions[EXTENSION]
    refs = ["record:hidden", "record:open", "record:c", "user:owner"]
    write(
        state.stores.search,
        [
            document("record-view", "2025-01-02", ref, count=9 - n, unique_count=1)
            for n, ref in enumerate(refs)
        ],
    )
    client = app.test_client()

    def ranked(path: str, **headers: str) -> list[str]:
        answer = client.get(path, headers=headers).json
        assert answer
        return [row["resource"] for row in answer["buckets"]]

    admin = bearer(create(app, "--role", "admin"))
    for path in ("/api/stats/record-view-top?size=2", "/api/stats/top?size=2"):
        assert ranked(path) == ["record:open", "record:c"]
        assert ranked(path, **admin) == ["record:hidden", "record:open"]
    assert ranked("/api/stats/top?kind=user") == []
    owner = bearer(create(app, "--role", "user", "--user", "owner"))
    assert ranked("/api/stats/top?kind=user", **owner) == ["user:owner"]


def test_a_breakdown_by_resources_names_no_hidden_one(make: Make) -> None:
    app = make()
    state: StatsState = app.extensions[EXTENSION]
    write(
        state.stores.search,
        [
            document("record-view", "2025-01-02", "record:hidden", count=3),
            document("record-view", "2025-01-02", "record:open", count=2),
            document("record-view", "2025-01-02", "site:all", count=5),
        ],
    )
    answer = app.test_client().get("/api/stats/breakdown?by=record&metric=views").json
    assert answer and answer["total"] == 5
    assert answer["buckets"] == [
        {"key": "(other)", "title": "", "value": 5},  # one hidden record is never alone
    ]


def test_what_the_host_hides_is_hidden_in_every_form(
    make: Make, stats_namespace: Namespace
) -> None:
    """One policy: REST, rankings, breakdowns, badges, widgets, the audit log, reports by user."""
    asked: list[list[str]] = []

    def visible(refs: Any, identity: Identity) -> list[str]:
        asked.append(list(refs))
        return [ref for ref in refs if ref != "record:open" or identity.user_id == "friend"]

    who = [Identity(user_id="auditor", roles=frozenset({"auditor"}))]
    app = make(STATS_RESOURCE_VISIBILITY=visible, STATS_IDENTITY=lambda: who[0])
    state: StatsState = app.extensions[EXTENSION]
    stats_namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    state.init()
    time = {"timestamp": "2025-01-02T03:04:05Z"}
    seen = {"type": "record-view", "user_id": "u", **time}
    state.publish([seen | {"resource": f"record:{name}"} for name in ("open", "other")])
    state.process()
    state.aggregate()
    state.stores.search.refresh(state.stores.search.raw("record-view"))
    client = app.test_client()

    def shown(path: str) -> bool:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        assert "other" in answer.text
        return '"record:open"' in answer.text or "record,open," in answer.text

    paths = [
        "/api/stats/top",
        "/api/stats/record-view-top?kind=record",
        "/api/stats/breakdown?by=record&metric=views",
        "/api/events?user=u",
        "/api/reports/metrics/records_by_user",
        "/api/reports/metrics_by_user",
    ]
    refused = [
        "/api/stats/totals/record:open",
        "/api/stats/record-view-histogram?resource=record:open",
        "/api/stats/record-view?recid=open",
        "/badge/record:open.svg",
        "/stats/resource/record:open",
    ]
    assert [shown(path) for path in paths] == [False] * len(paths)
    assert [client.get(path).status_code for path in refused] == [403] * len(refused)
    who[0] = Identity(user_id="friend", roles=frozenset({"auditor"}))
    assert [shown(path) for path in paths] == [True] * len(paths)
    assert [client.get(path).status_code for path in refused] == [200] * len(refused)
    assert max(map(len, asked)) > 1


def test_reports_and_dashboard_may_be_public(make: Make) -> None:
    app = make(STATS_PUBLIC_REPORTS=True)
    for ref, views in (("record:hidden", 5), ("record:open", 4)):
        numbers = dict.fromkeys(("views", "unique_views", "downloads"), views)
        body = {"_id": ref, "kind": "record", "last_viewed": None, "last_downloaded": None}
        app.extensions[EXTENSION].stores.totals.write([{**body, **numbers}], ticket=1)
    report = app.test_client().get("/api/reports/metrics/records")
    assert [line.split(",")[1] for line in report.text.splitlines()[1:]] == ["open"]
    assert status(app, "/stats/") == 200
    assert status(app, "/api/reports/metrics/records_by_user") == 401


@pytest.fixture
def client(make: Make) -> FlaskClient:
    return make(STATS_WIDGET_ORIGINS=[ORIGIN]).test_client()


@pytest.mark.parametrize("path", ["/api/stats", "/api/stats/totals/record:open", HIDDEN])
def test_cors_is_for_configured_origins(client: FlaskClient, path: str) -> None:
    allowed = client.get(path, headers={"Origin": ORIGIN})
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    for headers in ({"Origin": "https://other.example"}, {"Origin": "null"}, {}):
        answer = client.get(path, headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in allowed.headers


def test_a_preflight_allows_the_token_and_nothing_that_writes(client: FlaskClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    answer = client.options("/api/stats/top", headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    for path in ("/api/events", "/api/resources", "/api/reports/metrics", "/stats/"):
        assert "Access-Control-Allow-Origin" not in client.options(path, headers=asked).headers


def test_every_origin_reads_what_is_public_unless_configured(make: Make) -> None:
    client = make().test_client()
    answer = client.get("/api/stats", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_origin_of_an_embed_token_is_allowed_too(make: Make) -> None:
    app = make(STATS_WIDGET_ORIGINS=[])
    create_embed(app)
    answer = app.test_client().get("/api/stats", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def frame_ancestors(app: Flask, path: str) -> str:
    policy = app.test_client().get(path).headers["Content-Security-Policy"]
    (found,) = (part for part in policy.split("; ") if part.startswith("frame-ancestors"))
    return found.removeprefix("frame-ancestors ")


def test_who_may_frame_a_widget(make: Make) -> None:
    app = make(STATS_WIDGET_ORIGINS=["https://a.example"])
    assert frame_ancestors(app, "/widgets/record:open") == "'self' https://a.example"
    assert frame_ancestors(app, "/widgets/record:hidden") == "'self'"
    create_embed(app)
    assert frame_ancestors(app, "/widgets/record:hidden") == f"'self' {ORIGIN}"
    assert frame_ancestors(make(), "/widgets/record:open") == "*"
    assert frame_ancestors(make(STATS_PUBLIC_REPORTS=True), "/stats/") == "'self'"


@pytest.mark.parametrize("cookie", ["never was one", ""])
def test_a_stale_cookie_closes_nothing_and_is_taken_away(make: Make, cookie: str) -> None:
    app = make()
    secret = create(app, "--role", "admin")
    assert run(app, "revoke", secret)[0] == 0
    client = app.test_client()
    client.set_cookie("stats_token", cookie or secret)
    answer = client.get("/api/stats/totals/record:open")
    assert answer.status_code == 200
    assert "stats_token=;" in answer.headers["Set-Cookie"]
    assert client.get_cookie("stats_token") is None
    client.set_cookie("stats_token", secret)
    assert client.get(HIDDEN).status_code == 401
    client.set_cookie("stats_token", secret)
    page = client.get("/stats/")
    assert (page.status_code, "stats_token=;" in page.headers["Set-Cookie"]) == (401, True)
