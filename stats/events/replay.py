"""Publish dead letters again, after what they died of is mended.

A letter goes when its event is in the queue again; one that is still no event
stays. An event that came without ``id`` gets that of its letter, so that a
replay that is cut short and repeated makes one event of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stats.batches import batches
from stats.errors import InputError
from stats.events.messages import read_message
from stats.events.parse import parse_event
from stats.events.publish import run_publish
from stats.events.types import Event, EventType
from stats.stores.dead_letters import DeadLetter, DeadLetterStore
from stats.stores.queues import EventQueues
from stats.times import iso_ms

LETTERS_A_BATCH = 500


@dataclass(frozen=True)
class Replayed:
    """How many letters are in the queue again, and how many are still refused."""

    replayed: int
    refused: int


def parse_letter(
    letter: DeadLetter, *, types: Mapping[str, EventType], now: datetime
) -> list[Event]:
    """Return the events of a letter; raise ``InputError`` when one is still none."""
    given = {"id": letter.id, "timestamp": iso_ms(letter.time)}
    return [
        parse_event(_completed(obj, given), types=types, now=now, queued=True)
        for obj in read_message(letter.payload)
    ]


def _completed(obj: object, given: dict[str, str]) -> object:
    if not isinstance(obj, dict):
        return obj
    return given | {name: value for name, value in obj.items() if value is not None}


def run_replay(
    letters: Iterable[DeadLetter],
    *,
    dead_letters: DeadLetterStore,
    queues: EventQueues,
    types: Mapping[str, EventType],
    clock: Callable[[], datetime],
) -> Replayed:
    """Publish ``letters`` again; each is dropped once the broker has its events."""
    replayed = refused = 0
    for batch in batches(letters, LETTERS_A_BATCH):
        good: dict[str, list[Event]] = {}
        for letter in batch:
            try:
                good[letter.id] = parse_letter(letter, types=types, now=clock())
            except InputError:
                refused += 1
        run_publish([event for events in good.values() for event in events], queues=queues)
        replayed += dead_letters.drop(good)
    return Replayed(replayed, refused)
