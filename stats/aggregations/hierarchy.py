"""Which resources of an event contain which others.

An event lists the parents of its own resource; what those are in follows from
their kinds: the record of a downloaded file lies in the community that the
event names, and not the other way round.
"""

from __future__ import annotations

from stats.events.types import SITE
from stats.kinds.types import Kinds
from stats.refs import kind_of


def memberships_of(resources: tuple[str, ...], kinds: Kinds) -> dict[str, frozenset[str]]:
    """Return what each resource of an event was in at that time; its own comes first."""
    parents = [(ref, kind_of(ref)) for ref in resources[1:]]
    parents = [(ref, kind) for ref, kind in parents if kinds.find(kind).content]
    found = {
        inner: frozenset(outer for outer, wider in parents if kinds.inside(kind, wider))
        for inner, kind in parents
    }
    return found | {resources[0]: frozenset(ref for ref, _ in parents)}


class Containers:
    """For every resource seen, what it was in."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._found: dict[str, set[str]] = {}
        self._known: set[tuple[str, ...]] = set()

    def add(self, resources: tuple[str, ...]) -> None:
        """Take the resources of one event, its own first."""
        if resources in self._known:
            return
        self._known.add(resources)
        for inner, around in memberships_of(resources, self._kinds).items():
            self._found.setdefault(inner, set()).update(around)

    def of(self, resource: str) -> list[str]:
        """Return what a resource was in, sorted."""
        return sorted(self._found.get(resource, ())) if resource != SITE else []
