"""Tokens, embed tokens, rankings of what is visible, and identities of the host."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from stats import origins
from stats.errors import ConfigError, InputError
from stats.permissions import Grant, embed, tokens
from stats.permissions.host import read_host_identity
from stats.permissions.rankings import MOST, fold_unseen, run_seen
from stats.setting_sources import load_settings
from stats.times import UTC

NOW = datetime(2025, 3, 14, 12, 30, tzinfo=UTC)
GRANT = Grant("record:ä/1", "https://example.org", ("top",))
SIGNED = embed.Signed(GRANT, datetime(2025, 6, 1, tzinfo=UTC))
KEY = "a key"


def test_a_token_is_32_random_bytes_and_only_its_hash_is_kept() -> None:
    secret = tokens.make_secret()
    assert len(secret) == 43
    assert secret != tokens.make_secret()
    scope = tokens.parse_scope("curator", user=None, communities=("zenodo", "space:s"))
    document = tokens.build_document(secret, scope, now=NOW, expires=None)
    assert secret not in str(document)
    assert document["_id"] == tokens.token_id(secret)
    identity = tokens.read_identity(document)
    assert identity.communities == {"community:zenodo", "space:s"}
    assert (identity.roles, identity.source, identity.signed_in) == ({"curator"}, "token", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("1d", NOW + timedelta(days=1)),
        ("2025-03-14", datetime(2025, 3, 15, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_expiry(text: str, expected: datetime) -> None:
    assert tokens.parse_expires(text, now=NOW) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2025-03-13", "out_of_range"),
        ("0d", "out_of_range"),
        ("9999-12-31", "out_of_range"),
        ("soon", "bad_format"),
        ("90", "bad_format"),
        ("-1d", "bad_format"),
        ("2025-02-30", "bad_format"),
    ],
)
def test_an_expiry_that_is_none(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        tokens.parse_expires(text, now=NOW)
    assert (refused.value.code, refused.value.field) == (code, "expires")


@pytest.mark.parametrize(
    ("role", "user", "communities", "field"),
    [
        ("user", None, (), "user"),
        ("curator", "u", (), "community"),
        ("reporter", None, ("zenodo",), "community"),
        ("curator", None, ("Bad:x",), "community"),
    ],
)
def test_scopes_that_do_not_fit(role: Any, user: Any, communities: Any, field: str) -> None:
    with pytest.raises(InputError) as refused:
        tokens.parse_scope(role, user=user, communities=communities)
    assert refused.value.field == field


def test_a_token_lives_until_it_ends_or_is_revoked() -> None:
    live = {"revoked": None, "expires": NOW + timedelta(milliseconds=1)}
    assert tokens.is_live(live, now=NOW)
    assert tokens.is_live({"revoked": None, "expires": None}, now=NOW)
    assert not tokens.is_live(live, now=NOW + timedelta(milliseconds=1))
    assert not tokens.is_live({**live, "revoked": NOW}, now=NOW)
    assert not tokens.is_live(None, now=NOW)


def test_an_embed_token_is_read_as_it_was_signed() -> None:
    token = embed.sign(SIGNED, KEY)
    assert embed.read(token, KEY) == SIGNED
    assert embed.looks_like_embed(token)
    assert not embed.looks_like_embed(tokens.make_secret())
    assert token != embed.sign(SIGNED, KEY)


def test_what_another_has_signed_or_changed_is_nothing() -> None:
    token = embed.sign(SIGNED, KEY)
    payload, signature = token.split(".")
    assert embed.read(token, "another key") is None
    assert embed.read(f"{payload}.", KEY) is None
    assert embed.read(f"{payload[:-2]}AA.{signature}", KEY) is None
    other = embed.sign(embed.Signed(Grant("record:2", GRANT.origin), SIGNED.expires), KEY)
    assert embed.read(f"{other.split('.')[0]}.{signature}", KEY) is None
    assert embed.read("", KEY) is None


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Example.ORG", "https://example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins(text: str, origin: str) -> None:
    assert origins.parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "null",
        "*",
        "https://a.example/path",
        "https://u@a.example",
        "ftp://a",
        "https://a:b",
        "https://a.example?x",
    ],
)
def test_what_is_no_origin(text: str) -> None:
    with pytest.raises(InputError):
        origins.parse_origin(text)
    with pytest.raises(ConfigError, match="STATS_WIDGET_ORIGINS"):
        load_settings({"STATS_WIDGET_ORIGINS": [text or "x"] if text != "*" else ["*x"]}, {})


def test_widget_origins_are_normal_forms() -> None:
    read = load_settings({}, {"STATS_WIDGET_ORIGINS": "https://A.example/, *"})
    assert read.widget_origins == ("https://a.example", "*")


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"Origin": "https://a.example"}, "https://a.example"),
        ({"Origin": "https://a.example", "Referer": "https://b.example/"}, "https://a.example"),
        ({"Referer": "https://b.example/path?x=1"}, "https://b.example"),
        ({"Origin": "null", "Referer": "https://b.example/"}, None),
        ({}, None),
        ({"Referer": "about:client"}, None),
    ],
)
def test_the_page_that_asks(headers: dict[str, str], origin: str | None) -> None:
    assert origins.read_origin(headers) == origin


def rows(count: int) -> list[dict[str, Any]]:
    return [{"resource": f"record:{n}", "count": count - n} for n in range(count)]


def even(refs: Sequence[str]) -> set[str]:
    return {ref for ref in refs if int(ref.partition(":")[2]) % 2 == 0}


def test_a_ranking_is_filled_up_with_what_is_visible() -> None:
    asked = []

    def ask(size: int) -> dict[str, Any]:
        asked.append(size)
        return {"size": size, "buckets": rows(100)[:size]}

    answer = run_seen(ask, 10, visible=even)
    assert [row["resource"] for row in answer["buckets"]] == [
        f"record:{n}" for n in range(0, 20, 2)
    ]
    assert (answer["size"], asked) == (10, [10, 40])
    assert run_seen(ask, 80, visible=even)["buckets"] == rows(100)[::2]


def test_a_ranking_of_what_all_is_visible_is_asked_once() -> None:
    asked = []

    def ask(size: int) -> dict[str, Any]:
        asked.append(size)
        return {"size": size, "buckets": rows(100)[:size]}

    assert len(run_seen(ask, 10, visible=set)["buckets"]) == 10
    assert run_seen(ask, 10, visible=lambda refs: set())["buckets"] == []
    assert asked == [10, 10, 40, 160]
    assert max(asked) <= MOST


def test_hidden_resources_of_a_breakdown_are_one_bucket() -> None:
    buckets = [
        {"key": "record:1", "title": "One", "value": 5},
        {"key": "record:2", "title": "Two", "value": 4},
        {"key": "record:3", "title": "Three", "value": 3},
        {"key": "", "title": "", "value": 1},
    ]
    folded = fold_unseen({"total": 13, "buckets": buckets}, visible=even)
    assert folded["buckets"] == [
        {"key": "(other)", "title": "", "value": 8},
        {"key": "record:2", "title": "Two", "value": 4},
        {"key": "", "title": "", "value": 1},
    ]
    assert fold_unseen({"buckets": buckets}, visible=set) == {"buckets": buckets}


Need = namedtuple("Need", ["method", "value"])
CommunityNeed = namedtuple("CommunityNeed", ["method", "value", "role"])


@dataclass
class User:
    """A user of Flask-Login."""

    is_authenticated: bool = True

    def get_id(self) -> int:
        return 7


def test_an_identity_of_flask_login_and_flask_principal() -> None:
    needs = [
        Need("id", 7),
        Need("role", "stats-auditor"),
        Need("role", "librarians"),
        Need("role", "admin"),
        Need("action", "stats-writer"),
        Need("action", "other"),
        CommunityNeed("community", "c1", "curator"),
        CommunityNeed("community", "c2", "reader"),
    ]
    found = read_host_identity(User(), needs)
    assert found is not None
    assert found.user_id == "7"
    assert found.roles == {"auditor", "writer", "curator"}
    assert found.communities == {"community:c1"}
    assert found.groups == {"stats-auditor", "librarians", "admin"}
    assert found.signed_in


def test_nobody_of_flask_login_is_nobody() -> None:
    assert read_host_identity(None, []) is None
    assert read_host_identity(User(is_authenticated=False), []) is None


def test_invenios_superuser_is_admin() -> None:
    found = read_host_identity(User(), [Need("action", "superuser-access")])
    assert found is not None
    assert found.has("admin")
