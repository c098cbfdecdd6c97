"""MongoDB collection ``workers``: what processing workers have in hand.

A broker tells how many messages wait in a queue, and not how many it has given out that are
not acknowledged; so workers say so. ``_id``: the worker and its queue; ``type``,
``messages``, ``since`` (when the oldest was received), ``at``. What a worker that died
said is too old after a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stats.stores.locks import holder
from stats.stores.mongo import Documents, translated

TOO_OLD = timedelta(seconds=90)
"""Longer than a worker may try to index what it has in hand."""


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
