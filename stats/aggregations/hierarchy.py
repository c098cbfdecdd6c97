"""Which resources of an event contain which others.

An event lists the parents of its own resource; those of a parent follow from
the width of the kinds: the record of a downloaded file lies in the community
that the event names, and not the other way round.
"""

from __future__ import annotations

from stats.events.types import SITE
from stats.refs import kind_of

WIDTHS = {
    "file": 0,
    "record": 2,
    "dataset": 2,
    "concept": 3,
    "collection": 4,
    "community": 5,
    "space": 5,
    "user": 9,
    "site": 9,
}
"""How wide a kind is; a kind that is not listed is as narrow as ``1``."""

_NEVER_WITHIN = ("user", "site")


class Containers:
    """For every resource seen, what it was in."""

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}
        self._known: set[tuple[str, ...]] = set()

    def add(self, resources: tuple[str, ...]) -> None:
        """Take the resources of one event, its own first."""
        if resources in self._known:
            return
        self._known.add(resources)
        parents = [r for r in resources[1:] if kind_of(r) not in _NEVER_WITHIN]
        self._found.setdefault(resources[0], set()).update(parents)
        for inner in parents:
            width = _width(inner)
            wider = {outer for outer in parents if _width(outer) > width}
            self._found.setdefault(inner, set()).update(wider)

    def of(self, resource: str) -> list[str]:
        """Return what a resource was in, sorted."""
        return sorted(self._found.get(resource, ())) if resource != SITE else []


def _width(ref: str) -> int:
    return WIDTHS.get(kind_of(ref), 1)
