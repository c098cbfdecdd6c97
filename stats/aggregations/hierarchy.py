"""Which resources of an event contain which others.

An event lists the parents of its own resource; what those are in follows from
their kinds: the record of a downloaded file lies in the community that the
event names, and not the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping

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


_NOTHING = frozenset[str]()


class Hierarchy:
    """What the resources of an event are in, worked out once for each combination of them."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._found: dict[tuple[str, ...], dict[str, frozenset[str]]] = {}

    def of(self, resources: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
        """Return what each resource of an event was in at that time."""
        found = self._found.get(resources)
        if found is None:
            found = self._found[resources] = memberships_of(resources, self._kinds)
        return found


class Containers:
    """For every resource seen, what it was in."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._found: dict[str, set[str]] = {}

    def add(self, resources: tuple[str, ...]) -> set[str]:
        """Take the resources of one event, its own first; return those that it puts into more."""
        news = self.lacking(resources)
        around = self._hierarchy.of(resources)
        for inner in news:
            self._found.setdefault(inner, set()).update(around[inner])
        return news

    def lacking(self, resources: tuple[str, ...]) -> set[str]:
        """Return the resources of one event that are not in all of what it puts them into."""
        found = self._hierarchy.of(resources).items()
        return {ref for ref, around in found if not around <= self._found.get(ref, _NOTHING)}

    def of(self, resource: str) -> list[str]:
        """Return what a resource was in, sorted."""
        return sorted(self._found.get(resource, ())) if resource != SITE else []
