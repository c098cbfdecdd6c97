"""What a kind of resource is, and the catalogue that every part of the package asks.

Pure definitions. A resource is named ``kind:id``; what is true of all of one
kind stands in its :class:`Kind` and nowhere else: what it may be in, whether
access passes through it, which event types its pages show, how reports and
standards take it. A kind that nobody declared is a container with the defaults
below (``docs/kinds.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from stats import refs
from stats.errors import InputError
from stats.refs import keep_id, kind_of, normal_doi, split_ref

TakesAccess = Literal["parents", "versions"]
Flag = Literal["combined", "counter_item", "counter_dataset"]

NormalId = str | Callable[[str], str]

NORMAL_IDS: Mapping[str, Callable[[str], str]] = {"doi": normal_doi, "exact": keep_id}
"""The forms of ids that a :class:`Kind` can name."""

_PAIRS = 65_536
"""Pairs of kinds whose relation is remembered; kinds come in with events."""

_REFS = 65_536
"""Refs whose form is remembered."""


@dataclass(frozen=True)
class Kind:
    """One kind of resource: the one definition that a new kind needs.

    ``labels``: by language, singular and plural with ``|`` between, as in the widgets.

    Its place. ``within``: names of the kinds that it may be in. ``container``: it holds
    whatever is no container, except what it may be in itself. ``content``: rankings hold
    it without being asked for it; a person and the site are none, are in nothing and
    hold nothing.

    Ids. ``normal_id``: one form for each id: ``doi`` (a DOI in lower case behind ``doi:``, others
    as they are), ``exact`` (as it is), or a host's function from id to id that changes nothing
    when it is applied again.

    Access. ``passes_access``: what is in a restricted one is restricted, unless it
    states its own access. ``takes_access``: where one that states none takes its own
    from: what it is in, or the most open of its ``versions``.

    Pages. ``views`` and ``downloads``: the event types that a history of it shows.
    ``ranks``: the kind that its page ranks, if it ranks any. ``site_rankings``: by which
    totals the dashboard ranks all of this kind.

    Reports. ``plural``: the name of its metrics report, and behind ``parent_`` of the
    column of parents of this kind; without one there is neither. ``report_columns``: of
    that report, the usual ones where there are none. ``combined``: the combined report holds it,
    where ``STATS_REPORT_KINDS`` says nothing else.

    Standards. ``counter_item`` and ``counter_dataset``: an item of COUNTER's reports, and of
    the dataset report, where the settings say nothing else. ``data_type``: COUNTER's
    Data_Type. ``schema_type``: the type of schema.org.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    within: tuple[str, ...] = ()
    container: bool = True
    content: bool = True
    normal_id: NormalId = "doi"
    passes_access: bool = True
    takes_access: TakesAccess = "parents"
    views: tuple[str, ...] = ()
    downloads: tuple[str, ...] = ()
    ranks: str | None = None
    site_rankings: tuple[str, ...] = ()
    plural: str | None = None
    report_columns: tuple[str, ...] = ()
    combined: bool = False
    counter_item: bool = False
    counter_dataset: bool = False
    data_type: str | None = None
    schema_type: str = "CreativeWork"


