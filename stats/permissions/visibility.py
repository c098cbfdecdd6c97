"""Which resources somebody may see the statistics of.

Comes in: refs and what ``resources`` knows about them. Goes out: those that are
visible. Invariant: each batch is a few look-ups, one for each level of what
is in what, however many refs it has.

A resource is as open as its ``access`` says. One that states none takes its access
from what it is in, all the way up: of several, the strictest decides (a file of an
open and a restricted record is restricted). A concept that states none is as open as
its most open version. Where nothing states any, it is open. Whether access passes
through a kind, its declaration says (:mod:`stats.kinds`): what is in a community,
collection or space is as open as it says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stats.events.types import SITE
from stats.kinds.catalogue import USER
from stats.kinds.types import Kinds
from stats.permissions.identity import Identity
from stats.refs import kind_of

Description = Mapping[str, Any]
Descriptions = Mapping[str, Description]
Visible = Callable[[Sequence[str]], set[str]]
"""Of some refs, those that may be seen: what rankings and reports filter with."""

HostVisibility = Callable[[Sequence[str], Identity], Iterable[str]]
"""``STATS_RESOURCE_VISIBILITY``."""

BATCH = 1_000
"""Refs that the host is asked about at once."""

OPEN = "open"
MOST_LEVELS = 32
"""Levels that are looked up; what is deeper inside is not visible."""


class ResourceSource(Protocol):
    """What access control needs of ``stores.resources.ResourceStore``."""

    def read(self, refs: Sequence[str]) -> Descriptions:
        """Return the descriptions of those ``refs`` that have one."""

    def read_parts(self, refs: Sequence[str]) -> Sequence[Description]:
        """Return the descriptions of what says its access and has one of ``refs`` as parent."""


@dataclass(frozen=True)
class Surroundings:
    """What decides about some resources.

    ``described``: they and what they are in. ``versions``: by concept, those that state
    their access. ``unknown``: what is too far up to be looked up.
    """

    kinds: Kinds
    described: Descriptions
    versions: Mapping[str, Sequence[Description]]
    unknown: frozenset[str]

    def may_see(self, identity: Identity, ref: str) -> bool:
        """Return whether ``identity`` may see ``ref``, and all that its access is taken from."""
        waiting, asked = [ref], set[str]()
        while waiting:
            one = waiting.pop()
            if one in asked:
                continue
            asked.add(one)
            stated = self._stated(identity, one)
            if stated is None:
                waiting += deciding(self.described.get(one, {}), self.kinds)
            elif not stated:
                return False
        return True

    def _stated(self, identity: Identity, ref: str) -> bool | None:
        """Return what ``ref`` itself or its versions say; None when they say nothing."""
        own = self.described.get(ref, {})
        if ref in self.unknown:
            return False
        if _looks_after(identity, ref, own):
            return True
        if own.get("access"):
            return bool(own["access"] == OPEN)
        versions = self.versions.get(ref)
        if not versions:
            return None
        return any(
            version["access"] == OPEN or _looks_after(identity, str(version["_id"]), version)
            for version in versions
        )


def run_look_up(refs: Sequence[str], resources: ResourceSource, *, kinds: Kinds) -> Surroundings:
    """Return what decides about ``refs``: one look-up a level, and one for versions."""
    described: dict[str, Description] = {}
    asked, level = set[str](), set(refs)
    for _ in range(MOST_LEVELS):
        if not level:
            break
        found = resources.read(sorted(level))
        described.update(found)
        asked |= level
        silent = (one for one in found.values() if not one.get("access"))
        level = {parent for one in silent for parent in deciding(one, kinds)} - asked
    takers = [
        ref
        for ref in sorted(asked)
        if kinds.of(ref).takes_access == "versions" and not described.get(ref, {}).get("access")
    ]
    parts = resources.read_parts(takers) if takers else ()
    return Surroundings(kinds, described, sort_versions(parts, takers, kinds), frozenset(level))


def sort_versions(
    parts: Iterable[Description], concepts: Iterable[str], kinds: Kinds
) -> dict[str, list[Description]]:
    """Sort descriptions by the concept they are a version of; files of versions are none."""
    found: dict[str, list[Description]] = {ref: [] for ref in concepts}
    for part in parts:
        parents = part.get("parents") or ()
        kind = kind_of(str(part["_id"]))
        beside = {kind_of(parent) for parent in parents}
        for ref in found.keys() & set(parents):
            if kinds.is_member(kind, kind_of(ref), beside=beside):
                found[ref].append(part)
    return found


def deciding(description: Description, kinds: Kinds) -> Iterable[str]:
    """Return what a resource without an access of its own takes it from."""
    return [p for p in description.get("parents") or () if kinds.of(p).passes_access]


def _looks_after(identity: Identity, ref: str, description: Description) -> bool:
    """Return whether ``identity`` owns a resource, or curates it or what it is in."""
    owner = description.get("owner_id")
    if owner and identity.user_id == str(owner):
        return True
    around = {ref, *(description.get("parents") or ())}
    return not identity.communities.isdisjoint(around)


def run_visible(
    identity: Identity,
    refs: Iterable[str],
    *,
    kinds: Kinds,
    resources: ResourceSource,
    host: HostVisibility | None,
) -> set[str]:
    """Return those of ``refs`` whose statistics ``identity`` may see."""
    asked = set(refs)
    if identity.has("admin"):
        return asked
    seen = {ref for ref in asked if ref == SITE or ref in identity.communities}
    if identity.user_id:
        seen |= asked & {f"{USER.name}:{identity.user_id}"}
    if identity.grant:
        seen |= asked & {identity.grant.resource}
    rest = sorted(ref for ref in asked - seen if kind_of(ref) != USER.name)
    if not rest:
        return seen
    if host is None:
        around = run_look_up(rest, resources, kinds=kinds)
        return seen | {ref for ref in rest if around.may_see(identity, ref)}
    answer: set[str] = set()
    for start in range(0, len(rest), BATCH):
        answer |= set(host(rest[start : start + BATCH], identity)) & set(rest)
    return seen | answer | run_curated(identity, rest, resources=resources)


def run_looked_after(
    identity: Identity, refs: Sequence[str], *, resources: ResourceSource
) -> set[str]:
    """Return those of ``refs`` that ``identity`` owns, curates or is."""
    if not identity.signed_in or identity.grant:
        return set()
    described = resources.read(refs)
    own = {f"{USER.name}:{identity.user_id}"} if identity.user_id else set()
    return {
        ref for ref in refs if ref in own or _looks_after(identity, ref, described.get(ref, {}))
    }


def run_curated(identity: Identity, refs: Sequence[str], *, resources: ResourceSource) -> set[str]:
    """Return those of ``refs`` that are, or are in, what ``identity`` curates."""
    if not identity.communities or not refs:
        return set()
    described = resources.read(refs)
    own = {ref for ref in refs if ref in identity.communities}
    return own | {
        ref
        for ref, description in described.items()
        if not identity.communities.isdisjoint(description.get("parents") or ())
    }
