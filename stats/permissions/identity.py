"""Who is asking.

Pure. An identity has known roles and well-formed refs of what it curates;
:data:`ANONYMOUS` is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from stats.errors import ConfigError, InputError
from stats.refs import parse_ref

Role = Literal["admin", "auditor", "reporter", "curator", "writer", "user"]
ROLES: tuple[Role, ...] = get_args(Role)

Source = Literal["nobody", "host", "token", "embed", "command"]


@dataclass(frozen=True)
class Grant:
    """What an embed token allows: to read one resource's statistics, on pages of one origin.

    ``queries`` are the named queries it may run; empty allows all of them.
    """

    resource: str
    origin: str
    queries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """A person or program.

    ``communities`` are the refs (communities, spaces, collections) that a
    curator looks after. ``groups`` are the host's own; only the host's
    functions look at them. Any iterables may be given; they are kept frozen.

    Raises:
        ConfigError: a role is not one of :data:`ROLES`, or a community is no ref.
    """

    user_id: str | None = None
    roles: frozenset[Role] = frozenset()
    communities: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    source: Source = "host"
    grant: Grant | None = None

    def __post_init__(self) -> None:
        """Freeze what was given and check it."""
        for name in ("roles", "communities", "groups"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))
        for role in self.roles - set(ROLES):
            raise ConfigError(f"an identity has the role {role!r}; there are {', '.join(ROLES)}")
        object.__setattr__(self, "communities", frozenset(map(_parse_curated, self.communities)))

    @property
    def signed_in(self) -> bool:
        """Return whether somebody is known; decides between 401 and 403."""
        return self.source != "nobody"

    def has(self, *roles: Role) -> bool:
        """Return whether the identity has one of ``roles``."""
        return not self.roles.isdisjoint(roles)


def _parse_curated(ref: str) -> str:
    try:
        return parse_ref(ref, field="communities")
    except InputError as error:
        raise ConfigError(f"an identity curates {ref!r}: {error}") from error


ANONYMOUS = Identity(source="nobody")
"""Nobody is signed in."""

COMMAND_LINE = Identity(roles=frozenset({"admin"}), source="command")
"""Who works on the machine itself: the command line, and scheduled tasks."""