class Kinds:
    """The kinds of one installation: those that are declared, and what the others are.

    Asking is cheap: answers are remembered.
    """

    def __init__(self, declared: Iterable[Kind]) -> None:
        self._declared = {kind.name: kind for kind in declared}
        self._around = {name: frozenset(self._climb(name)) for name in self._declared}
        self.inside = lru_cache(maxsize=_PAIRS)(self._inside)
        self.normal_ref = lru_cache(maxsize=_REFS)(self._normal_ref)

    def __iter__(self) -> Iterator[Kind]:
        """Iterate over the declared kinds, in the order of the catalogue."""
        return iter(self._declared.values())

    def __contains__(self, name: object) -> bool:
        """Return whether a kind of that name is declared."""
        return name in self._declared

    def site_rankings(self) -> list[tuple[str, str]]:
        """Return kind and total of the rankings of the site's page."""
        return [(kind.name, metric) for kind in self for metric in kind.site_rankings]

    def find(self, name: str) -> Kind:
        """Return the kind called ``name``; one that nobody declared has the defaults."""
        return self._declared.get(name) or Kind(name)

    def of(self, ref: str) -> Kind:
        """Return the kind of a checked ref."""
        return self.find(kind_of(ref))

    def parse_ref(self, value: object, *, field: str = "resource") -> str:
        """Return a ref from outside in its one form; raise ``InputError`` naming ``field``."""
        return self.normal_ref(refs.parse_ref(value, field=field))

    def normal_refs(self, given: Iterable[str]) -> tuple[str, ...]:
        """Return checked refs in their one form, each once, in their order."""
        return tuple(dict.fromkeys(map(self.normal_ref, given)))

    def _normal_ref(self, ref: str) -> str:
        """Return a checked ref in its one form. As ``normal_ref``, the answers are remembered.

        Raises ``InputError`` when a host's function fails, or gives what is no id.
        """
        kind, name = split_ref(ref)
        form = self.find(kind).normal_id
        if isinstance(form, str):
            return f"{kind}:{NORMAL_IDS[form](name)}"
        try:
            return refs.parse_ref(f"{kind}:{form(name)}")
        except Exception as error:
            message = f"normal_id of the kind {kind} failed with {error}"
            raise InputError("bad_format", message, field="resource") from error

    def _inside(self, inner: str, outer: str) -> bool:
        """Return whether what is of kind ``inner`` is in what is of kind ``outer``.

        Asked of two resources of one event. As ``inside``, the answers are remembered.
        """
        one, other = self.find(inner), self.find(outer)
        if inner == outer or not (one.content and other.content):
            return False
        if outer in self.around(inner):
            return True
        if not other.container or inner in self.around(outer):
            return False
        return not one.container or (self._is_part(inner) and not self._is_part(outer))

    def _is_part(self, name: str) -> bool:
        """Return whether a container is itself in what is none: a folder in a record."""
        return any(not self.find(outer).container for outer in self.around(name))

    def is_member(self, inner: str, outer: str, *, beside: Iterable[str] = ()) -> bool:
        """Return whether ``inner`` is in ``outer`` itself, not in something between.

        A kind that says what it may be in says so; of another, nothing ``beside`` it (the kinds
        of its other parents) may lie between.
        """
        within = self.find(inner).within
        if within:
            return outer in within
        return not any(self.inside(between, outer) for between in beside)

    def named(self, flag: Flag) -> tuple[str, ...]:
        """Return the names of the kinds that say yes to ``flag``."""
        return tuple(kind.name for kind in self if getattr(kind, flag))

    def label(self, name: str, *, number: int = 2, language: str = "en") -> str:
        """Return what one (``number`` 1) or several of a kind are called."""
        one, _, several = self.find(name).labels.get(language, "").partition("|")
        return (one if number == 1 else several or one) or name

    def around(self, name: str) -> frozenset[str]:
        """Return the names of all that a declared kind says it may be in, however far up."""
        return self._around.get(name, frozenset())

    def specific_first(self, names: Sequence[str]) -> list[str]:
        """Sort kinds so that each comes before those that it may be in."""
        left, ordered = list(names), list[str]()
        while left:
            one = next((n for n in left if not any(self.inside(o, n) for o in left)), left[0])
            ordered.append(one)
            left.remove(one)
        return ordered

    def _climb(self, name: str) -> Iterator[str]:
        """Yield all that a declared kind may be in, however far up."""
        waiting, seen = [name], set[str]()
        while waiting:
            kind = self._declared.get(waiting.pop())
            for outer in kind.within if kind else ():
                if outer not in seen:
                    seen.add(outer)
                    yield outer
                    waiting.append(outer)
