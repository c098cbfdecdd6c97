"""Whom the host application has signed in, by Flask-Login and Flask-Principal.

Comes in: the user that Flask-Login knows and the needs that Flask-Principal
gathered (Invenio uses both). Goes out: an :class:`Identity`, or None. Neither needs to be
installed.

A role or action named ``stats-<role>`` gives that role here, and Invenio's
``superuser-access`` is admin. Owners, managers and curators of a community of
Invenio-Communities curate ``community:<id>`` here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stats.kinds.catalogue import COMMUNITY
from stats.permissions.identity import ROLES, Identity, Role

_ROLE_NAMES: dict[str, Role] = {f"stats-{role}": role for role in ROLES}
_ACTIONS: dict[str, Role] = {**_ROLE_NAMES, "superuser-access": "admin"}
COMMUNITY_NEED = COMMUNITY.name
"""The method of the needs of Invenio-Communities, which is called as the kind is."""

_CURATING = frozenset({"owner", "manager", "curator"})


def read_host_identity(user: Any, needs: Iterable[Any]) -> Identity | None:
    """Return who ``user`` of Flask-Login is, with what Flask-Principal's ``needs`` allow.

    A need is a named tuple of ``method`` and ``value``; None when nobody is signed in.
    """
    if user is None or not user.is_authenticated:
        return None
    known = [(need.method, str(need.value), getattr(need, "role", None)) for need in needs]
    roles = {_ROLE_NAMES[value] for method, value, _ in known if _gives(method, value, "role")}
    roles |= {_ACTIONS[value] for method, value, _ in known if _gives(method, value, "action")}
    communities = [
        f"{COMMUNITY.name}:{value}"
        for method, value, role in known
        if method == COMMUNITY_NEED and role in _CURATING
    ]
    return Identity(
        user_id=str(user.get_id()),
        roles=frozenset(roles | ({"curator"} if communities else set())),
        communities=frozenset(communities),
        groups=frozenset(value for method, value, _ in known if method == "role"),
    )


def _gives(method: str, value: str, wanted: str) -> bool:
    return method == wanted and value in (_ROLE_NAMES if wanted == "role" else _ACTIONS)
