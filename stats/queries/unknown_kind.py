"""A kind that nothing is of: refused, since zeros would hide a slip of the pen.

Comes in: the resolved parameters of a query. Invariant: a kind that is declared, or that
anything counted or described is of, is always taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from stats.errors import InputError
from stats.kinds.types import Kinds
from stats.queries.parameters import KIND
from stats.queries.types import Params
from stats.validation import SHOWN, find_near


class KindSource(Protocol):
    """What is asked of ``stores.totals.TotalsStore`` and ``stores.resources.ResourceStore``."""

    def has_kind(self, kind: str) -> bool:
        """Return whether anything there is of that kind."""


def refuse_unknown_kind(params: Params, *, kinds: Kinds, sources: Iterable[KindSource]) -> None:
    """Raise ``InputError`` for a ``kind`` that is not declared and that nothing is of."""
    kind = params.get(KIND.name)
    if kind is None or kind in kinds or any(source.has_kind(kind) for source in sources):
        return
    near = find_near(kind, (known.name for known in kinds))
    hint = f"; did you mean {near!r}?" if near else ""
    raise InputError("bad_format", f"nothing is of kind {kind[:SHOWN]!r}{hint}", field=KIND.name)
