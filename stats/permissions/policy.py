"""The policy: one method a question, the same for REST, reports, widgets and exports.

Comes in: an identity and what it wants. Goes out: nothing, a filter, or
``AccessError``: 401 where nobody is signed in, 403 otherwise. Invariant:
whoever may see a number here may see it in every form, and an embed
token never allows more than to read the one resource it was made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from stats.errors import AccessError
from stats.events.types import SITE, Dimension
from stats.kinds.types import Kinds
from stats.permissions.identity import Grant, Identity, Role
from stats.permissions.visibility import (
    HostVisibility,
    ResourceSource,
    Visible,
    run_curated,
    run_looked_after,
    run_visible,
)
from stats.queries.types import Scope
from stats.refs import is_ref

Action = Literal["publish", "describe", "changed", "counter", "dashboard"]
"""What is allowed by role alone."""

ALLOWED: Mapping[Action, tuple[Role, ...]] = {
    "publish": ("writer", "admin"),
    "describe": ("writer", "admin"),
    "changed": ("writer", "reporter", "admin"),
    "counter": ("reporter", "admin"),
    "dashboard": ("reporter", "curator", "admin"),
}

_WORDS: Mapping[Action, str] = {
    "publish": "publish events",
    "describe": "describe resources",
    "changed": "read the feed of changes",
    "counter": "read COUNTER reports",
    "dashboard": "see the dashboard",
}

Factory = Callable[[str, dict[str, Any]], Any]
"""``STATS_PERMISSION_FACTORY``: True or False, something with ``can()``, or None (defaults)."""


@dataclass(frozen=True)
class AuditScope:
    """The part of the audit log that somebody may read.

    ``user`` is whose events (None: anybody's), ``visible`` filters by resource
    (None: all of them).
    """

    user: str | None
    visible: Visible | None


@dataclass(frozen=True)
class Policy:
    """Who may see and do what in one installation."""

    resources: ResourceSource
    kinds: Kinds
    dimensions: Mapping[str, Dimension]
    host_visibility: HostVisibility | None = None
    factory: Factory | None = None
    public_reports: bool = False
    minimum_count: int = 1

    def check(self, identity: Identity, action: Action) -> None:
        """Raise unless a role of ``identity`` allows ``action``."""
        open_to_all = self.public_reports and action == "dashboard" and not identity.grant
        if not open_to_all and not identity.has(*ALLOWED[action]):
            raise _denied(identity, _WORDS[action])

    def visible(self, identity: Identity, refs: Iterable[str]) -> set[str]:
        """Return those of ``refs`` whose statistics ``identity`` may see."""
        return run_visible(
            identity, refs, kinds=self.kinds, resources=self.resources, host=self.host_visibility
        )

    def filter(self, identity: Identity) -> Visible | None:
        """Return what rankings are filtered with; None when everything may be seen."""
        return None if identity.has("admin") else partial(self.visible, identity)

    def check_resources(self, identity: Identity, refs: Iterable[str]) -> None:
        """Raise unless the statistics of all ``refs`` may be seen."""
        asked = set(refs)
        hidden = asked - self.readable(identity, asked)
        if hidden:
            raise self.refusal(identity, min(hidden))

    def refusal(self, identity: Identity, ref: str) -> AccessError:
        """Return what is said to ``identity`` who may not see the statistics of ``ref``."""
        return _denied(identity, f"see the statistics of {ref}")

    def readable(self, identity: Identity, refs: Iterable[str]) -> set[str]:
        """Return those of ``refs`` that ``identity`` may ask for by name.

        As :meth:`visible`, except that an embed token reads nothing else than
        what it was made for, be it ever so public.
        """
        if identity.grant:
            return set(refs) & {identity.grant.resource}
        return self.visible(identity, refs)

    def exact(self, identity: Identity, refs: Iterable[str]) -> set[str]:
        """Return those of ``refs`` of which ``identity`` gets what may tell a single visitor.

        Times of last use to the millisecond, and small counts of places below the country.
        """
        asked = sorted(set(refs))
        if self.reads_exact(identity):
            return set(asked)
        return run_looked_after(identity, asked, resources=self.resources)

    def reads_exact(self, identity: Identity) -> bool:
        """Return whether a role gives ``identity`` exact numbers of all that they may see."""
        return identity.has("admin", "auditor", "reporter")

    def minimum(self, identity: Identity, params: Mapping[str, Any]) -> int:
        """Return how many events a place below the country needs to stand alone."""
        refs = refs_in(params) or {SITE}
        return 1 if self.exact(identity, refs) == refs else self.minimum_count

    def check_query(
        self,
        identity: Identity,
        name: str,
        *,
        scope: Scope,
        given: Mapping[str, Any],
        params: Mapping[str, Any],
    ) -> None:
        """Raise unless the named query may be run.

        ``scope`` is whose numbers it may hold, ``given`` are the parameters as they came, for
        the host's factory; ``params`` the resolved ones. What the host decides stands.
        """
        if identity.grant:
            _check_grant(identity, identity.grant, name, params=params)
            if dimensions_in(params, self.dimensions):
                raise _denied(identity, "see that breakdown with an embed token")
            self._check_scope(identity, scope, refs_in(params))
            return
        decided = self._ask_host(identity, name, given)
        if decided:
            return
        refs = refs_in(params)
        self.check_resources(identity, refs)
        self._check_scope(identity, scope, refs)
        self._check_dimensions(identity, params, refs or {SITE})

    def _check_scope(self, identity: Identity, scope: Scope, refs: set[str]) -> None:
        """Raise when a query sums over more than it names, and more than the caller may see."""
        if scope == "named" and not refs and not identity.has("admin"):
            raise _denied(identity, "run a query without naming a resource")
        if scope == "reports" and not identity.has("admin", "reporter"):
            raise _denied(identity, "see numbers of everything")

    def may_list(self, identity: Identity, name: str) -> bool:
        """Return whether a list of queries names this one: some parameters may be allowed."""
        if identity.grant:
            return not identity.grant.queries or name in identity.grant.queries
        try:
            self._ask_host(identity, name, {})
        except AccessError:
            return False
        return True

    def report_filter(self, identity: Identity, *, by_user: bool) -> Visible | None:
        """Return the filter of a metrics report's rows (None: all); raise if there is none."""
        if identity.has("admin"):
            return None
        if by_user:
            if identity.has("auditor"):
                return partial(self.visible, identity)
            raise _denied(identity, "see reports by user")
        if identity.has("reporter"):
            return None
        if identity.has("curator"):
            return partial(run_curated, identity, resources=self.resources)
        if self.public_reports and not identity.grant:
            return partial(self.visible, identity)
        raise _denied(identity, "see reports")

    def audit_scope(self, identity: Identity, user: str | None) -> AuditScope:
        """Return which events of the audit log may be read; ``user`` is whose are asked for."""
        if identity.has("admin"):
            return AuditScope(user, None)
        if identity.has("auditor"):
            return AuditScope(user, partial(self.visible, identity))
        if identity.user_id and user in (None, identity.user_id):
            return AuditScope(identity.user_id, None)
        raise _denied(identity, "see events of others")

    def _ask_host(self, identity: Identity, name: str, given: Mapping[str, Any]) -> bool:
        """Return whether the host allows it; False when it leaves it to the defaults."""
        permission = self.factory(name, dict(given)) if self.factory else None
        if permission is None:
            return False
        allowed = permission if isinstance(permission, bool) else permission.can()
        if not allowed:
            raise _denied(identity, f"run {name} with these parameters")
        return True

    def _check_dimensions(
        self, identity: Identity, params: Mapping[str, Any], refs: set[str]
    ) -> None:
        """Raise unless the statistics of all ``refs`` may be seen divided as ``params`` say.

        What is not for everybody is for curators of ``refs``, and for the roles of the dimension.
        """
        for dimension in dimensions_in(params, self.dimensions):
            role: Role = "auditor" if dimension.seen_by == "auditors" else "reporter"
            if identity.has("admin", role):
                continue
            own = run_curated(identity, sorted(refs), resources=self.resources)
            if refs - own:
                what = "people" if role == "auditor" else dimension.name
                message = f"see the {what} in the statistics of {min(refs - own)}"
                raise _denied(identity, message)


def refs_in(params: Mapping[str, Any]) -> set[str]:
    """Return all parameters that are refs, whatever they are called.

    By form, not by name, so that a host's own query cannot forget to say which
    of its parameters is a resource.
    """
    texts: set[str] = set()
    for value in params.values():
        found = value if isinstance(value, list | tuple | set | frozenset) else (value,)
        texts.update(text for text in found if isinstance(text, str))
    return {text for text in texts if is_ref(text)}


def dimensions_in(params: Mapping[str, Any], dimensions: Mapping[str, Dimension]) -> set[Dimension]:
    """Return the dimensions not for everybody that an answer divides by.

    By their names, whatever the parameter is called, but a kind.
    """
    texts = (value for name, value in params.items() if name != "kind" and isinstance(value, str))
    names = {name for text in texts for name in text.split("+")}
    return {d for d in dimensions.values() if d.name in names and d.seen_by != "everybody"}


def _check_grant(identity: Identity, grant: Grant, name: str, *, params: Mapping[str, Any]) -> None:
    if grant.queries and name not in grant.queries:
        raise _denied(identity, f"run {name} with this embed token")
    if refs_in(params) != {grant.resource}:
        raise _denied(identity, f"see anything but {grant.resource} with this embed token")


def _denied(identity: Identity, what: str) -> AccessError:
    if identity.signed_in:
        return AccessError(f"you may not {what}", signed_in=True)
    return AccessError(f"sign in to {what}", signed_in=False)
