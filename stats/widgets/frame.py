"""The element that a frame shows, read from the address of the page. Pure.

Comes in: the query parameters of ``/widgets/<ref>``. Goes out: the element's
name and attributes. Invariant: only attributes that the element has
are passed on. What their values must be, the element itself checks and says on
the page; what is checked here (as ``widgets/src/settings.js`` does) decides
whether that page is an error to programs, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stats.errors import InputError
from stats.queries.parameters import parse_date
from stats.queries.top import METRICS
from stats.queries.windows import INTERVALS
from stats.refs import is_ref
from stats.validation import refuse_unknown

ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "counter": ("show",),
    "history": ("type", "interval", "from", "to", "chart"),
    "map": ("type", "from", "to"),
    "breakdown": ("by", "type", "from", "to", "size", "chart"),
    "top": ("kind", "metric", "from", "to", "size"),
    "panel": ("type", "interval", "from", "to"),
}
"""Each element's own attributes (docs/widgets.md)."""

COMMON = ("element", "lang", "theme")
PARAMETERS = tuple(dict.fromkeys([*COMMON, *(name for own in ELEMENTS.values() for name in own)]))
MAX_VALUE = 200
"""Characters of a value; the longest that mean something are lists of event types."""

MAX_ROWS = 100
SHOWN = ("views", "downloads", "volume")
CHARTS = ("bars", "area", "donut")
_NAME = re.compile(r"[a-z][a-z0-9_+-]*")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Element:
    """A custom element: its tag and attributes."""

    tag: str
    attributes: Mapping[str, str]

    @property
    def is_readable(self) -> bool:
        """Return whether the element can read its attributes; it says which one it cannot."""
        given = {name: value.strip() for name, value in self.attributes.items() if value.strip()}
        days = (given.get("from", ""), given.get("to", "9999"))
        checked = (_CHECKS[name](value) for name, value in given.items() if name in _CHECKS)
        return all(checked) and days[0] <= days[1]

    @property
    def language(self) -> str:
        """Return the language of the page: the element's, or English."""
        return self.attributes.get("lang") or "en"

    @property
    def theme(self) -> str:
        """Return what the page's colours follow: the element's theme, or the system's."""
        theme = self.attributes.get("theme")
        return theme if theme in ("light", "dark") else "light dark"


def parse_element(ref: str, args: Mapping[str, str]) -> Element:
    """Return the element that shows ``ref``; raise ``InputError`` on an unknown parameter."""
    name = args.get("element") or "panel"
    if name not in ELEMENTS:
        message = f"element is one of {', '.join(ELEMENTS)}"
        raise InputError("bad_format", message, field="element")
    refuse_unknown(args, (*COMMON, *ELEMENTS[name]))
    given = {key: value for key, value in args.items() if key != "element"}
    for key, value in given.items():
        if len(value) > MAX_VALUE:
            message = f"{key} has at most {MAX_VALUE} characters"
            raise InputError("too_long", message, field=key)
    resource = "within" if name == "top" else "resource"
    return Element(f"stats-{name}", {resource: ref, **given})


def _is_day(text: str) -> bool:
    try:
        return bool(parse_date(text, "day"))
    except InputError:
        return False


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _is_size(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and 1 <= int(text) <= MAX_ROWS


def _is_list(check: Callable[[str], bool]) -> Callable[[str], bool]:
    def check_all(text: str) -> bool:
        parts = text.replace(",", " ").split()
        return bool(parts) and all(map(check, parts))

    return check_all


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "resource": is_ref,
    "within": is_ref,
    "type": _is_list(_is_name),
    "interval": lambda text: text in INTERVALS,
    "from": _is_day,
    "to": _is_day,
    "by": _is_name,
    "kind": _is_name,
    "metric": lambda text: text in METRICS,
    "size": _is_size,
    "chart": lambda text: text in CHARTS,
    "show": _is_list(lambda text: text in SHOWN),
}
"""Of attributes whose form is fixed: whether a value has it."""
