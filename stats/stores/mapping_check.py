"""Does an index have the mapping that this version writes and reads? Pure.

An index keeps the mapping it was made with. A field that it lacks can be added; a field of
another type cannot be changed, and what is searched by it would be counted wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from stats.stores.search_source import Body


@dataclass(frozen=True)
class MappingFaults:
    """What is wrong with one index: fields to add, and fields of another type."""

    index: str
    missing: Body = field(default_factory=dict)
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"index {self.index}: {', '.join(self.wrong)}"


def compare_mappings(index: str, expected: Body, found: Body) -> MappingFaults:
    """Compare the ``properties`` of a template with those of an index."""
    return MappingFaults(index, _missing(expected, found), tuple(_wrong(expected, found)))


def _missing(expected: Body, found: Body) -> Body:
    """Return the properties to add, as a mapping takes them."""
    missing: Body = {}
    for name, wanted in expected.items():
        if name not in found:
            missing[name] = wanted
        elif inner := _missing(wanted.get("properties", {}), found[name].get("properties", {})):
            missing[name] = {"properties": inner}
    return missing


def _wrong(expected: Body, found: Body, path: str = "") -> Iterator[str]:
    for name, wanted in expected.items():
        there = found.get(name)
        if there is None:
            continue
        if "properties" in wanted:
            yield from _wrong(wanted["properties"], there.get("properties", {}), f"{path}{name}.")
        elif there.get("type", "object") != wanted.get("type", "object"):
            kind = there.get("type", "object")
            yield f"{path}{name} is {kind} and must be {wanted.get('type', 'object')}"
