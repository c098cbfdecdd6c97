"""What a resource was in, event by event, where that changed within a day.

A record that moves from community A to B at noon was in each for a part of the day. Its
daily document has the whole day and lists in ``partly`` what it was in for a part only; for
each of those a document of its own, in the family ``membership``, has the numbers of that
part. So what is asked within a container adds up to the container's own numbers. A day on
which nothing moves has no such document and costs nothing more.

Pure. Invariant: a part has exactly the clicks whose events named its container. While a
resource has only ever been in the same containers, its own numbers are those of each of them,
so clicks are looked at a second time only from the slice on in which the first change is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy

from stats.aggregations.clicks import Click, Excluded
from stats.aggregations.hierarchy import Hierarchy
from stats.aggregations.tally import Numbers, fold, fold_excluded, tally

Part = tuple[str, str]
"""A resource, and a container that it was in."""


class Memberships:
    """The containers of all resources of one day and type, and the numbers of parts."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._noted: set[tuple[str, ...]] = set()
        self._seen: dict[str, set[frozenset[str]]] = {}
        self._parts: dict[str, dict[str, Numbers]] = {}

    def note(self, seen: Iterable[tuple[str, ...]], before: Mapping[str, Numbers]) -> None:
        """Take the resources of a slice's events; ``before`` are the numbers of earlier slices."""
        for resources in seen:
            if resources in self._noted:
                continue
            self._noted.add(resources)
            for ref, containers in self._hierarchy.of(resources).items():
                known = self._seen.setdefault(ref, set())
                if containers not in known and len(known) == 1:
                    self._divide(ref, next(iter(known)), before.get(ref))
                known.add(containers)

    def add(self, counted: Iterable[Click], excluded: Iterable[Excluded]) -> None:
        """Count a slice's clicks for the parts that there are."""
        if not self._parts:
            return
        clicks: dict[Part, list[Click]] = defaultdict(list)
        for click in counted:
            for part in self._parts_of(click.resources):
                clicks[part].append(click._replace(resources=(part[0],)))
        for (ref, container), of_part in clicks.items():
            fold(tally(of_part)[ref], self._tally_of(ref, container))
        for event in excluded:
            for ref, container in self._parts_of(event.resources):
                one = event._replace(resources=(ref,))
                fold_excluded([one], {ref: self._tally_of(ref, container)})

    def partly(self, resource: str, containers: Iterable[str]) -> list[str]:
        """Return what of ``containers`` did not hold a resource at each of its events."""
        seen = self._seen.get(resource)
        always = frozenset.intersection(*seen) if seen else frozenset[str]()
        return sorted(set(containers) - always) if seen else []

    def parts(self, resource: str) -> dict[str, Numbers | None]:
        """Return the numbers of what held a resource for a part of the day, by container.

        None where nothing is left of a part: a later click pushed it all out.
        """
        if resource not in self._parts:
            return {}
        found = self._parts[resource]
        containers = frozenset[str]().union(*self._seen[resource])
        return {name: found.get(name) for name in self.partly(resource, containers)}

    def _divide(self, ref: str, first: frozenset[str], before: Numbers | None) -> None:
        """Give each container what was counted while there was no other membership."""
        self._parts[ref] = {name: deepcopy(before) for name in first} if before else {}

    def _parts_of(self, resources: tuple[str, ...]) -> list[Part]:
        containers = self._hierarchy.of(resources)
        return [
            (ref, container)
            for ref in resources
            if ref in self._parts
            for container in containers.get(ref, ())
        ]

    def _tally_of(self, ref: str, container: str) -> Numbers:
        return self._parts[ref].setdefault(container, Numbers())
