"""The elements of web pages and the grammar of their attributes. Pure.

Each attribute is declared once, with the form of its values; the elements themselves read the
same (``widgets/src/settings.js``, a test compares the two). The page of a frame, layouts and
the gallery ask here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from stats.errors import InputError
from stats.queries.parameters import parse_date
from stats.queries.top import METRICS
from stats.queries.windows import INTERVALS
from stats.refs import is_ref

Form = Literal["choice", "list", "ref", "day", "name", "names", "rows"]

ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "counter": ("show",),
    "history": ("type", "interval", "from", "to", "chart"),
    "map": ("type", "from", "to"),
    "breakdown": ("by", "type", "from", "to", "size", "chart"),
    "top": ("kind", "metric", "from", "to", "size"),
    "panel": ("type", "interval", "from", "to"),
}
"""Each element's own attributes (docs/widgets.md)."""

COMMON = ("lang", "theme")
"""Attributes that all elements have, beside the resource."""

MAX_ROWS = 100
SHOWN = ("views", "downloads", "volume")
CHARTS = ("bars", "area", "donut")
THEMES = ("light", "dark")
_NAME = re.compile(r"[a-z][a-z0-9_+-]*")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Attribute:
    """The form of an attribute's values: one of ``choices``, a list of them, or as named."""

    form: Form
    choices: tuple[str, ...] = ()

    def takes(self, text: str) -> bool:
        """Return whether an element can read a value."""
        return _CHECKS[self.form](self, text)


ATTRIBUTES: Mapping[str, Attribute] = {
    "resource": Attribute("ref"),
    "within": Attribute("ref"),
    "type": Attribute("names"),
    "interval": Attribute("choice", INTERVALS),
    "from": Attribute("day"),
    "to": Attribute("day"),
    "by": Attribute("name"),
    "kind": Attribute("name"),
    "metric": Attribute("choice", tuple(METRICS)),
    "size": Attribute("rows"),
    "chart": Attribute("choice", CHARTS),
    "show": Attribute("list", SHOWN),
}
"""Attributes whose form is fixed; of others every value is taken."""


def resource_attribute(name: str) -> str:
    """Return the attribute of an element that names what it is of."""
    return "within" if name == "top" else "resource"


def is_readable(attributes: Mapping[str, str]) -> bool:
    """Return whether an element can read its attributes; empty ones are as absent."""
    given = {name: value.strip() for name, value in attributes.items() if value.strip()}
    days = (given.get("from", ""), given.get("to", "9999"))
    known = [(ATTRIBUTES[name], value) for name, value in given.items() if name in ATTRIBUTES]
    return all(attribute.takes(value) for attribute, value in known) and days[0] <= days[1]


def _is_day(text: str) -> bool:
    try:
        return bool(parse_date(text, "day"))
    except InputError:
        return False


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _is_list(text: str, check: Callable[[str], bool]) -> bool:
    parts = text.replace(",", " ").split()
    return bool(parts) and all(map(check, parts))


_CHECKS: Mapping[Form, Callable[[Attribute, str], bool]] = {
    "choice": lambda of, text: text in of.choices,
    "list": lambda of, text: _is_list(text, lambda one: one in of.choices),
    "ref": lambda _, text: is_ref(text),
    "day": lambda _, text: _is_day(text),
    "name": lambda _, text: _is_name(text),
    "names": lambda _, text: _is_list(text, _is_name),
    "rows": lambda _, text: bool(_NUMBER.fullmatch(text)) and 1 <= int(text) <= MAX_ROWS,
}
