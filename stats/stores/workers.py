"""MongoDB collection ``workers``: what processing workers have in hand, and when they had all.

A worker and its queue
    A broker tells how many messages wait in a queue, and not how many it has given out that are
    not acknowledged; so workers say so: ``type``, ``messages``, ``since`` (when the oldest was
    received), ``at``. What a worker that died said is too old after a while.
``drained``
    ``types``: by type, from when on messages may wait; older ones had been indexed when a
    worker was done. A broker does not tell how old a message is without giving it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stats.stores.locks import holder
from stats.stores.mongo import Documents, translated

TOO_OLD = timedelta(seconds=90)
"""Longer than a worker may try to index what it has in hand."""


_DRAINED = {"_id": "drained"}


@dataclass(frozen=True)
class InHand:
    """How many messages of a type workers hold, and since when."""

    type_name: str
    messages: int
    since: datetime


class Workers:
    """What workers hold."""

    def __init__(self, database: Documents) -> None:
        self._workers = database["workers"]

    def hold(self, type_name: str, messages: int, *, since: datetime, now: datetime) -> None:
        """Say how many messages of a type this process holds."""
        values = {"type": type_name, "messages": messages, "since": since, "at": now}
        key = {"_id": f"{holder()}:{type_name}"}
        with translated():
            self._workers.update_one(key, {"$set": values}, upsert=True)

    def let_go(self, type_name: str) -> None:
        """Say that this process holds none of a type any more."""
        with translated():
            self._workers.delete_one({"_id": f"{holder()}:{type_name}"})

    def note_drained(self, type_names: Iterable[str], at: datetime) -> None:
        """Say that what was in the queues of some types at a time is indexed."""
        latest = {f"types.{name}": at for name in type_names}
        if latest:
            with translated():
                self._workers.update_one(_DRAINED, {"$max": latest}, upsert=True)

    def drained(self) -> Mapping[str, datetime]:
        """Return by type when its queue was worked off last; a type that never was is absent."""
        with translated():
            found = self._workers.find_one(_DRAINED)
        return found["types"] if found else {}

    def read(self, now: datetime) -> list[InHand]:
        """Return what is held, a line a type."""
        with translated():
            found = list(self._workers.find({"at": {"$gt": now - TOO_OLD}}))
        by_type: dict[str, list[InHand]] = {}
        for one in found:
            held = InHand(one["type"], int(one["messages"]), one["since"])
            by_type.setdefault(held.type_name, []).append(held)
        return [_sum(held) for held in by_type.values() if any(one.messages for one in held)]


def _sum(held: Iterable[InHand]) -> InHand:
    listed = list(held)
    messages = sum(one.messages for one in listed)
    return InHand(listed[0].type_name, messages, min(one.since for one in listed))
