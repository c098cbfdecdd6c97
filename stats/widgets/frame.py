"""The element that a frame shows, read from the address of the page. Pure.

Comes in: the query parameters of ``/widgets/<ref>``. Goes out: the element's
name and attributes. What always holds: only attributes that are known are
passed on; what their values must be, the element itself checks and says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stats.errors import InputError

ELEMENTS = ("counter", "history", "map", "breakdown", "top", "panel")
ATTRIBUTES = frozenset(
    {
        *("type", "interval", "from", "to", "by", "kind", "metric", "size", "chart", "show"),
        *("lang", "theme"),
    }
)
MAX_VALUE = 200
"""Characters of a value; the longest that mean something are lists of event types."""


@dataclass(frozen=True)
class Element:
    """A custom element: its tag and attributes."""

    tag: str
    attributes: Mapping[str, str]

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
    name = args.get("element", "panel")
    if name not in ELEMENTS:
        message = f"element is one of {', '.join(ELEMENTS)}"
        raise InputError("bad_format", message, field="element")
    given = {key: value for key, value in args.items() if key != "element"}
    for key, value in given.items():
        if key not in ATTRIBUTES:
            message = f"there is no parameter {key[:64]}"
            raise InputError("unknown_parameter", message, field=key[:64])
        if len(value) > MAX_VALUE:
            message = f"{key} has at most {MAX_VALUE} characters"
            raise InputError("too_long", message, field=key)
    resource = "within" if name == "top" else "resource"
    return Element(f"stats-{name}", {resource: ref, **given})
