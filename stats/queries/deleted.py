"""Resources that are deleted: their totals stay, and lists may leave them out.

A description says so: ``"status": "deleted"``. Comes in: what a caller may see. Goes out: what
is left of that without what is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stats.queries.parameters import choice
from stats.queries.types import ResourceSource

STATUS = "deleted"
SHOW, HIDE = "show", "hide"
CHOICES = (SHOW, HIDE)

DELETED = choice(
    "deleted", CHOICES, default=SHOW, help="hide: without what is described as deleted"
)

Visible = Callable[[Sequence[str]], set[str]]


def without_deleted(resources: ResourceSource, visible: Visible | None) -> Visible:
    """Return which refs are ``visible`` (None: all are) and not deleted."""

    def remaining(refs: Sequence[str]) -> set[str]:
        found = resources.read(refs)
        kept = [ref for ref in refs if found.get(ref, {}).get("status") != STATUS]
        return set(kept) if visible is None else visible(kept)

    return remaining
