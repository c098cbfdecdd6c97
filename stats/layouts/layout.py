"""Which elements a page has, in which order and width: ``STATS_LAYOUTS``.

Comes in: the setting, and the names that an installation knows. Goes out: the parts of each
page, by its resource. Invariant: what is wrong in a layout is one ``ConfigError`` at
start-up that names it; a page that nobody laid out has the parts of ``defaults``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stats.errors import ConfigError, InputError
from stats.kinds.types import Kinds
from stats.layouts.defaults import ANY, LAYOUTS, SECTIONS
from stats.layouts.elements import ATTRIBUTES, ELEMENTS, resource_attribute
from stats.refs import is_kind, kind_of
from stats.validation import find_near

SETTING = "STATS_LAYOUTS"
WIDTHS = ("full", "two-thirds", "half", "third")
OF_THE_PAGE = ("from", "to")
"""Attributes that no layout sets: a page has one window."""

_OWN = ("element", "width", "title")


@dataclass(frozen=True)
class Part:
    """One element or section of a page; ``title`` is by language, empty for the usual one."""

    element: str
    width: str = "full"
    title: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_widget(self) -> bool:
        """Return whether a custom element shows it, and no section of the page."""
        return self.element in ELEMENTS

    def heading(self, language: str) -> str:
        """Return the title in a language, else in English or whichever there is."""
        known = self.title.get(language) or self.title.get("en")
        return known or next(iter(self.title.values()), "")

    def widget(self, resource: str, **page: str) -> dict[str, str]:
        """Return the attributes of the custom element for a resource; ``page`` has the page's.

        The layout's win. The ranking of the whole site is within nothing.
        """
        of = resource_attribute(self.element)
        known = (*ELEMENTS[self.element], "lang", "links")
        named = {} if of == "within" and kind_of(resource) == "site" else {of: resource}
        given = {name: page[name] for name in known if name in page}
        return {**named, **given, **self.attributes}


Known = Mapping[str, Collection[str]]
"""The names that an attribute may have, by attribute: types of events, dimensions."""


class Layouts:
    """The parts of every page: by place, then by resource, kind, or ``*``."""

    def __init__(self, by_place: Mapping[str, Mapping[str, Sequence[Part]]]) -> None:
        self._by_place = by_place

    def find(self, place: str, resource: str) -> Sequence[Part]:
        """Return the parts of a page: of its resource, else of its kind, else of any."""
        layouts = self._by_place[place]
        keys = (resource, kind_of(resource), ANY)
        return next(layouts[key] for key in keys if key in layouts)


def build_layouts(given: Mapping[str, Any], *, kinds: Kinds, known: Known) -> Layouts:
    """Return the layouts of ``STATS_LAYOUTS`` over the defaults.

    Raises ``ConfigError`` that names the place, page, element or attribute that is wrong.
    """
    _refuse_strange(given, LAYOUTS, what="place", where=SETTING)
    by_place = {}
    for place, defaults in LAYOUTS.items():
        own = _mapping(given.get(place, {}), place)
        pages = {key: _parse_page(place, key, defaults[key], {}) for key in defaults}
        for key, parts in own.items():
            pages[_parse_key(key, kinds, place)] = _parse_page(place, key, parts, known)
        by_place[place] = pages
    return Layouts(by_place)


def _parse_key(key: str, kinds: Kinds, place: str) -> str:
    """Return whose pages a layout is of: a kind, a ref in the form of its kind, or ``*``."""
    if key == ANY or is_kind(key):
        return key
    try:
        return kinds.parse_ref(key, field=SETTING)
    except InputError as error:
        raise _wrong(place, f"{key!r} is no kind, no kind:id and not {ANY}") from error


def _parse_page(place: str, page: str, parts: Any, known: Known) -> list[Part]:
    where = f"{place}: {page}"
    if not isinstance(parts, list | tuple):
        raise _wrong(where, "is a list of elements")
    return [_parse_part(one, SECTIONS[place], where, known) for one in parts]


def _parse_part(
    given: Any, sections: Mapping[str, tuple[str, ...]], where: str, known: Known
) -> Part:
    """Return one part: of the name of its element, or of a mapping with its attributes."""
    values = {"element": given} if isinstance(given, str) else _mapping(given, where)
    name = str(values.get("element", ""))
    allowed = {**ELEMENTS, **sections}
    _refuse_strange([name], allowed, what="element", where=where)
    where = f"{where}: {name}"
    own = [one for one in allowed[name] if one not in OF_THE_PAGE]
    _refuse_strange(values, (*_OWN, *own), what="attribute", where=where)
    width = str(values.get("width", "full"))
    _refuse_strange([width], WIDTHS, what="width", where=where)
    attributes = {key: str(value) for key, value in values.items() if key not in _OWN}
    for key, value in attributes.items():
        _check_value(key, value, where=where, known=known)
    return Part(name, width, _parse_title(values.get("title", {}), where), attributes)


def _check_value(key: str, value: str, *, where: str, known: Known) -> None:
    if key in ATTRIBUTES and not ATTRIBUTES[key].takes(value):
        raise _wrong(where, f"{key} cannot be {value!r}")
    if key in known:
        _refuse_strange(value.replace(",", " ").split(), known[key], what=key, where=where)


def _parse_title(given: Any, where: str) -> dict[str, str]:
    titles = {"en": given} if isinstance(given, str) else _mapping(given, where)
    return {str(language): str(text) for language, text in titles.items()}


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(where, f"{given!r} is no dictionary")
    return given


def _refuse_strange(names: Iterable[str], known: Collection[str], *, what: str, where: str) -> None:
    for name in names:
        if name not in known:
            near = find_near(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
            raise _wrong(where, f"there is no {what} {name!r}; {hint}")


def _wrong(where: str, what: str) -> ConfigError:
    prefix = "" if where.startswith(SETTING) else f"{SETTING}: "
    return ConfigError(f"{prefix}{where}: {what}")
