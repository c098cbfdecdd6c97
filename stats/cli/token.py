"""``stats token``: the service's own tokens.

``create`` prints the token, alone on stdout; it is not shown again.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click

from stats import origins
from stats.cli.context import with_stats
from stats.errors import InputError
from stats.kinds.catalogue import USER
from stats.permissions import Grant, embed, tokens
from stats.permissions.identity import ROLES, Role
from stats.proxies import current_stats
from stats.times import iso_ms, utc_now

EMBED_DAYS = "90d"
_BEGINNING = re.compile(r"[0-9a-f]{6,64}")


@click.group()
def token() -> None:
    """Tokens for programs and people that the host does not know."""


@token.command()
@click.option("--role", type=click.Choice(ROLES), help="What the token allows.")
@click.option("--user", help="Whose token it is; sees the user's own statistics.")
@click.option("--community", "communities", multiple=True, help="What a curator looks after.")
@click.option("--embed", "is_embed", is_flag=True, help="A token for pages of another site.")
@click.option("--resource", help="The one resource that an embed token reads, kind:id.")
@click.option("--origin", help="The site whose pages it is for, https://www.example.org.")
@click.option("--query", "queries", multiple=True, help="A named query it may run; all if none.")
@click.option("--expires", help="A date (the day included) or days like 90d.")
@with_stats
def create(**given: Any) -> None:
    """Make a token and print it, alone, on stdout."""
    now = utc_now()
    click.echo(_create_embed(given, now) if given["is_embed"] else _create_access(given, now))


@token.command()
@click.argument("token_or_id")
@with_stats
def revoke(token_or_id: str) -> None:
    """Revoke a token, named by itself or by its id in the list."""
    is_id = _BEGINNING.fullmatch(token_or_id)
    beginning = token_or_id if is_id else tokens.token_id(token_or_id)
    found = current_stats.stores.tokens.revoke(beginning, now=utc_now())
    if len(found) != 1:
        message = "names several tokens, write more of the id" if found else "names no token"
        raise InputError("bad_format", f"this {message}", field="token")
    click.echo(f"revoked {found[0][: tokens.SHORT]}", err=True)


@token.command("list")
@with_stats
def list_tokens() -> None:
    """List all tokens: id, state, role, scope, when it was made and when it ends."""
    now = utc_now()
    for document in current_stats.stores.tokens.all():
        click.echo("\t".join(_line(document, now)))


def _create_access(given: dict[str, Any], now: datetime) -> str:
    _refuse(given, "resource", "origin", "queries")
    role: Role | None = given["role"]
    if role is None:
        raise InputError("missing", f"say which role: {', '.join(ROLES)}", field="role")
    scope = tokens.parse_scope(role, user=given["user"], communities=given["communities"])
    expires = tokens.parse_expires(given["expires"], now=now) if given["expires"] else None
    secret = tokens.make_secret()
    document = tokens.build_document(secret, scope, now=now, expires=expires)
    current_stats.stores.tokens.add(document)
    return secret


def _create_embed(given: dict[str, Any], now: datetime) -> str:
    _refuse(given, "role", "user", "communities")
    for name in ("resource", "origin"):
        if not given[name]:
            raise InputError("missing", f"an embed token needs --{name}", field=name)
    for name in given["queries"]:
        current_stats.find_query(name)
    grant = Grant(
        current_stats.kinds.parse_ref(given["resource"]),
        origins.parse_origin(given["origin"]),
        given["queries"],
    )
    expires = tokens.parse_expires(given["expires"] or EMBED_DAYS, now=now)
    signed = embed.Signed(grant, expires.replace(microsecond=0))
    made = embed.sign(signed, current_stats.embed_key)
    current_stats.stores.tokens.add(embed.build_document(made, signed, now=now))
    return made


def _refuse(given: dict[str, Any], *names: str) -> None:
    kind = "an embed token" if given["is_embed"] else "a token without --embed"
    for name in names:
        if given[name]:
            option = {"queries": "query", "communities": "community"}.get(name, name)
            raise InputError("unknown_parameter", f"{kind} has no --{option}", field=option)


def _line(document: dict[str, Any], now: datetime) -> list[str]:
    """Return the columns of a token; no column is the token."""
    live = tokens.is_live(document, now=now)
    state = "live" if live else "revoked" if document["revoked"] else "expired"
    if document["kind"] == "embed":
        scope = [document["resource"], document["origin"], *document["queries"]]
    else:
        user = [f"{USER.name}:{document['user_id']}"] if document["user_id"] else []
        scope = [*user, *document["communities"]]
    expires = document["expires"]
    return [
        str(document["_id"])[: tokens.SHORT],
        state,
        str(document.get("role", "embed")),
        " ".join(scope) or "-",
        iso_ms(document["created"]),
        iso_ms(expires) if expires else "never",
    ]
