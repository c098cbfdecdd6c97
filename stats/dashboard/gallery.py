"""The page ``/widgets/``: every element with its attributes to try, and the line to copy.

Comes in: what an installation declares. Goes out: for each element a preview and one control an
attribute, made from the grammar that elements, frames and layouts have in common
(:mod:`stats.layouts.elements`). The page holds no numbers: its elements ask for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stats.dashboard.language import LANGUAGES
from stats.definitions import Definitions
from stats.kinds.catalogue import RECORD
from stats.kinds.types import Kinds
from stats.layouts.elements import (
    ATTRIBUTES,
    COMMON,
    ELEMENTS,
    MAX_ROWS,
    THEMES,
    Form,
    resource_attribute,
)
from stats.layouts.layout import Part

RESOURCE = "resource"
_FIRST: Mapping[str, Mapping[str, str]] = {
    "history": {"interval": "month"},
    "map": {"type": "file-download"},
    "top": {"kind": RECORD.name},
}
"""What examples are set to at first: not what the same element has in the panel."""

_INPUTS: Mapping[Form, str] = {"day": "date", "rows": "number"}


@dataclass(frozen=True)
class Control:
    """What sets one attribute: a list to choose one of, or an input with suggestions."""

    name: str
    value: str = ""
    choices: tuple[str, ...] = ()
    is_open: bool = False
    input: str = "text"
    most: int | None = None


@dataclass(frozen=True)
class Example:
    """One element: its attributes at first, and the controls of all that it has."""

    tag: str
    attributes: Mapping[str, str]
    controls: Sequence[Control]


def list_examples(resource: str, definitions: Definitions) -> list[Example]:
    """Return an example of every element, of ``resource``."""
    return [_build_example(name, resource, definitions) for name in ELEMENTS]


def _build_example(name: str, resource: str, definitions: Definitions) -> Example:
    attributes = Part(name, attributes=_FIRST.get(name, {})).widget(resource)
    names = (resource_attribute(name), *ELEMENTS[name], *COMMON)
    known = _list_known(definitions)
    controls = [_build_control(one, attributes.get(one, ""), known) for one in names]
    return Example(f"stats-{name}", attributes, controls)


def _list_known(definitions: Definitions) -> Mapping[str, tuple[str, ...]]:
    """Return the names that attributes may have in an installation, by attribute."""
    return {
        "by": tuple(
            one.name for one in definitions.dimensions.values() if one.seen_by == "everybody"
        ),
        "kind": _list_content(definitions.kinds),
        "type": tuple(definitions.event_types),
        "lang": tuple(LANGUAGES),
        "theme": THEMES,
    }


def _list_content(kinds: Kinds) -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds if kind.content)


def _build_control(name: str, value: str, known: Mapping[str, tuple[str, ...]]) -> Control:
    attribute = ATTRIBUTES.get(name)
    form: Form = attribute.form if attribute else "choice"
    choices = known.get(name) or (attribute.choices if attribute else ())
    is_open = form in ("names", "list")
    most = MAX_ROWS if form == "rows" else None
    return Control(name, value, choices, is_open, _INPUTS.get(form, "text"), most)
