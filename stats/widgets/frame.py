"""The element that a frame shows, read from the address of the page. Pure.

Comes in: the query parameters of ``/widgets/<ref>``. Goes out: the element's
name and attributes. Invariant: only attributes that the element has
are passed on. What their values must be, the element itself checks and says on
the page; what is checked here (:mod:`stats.layouts.elements`) decides whether that page is an error
to programs, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.errors import InputError
from stats.layouts.elements import COMMON, ELEMENTS, THEMES, is_readable, resource_attribute
from stats.validation import refuse_unknown

ELEMENT = "element"
PARAMETERS = tuple(
    dict.fromkeys([ELEMENT, *COMMON, *(name for own in ELEMENTS.values() for name in own)])
)
MAX_VALUE = 200
"""Characters of a value; the longest that mean something are lists of event types."""


@dataclass(frozen=True)
class Element:
    """A custom element: its tag and attributes."""

    tag: str
    attributes: Mapping[str, str]

    @property
    def is_readable(self) -> bool:
        """Return whether the element can read its attributes; it says which one it cannot."""
        return is_readable(self.attributes)

    @property
    def language(self) -> str:
        """Return the language of the page: the element's, or English."""
        return self.attributes.get("lang") or "en"

    @property
    def theme(self) -> str:
        """Return what the page's colours follow: the element's theme, or the system's."""
        theme = self.attributes.get("theme")
        return theme if theme in THEMES else "light dark"


def parse_element(ref: str, args: Mapping[str, str]) -> Element:
    """Return the element that shows ``ref``; raise ``InputError`` on an unknown parameter."""
    name = args.get(ELEMENT) or "panel"
    if name not in ELEMENTS:
        message = f"element is one of {', '.join(ELEMENTS)}"
        raise InputError("bad_format", message, field=ELEMENT)
    refuse_unknown(args, (ELEMENT, *COMMON, *ELEMENTS[name]))
    given = {key: value for key, value in args.items() if key != ELEMENT}
    for key, value in given.items():
        if len(value) > MAX_VALUE:
            message = f"{key} has at most {MAX_VALUE} characters"
            raise InputError("too_long", message, field=key)
    return Element(f"stats-{name}", {resource_attribute(name): ref, **given})
