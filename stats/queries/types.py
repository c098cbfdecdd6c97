"""What a named query is: parameters in, one dictionary out.

Pure definitions. A query holds its aggregations by object, its parameters say
how they are parsed, and ``run`` is the only part that asks an engine.
Invariant: an answer echoes the parameters as they were resolved, and "no data" has the shape
of every other answer, with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from stats.aggregations.types import Aggregation
from stats.stores.search_source import SearchSource

Params = Mapping[str, Any]
"""Resolved parameters by name: every parameter of the query is there, typed."""

Answer = dict[str, Any]
Row = dict[str, Any]
Kind = Literal["histogram", "total", "by", "top", "row", "shares", "map", "person"]
"""The form of the answer; ``row`` is one whose columns stand in the answer itself."""


Scope = Literal["named", "rows", "visible", "reports"]
"""Whose numbers an answer may hold. Refs among the parameters are checked whatever it is.

``named``: of the resources that parameters name, and it is refused without one. ``rows``:
of the resource that each row names; rows that the caller may not see are left out.
``visible``: it sums over what ``Sources.seen`` lets pass. ``reports``: of everything, so
only those who may read reports may ask.
"""


class ResourceSource(Protocol):
    """What descriptions are read from, as ``stores.resources.ResourceStore``."""

    def read(self, refs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the descriptions of those ``refs`` that have one."""


class OwnerSource(ResourceSource, Protocol):
    """What queries need of ``stores.resources.ResourceStore``."""

    def list_owned(self, user: str) -> list[str]:
        """Return the refs that a user owns."""


@dataclass(frozen=True)
class Sources:
    """Where a query reads: the daily documents, and the names of resources.

    ``visible`` says of some refs whose numbers and titles the caller may see; None: all.
    ``minimum`` is how many events a place below the country needs to stand alone.
    """

    search: SearchSource
    resources: OwnerSource
    visible: Callable[[Sequence[str]], set[str]] | None = None
    minimum: int = 1

    def seen(self, refs: Iterable[str]) -> set[str]:
        """Return those of ``refs`` that the caller may see."""
        asked = set(refs)
        return asked if self.visible is None else self.visible(sorted(asked))


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name outside, and how its value is read.

    ``parse`` gets the value from outside (text from a URL, anything from JSON)
    and the parameter's name, and returns a typed value or raises
    ``InputError``. ``schema`` is the JSON Schema of the value, for OpenAPI. One
    that ``narrows`` what is asked about may be left out, and not be empty. One that
    ``names_resource`` holds a ref. Unless it is there ``always``, parameters and answers have it
    only where it was given.
    """

    name: str
    help: str
    parse: Callable[[object, str], Any]
    required: bool = False
    default: Any = None
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    narrows: bool = False
    names_resource: bool = False
    always: bool = True


def _as_given(params: Params, today: date) -> Params:
    """Resolve nothing: the query has no parameter that depends on others or on the day."""
    return params


@dataclass(frozen=True)
class Query:
    """A named query.

    ``scope`` says whose numbers an answer may hold (:data:`Scope`); a query without one
    cannot be made. ``resolve`` checks what concerns several parameters and fills in defaults
    that depend on others or on today's date. ``columns`` are the keys of a
    bucket, or of the total where there are no buckets: the header of the CSV. ``compare`` runs
    it with the change of the numbers ``compared``, the first of which must be large enough; its
    last argument is the time before which everything is counted.
    """

    name: str
    title: str
    kind: Kind
    aggregations: tuple[Aggregation, ...]
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]
    run: Callable[[Query, Params, Sources], Answer]
    resolve: Callable[[Params, date], Params] = _as_given
    scope: Scope = field(kw_only=True)
    compare: Callable[[Query, Params, Sources, datetime | None], Answer] | None = field(
        default=None, kw_only=True
    )
    compared: tuple[str, ...] = field(default=(), kw_only=True)
