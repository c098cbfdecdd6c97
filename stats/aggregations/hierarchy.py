"""Which resources of an event contain which others.

An event lists the parents of its own resource; what those are in follows from
their kinds: the record of a downloaded file lies in the community that the
event names, and not the other way round.
"""

from __future__ import annotations

from stats.events.types import SITE
from stats.kinds.types import Kinds
from stats.refs import kind_of


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
        kinds = self._kinds
        parents = [(ref, kind_of(ref)) for ref in resources[1:]]
        parents = [(ref, kind) for ref, kind in parents if kinds.find(kind).content]
        self._found.setdefault(resources[0], set()).update(ref for ref, _ in parents)
        for inner, kind in parents:
            around = {outer for outer, wider in parents if kinds.inside(kind, wider)}
            self._found.setdefault(inner, set()).update(around)

    def of(self, resource: str) -> list[str]:
        """Return what a resource was in, sorted."""
        return sorted(self._found.get(resource, ())) if resource != SITE else []
