"""What events say of their resources, for the collection ``resources``.

Comes in: events as they were published. Goes out: descriptions of their own
resources, each with the time of the event. What always holds: of one field of a
resource the newest event that has it speaks; a field that an event does not have
says nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from stats.stores.resources import Description
from stats.times import parse_time

FIELDS = ("title", "url", "owner_id", "access", "size", "created", "parents")

REMEMBERED = 100_000
"""Resources of which one process remembers what it has said last."""


class Descriptions:
    """Finds what is new; most events say of their resource what the last one said."""

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._said: OrderedDict[str, Description] = OrderedDict()

    def find_new(self, events: Iterable[Mapping[str, Any]]) -> list[Description]:
        """Return the descriptions that differ from the last ones, one a resource."""
        found: dict[str, Description] = {}
        for event in events:
            description = read_description(event)
            if description.fields:
                found[description.ref] = _merged(found.get(description.ref), description)
        return [description for description in found.values() if self._is_new(description)]

    def remember(self, descriptions: Iterable[Description]) -> None:
        """Take note of what has been written."""
        for description in descriptions:
            self._said[description.ref] = description
            self._said.move_to_end(description.ref)
        while len(self._said) > self._remembered:
            self._said.popitem(last=False)

    def _is_new(self, description: Description) -> bool:
        said = self._said.get(description.ref)
        return said is None or (
            said.fields != description.fields and said.moment <= description.moment
        )


def _merged(known: Description | None, said: Description) -> Description:
    """Return what two descriptions of a resource say together, the newer one where both do."""
    if known is None:
        return said
    older, newer = (known, said) if known.moment <= said.moment else (said, known)
    return Description(said.ref, {**older.fields, **newer.fields}, newer.moment)


def read_description(event: Mapping[str, Any]) -> Description:
    """Return what one checked event says of its own resource."""
    fields = {name: event[name] for name in FIELDS if event.get(name) not in (None, "", [])}
    if "created" in fields:
        fields["created"] = parse_time(fields["created"])
    return Description(event["resource"], fields, parse_time(event["timestamp"]))
