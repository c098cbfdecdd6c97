"""Which resources somebody may see the statistics of.

Comes in: refs and what ``resources`` knows about them. Goes out: those that are
visible. What always holds: each batch is a fixed number of look-ups, however
many refs it has.

A resource is as open as its ``access`` says. Without one it is as open as what
it is a part of (a file of a restricted record is restricted), and a concept as
open as its most open version; otherwise it is open. A community, collection or
space passes nothing on: what is in it says its own access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stats.events.types import SITE
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
USER = "user"
CONCEPT = "concept"
CONTAINERS = frozenset({"community", "collection", "space", USER, "site", CONCEPT})
"""Kinds whose access says nothing about what is in them."""


class ResourceSource(Protocol):
    """What access control needs of ``stores.resources.ResourceStore``."""

    def read(self, refs: Sequence[str]) -> Descriptions:
        """Return the descriptions of those ``refs`` that have one."""

    def read_parts(self, refs: Sequence[str]) -> Sequence[Description]:
        """Return the descriptions of what says its access and has one of ``refs`` as parent."""


@dataclass(frozen=True)
class Known:
    """What decides about one resource."""

    is_open: bool
    owners: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()


def run_look_up(refs: Sequence[str], resources: ResourceSource) -> dict[str, Known]:
    """Return what decides about each of ``refs``, in at most three look-ups."""
    described = resources.read(refs)
    silent = [ref for ref in refs if not described.get(ref, {}).get("access")]
    wholes = {w for ref in silent for w in _wholes(described.get(ref, {}))} - described.keys()
    around = {**described, **(resources.read(sorted(wholes)) if wholes else {})}
    concepts = [ref for ref in silent if kind_of(ref) == CONCEPT]
    versions = read_versions(resources.read_parts(concepts), concepts) if concepts else {}
    return {ref: read_known(ref, around, versions.get(ref, ())) for ref in refs}


def read_versions(
    parts: Iterable[Description], concepts: Iterable[str]
) -> dict[str, list[Description]]:
    """Sort descriptions by the concept they are a version of; files of versions are none."""
    found: dict[str, list[Description]] = {ref: [] for ref in concepts}
    for part in parts:
        if not list(_wholes(part)):
            for ref in found.keys() & set(part.get("parents") or ()):
                found[ref].append(part)
    return found


def read_known(ref: str, around: Descriptions, versions: Sequence[Description]) -> Known:
    """Return what decides about ``ref``; ``around`` describes it and what it is a part of."""
    own = around.get(ref, {})
    deciding = [own]
    if not own.get("access"):
        deciding += [around[whole] for whole in _wholes(own) if whole in around] + [*versions]
    stated = [d["access"] for d in deciding if d.get("access")]
    return Known(
        is_open=not stated or OPEN in stated,
        owners=frozenset(str(d["owner_id"]) for d in deciding if d.get("owner_id")),
        within=frozenset({ref}.union(*(d.get("parents") or () for d in deciding))),
    )


def _wholes(description: Description) -> Iterable[str]:
    """Yield what a resource is a part of."""
    return (p for p in description.get("parents") or () if kind_of(p) not in CONTAINERS)


def run_visible(
    identity: Identity,
    refs: Iterable[str],
    *,
    resources: ResourceSource,
    host: HostVisibility | None,
) -> set[str]:
    """Return those of ``refs`` whose statistics ``identity`` may see."""
    asked = set(refs)
    if identity.has("admin"):
        return asked
    seen = {ref for ref in asked if ref == SITE or ref in identity.communities}
    if identity.user_id:
        seen |= asked & {f"{USER}:{identity.user_id}"}
    if identity.grant:
        seen |= asked & {identity.grant.resource}
    rest = sorted(ref for ref in asked - seen if kind_of(ref) != USER)
    if not rest:
        return seen
    if host is None:
        known = run_look_up(rest, resources)
        return seen | {ref for ref in rest if _sees(identity, known[ref])}
    answer: set[str] = set()
    for start in range(0, len(rest), BATCH):
        answer |= set(host(rest[start : start + BATCH], identity)) & set(rest)
    return seen | answer | run_curated(identity, rest, resources=resources)


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


def _sees(identity: Identity, known: Known) -> bool:
    owns = identity.user_id in known.owners
    return known.is_open or owns or not identity.communities.isdisjoint(known.within)
