"""Tokens in MongoDB: kept by their hash, revoked one by one, one signing key for all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stats.engines.namespace import Namespace
from stats.permissions import Grant, embed, tokens
from stats.stores.mongo import connect
from stats.stores.tokens import TokenStore
from stats.times import from_ms, to_ms, utc_now

NOW = from_ms(to_ms(utc_now()))
SCOPE = tokens.TokenScope("reporter")


@pytest.fixture
def store(stats_namespace: Namespace) -> TokenStore:
    made = TokenStore(connect(stats_namespace.mongo, timeout=5))
    made.ensure()
    made.ensure()
    return made


def add(store: TokenStore, secret: str) -> str:
    store.add(tokens.build_document(secret, SCOPE, now=NOW, expires=NOW + timedelta(days=1)))
    return tokens.token_id(secret)


def add_embed(store: TokenStore, resource: str, origin: str, *, days: int = 1) -> str:
    signed = embed.Signed(Grant(resource, origin), NOW + timedelta(days=days))
    token = embed.sign(signed, "key")
    store.add(embed.build_document(token, signed, now=NOW))
    return tokens.token_id(token)


def test_a_token_is_found_by_its_hash_alone(store: TokenStore) -> None:
    secret = tokens.make_secret()
    name = add(store, secret)
    found = store.read(name)
    assert found == tokens.build_document(secret, SCOPE, now=NOW, expires=NOW + timedelta(days=1))
    assert tokens.is_live(found, now=NOW)
    assert store.read(secret) is None
    assert secret not in str(store.all())


def test_the_same_again_changes_nothing(store: TokenStore) -> None:
    name = add(store, "a")
    store.revoke(name, now=NOW)
    add(store, "a")
    assert not tokens.is_live(store.read(name), now=NOW)
    assert len(store.all()) == 1


def test_revoking_needs_a_beginning_that_is_one_tokens(store: TokenStore) -> None:
    names = [add(store, str(number)) for number in range(40)]
    beginnings = [name[0] for name in names]
    ambiguous = next(letter for letter in beginnings if beginnings.count(letter) > 1)
    assert len(store.revoke(ambiguous, now=NOW)) > 1
    assert store.revoke("f" * 64, now=NOW) == []
    assert all(tokens.is_live(store.read(name), now=NOW) for name in names)
    assert store.revoke(names[0][:12], now=NOW) == [names[0]]
    live = [name for name in names if tokens.is_live(store.read(name), now=NOW)]
    assert live == names[1:]


def test_when_it_was_revoked_stays(store: TokenStore) -> None:
    name = add(store, "a")
    store.revoke(name, now=NOW)
    store.revoke(name, now=NOW + timedelta(hours=1))
    found = store.read(name)
    assert found is not None
    assert found["revoked"] == NOW


def test_origins_are_those_of_live_embed_tokens(store: TokenStore) -> None:
    add(store, "a")
    add_embed(store, "record:1", "https://a.example")
    add_embed(store, "record:2", "https://b.example")
    add_embed(store, "record:2", "https://ended.example", days=-1)
    store.revoke(add_embed(store, "record:2", "https://revoked.example"), now=NOW)
    assert store.origins(NOW) == {"https://a.example", "https://b.example"}
    assert store.origins(NOW, resource="record:2") == {"https://b.example"}


def test_a_user_who_is_forgotten_has_no_tokens(store: TokenStore) -> None:
    for number, user in enumerate(("ann", "ann", "bob")):
        scope = tokens.TokenScope("user", user)
        store.add(tokens.build_document(str(number), scope, now=NOW, expires=None))
    kept = add(store, "of nobody")
    assert (store.delete_user("ann"), store.delete_user("ann")) == (2, 0)
    assert {token["_id"] for token in store.all()} == {tokens.token_id("2"), kept}


def test_all_processes_sign_with_one_key(store: TokenStore) -> None:
    first = store.key("proposed first")
    assert (first, store.key("proposed later")) == ("proposed first", "proposed first")
    assert store.all() == []
    assert store.read("key") is None
    assert store.revoke("k", now=NOW) == []
