"""What events say of their resources, for the collection ``resources``.

Comes in: checked events. Goes out: descriptions of their own resources, each with
the time of the event. Invariant: of one field of a resource the newest
event that has it speaks; a field that an event does not have says nothing, and
``open`` is not said, since it is what no word means.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from stats.events.types import Event
from stats.stores.resources import Description
from stats.times import from_ms

FIELDS = ("title", "url", "owner_id", "access", "size", "created", "parents")

REMEMBERED = 100_000
"""Resources of which one process remembers what it has said last."""

_said_of = attrgetter("resource", *FIELDS)


class Descriptions:
    """Finds what is new; most events say of their resource what the last one said."""

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._said: OrderedDict[str, Description] = OrderedDict()

    def find_new(self, events: Iterable[Event]) -> list[Description]:
        """Return the descriptions that differ from the last ones, one a resource."""
        latest: dict[tuple[Any, ...], int] = {}
        for event in events:
            said = _said_of(event)
            if event.timestamp > latest.get(said, -1):
                latest[said] = event.timestamp
        found: dict[str, Description] = {}
        for said, timestamp in latest.items():
            description = read_description(said, timestamp)
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


def read_description(said: tuple[Any, ...], timestamp: int) -> Description:
    """Return what an event says: its own resource and :data:`FIELDS`, and when."""
    resource, *values = said
    fields = {
        name: value
        for name, value in zip(FIELDS, values, strict=True)
        if value not in (None, "", ()) and (name, value) != ("access", "open")
    }
    if "created" in fields:
        fields["created"] = from_ms(fields["created"])
    if "parents" in fields:
        fields["parents"] = list(fields["parents"])
    return Description(resource, fields, from_ms(timestamp))
