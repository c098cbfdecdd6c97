"""Events that are on their way while a person is forgotten.

Pure. In come documents and dead letters that are about to be stored, with the
list of who was forgotten when; out come the same, those of such a person from
before that time without the private fields. Invariant: numbers do not
change by it. Visitor and session, place and reasons of exclusion were made
from the private fields before; who did it becomes nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from stats.events.batch import Ready
from stats.events.fields import QUEUED_FIELDS
from stats.events.raw_document import PERSONAL
from stats.events.steps import read_referrer
from stats.stores.dead_letters import DeadLetter
from stats.stores.erasures import Erasures
from stats.times import parse_time, to_ms

Source = dict[str, Any]


def scrub(source: Source) -> Source:
    """Return a raw document without what may tell who did it."""
    kept = {name: value for name, value in source.items() if name != "private"}
    cut_referrer(kept)
    return kept | {"scrubbed": True}


def forget_documents(documents: list[Ready], erasures: Erasures) -> list[Ready]:
    """Return documents as they may be stored."""
    if not erasures.times:
        return documents
    return [_forget_document(document, erasures) for document in documents]


def _forget_document(document: Ready, erasures: Erasures) -> Ready:
    event = document.event
    erased = None if event.user_id is None else erasures.at(event.user_id)
    if erased is None or event.timestamp >= to_ms(erased):
        return document
    nobody: dict[str, Any] = dict.fromkeys(PERSONAL)
    body = orjson.dumps(scrub(orjson.loads(document.body)))
    return document._replace(body=body, event=event._replace(**nobody))


def forget_letters(letters: Iterable[DeadLetter], erasures: Erasures) -> list[DeadLetter]:
    """Return dead letters as they may be kept."""
    return [scrub_letter(a) if _is_erased(a, erasures) else a for a in letters]


def _is_erased(letter: DeadLetter, erasures: Erasures) -> bool:
    if not erasures.times:
        return False
    return any(
        (at := erasures.at(user)) is not None and _happened_before(one, at)
        for one, user in _people(_read(letter.payload))
    )


def _happened_before(event: Source, at: datetime) -> bool:
    """Return whether an event is older; one whose time cannot be read is."""
    try:
        return parse_time(event["timestamp"]) < at
    except (KeyError, TypeError, ValueError, AttributeError):
        return True


def names_user(letter: DeadLetter, user: str) -> bool:
    """Return whether a letter is of a person, whatever the type of the id.

    Bytes that are no JSON are taken for theirs when their id is anywhere in them.
    """
    read = _read(letter.payload)
    if read is None:
        return user.encode(errors="replace") in letter.payload
    return any(name == user for _, name in _people(read))


def scrub_letter(letter: DeadLetter) -> DeadLetter:
    """Return a letter without private fields; it stays the same letter."""
    return replace(letter, payload=scrub_payload(letter.payload), key=letter.id)


def scrub_payload(payload: bytes) -> bytes:
    """Return an event's JSON without private fields, wherever in it they are.

    A field that events do not have may hold anything: it keeps its name, so that
    the event is refused as before, and loses its value. Nothing stays of bytes that
    are no JSON.
    """
    read = _read(payload)
    for one in _objects(read):
        for name in PERSONAL:
            one.pop(name, None)
        cut_referrer(one)
    for event in read if isinstance(read, list) else [read]:
        if isinstance(event, dict):
            event.update(dict.fromkeys(event.keys() - QUEUED_FIELDS.keys(), ""))
    try:
        return b"" if read is None else orjson.dumps(read)
    except orjson.JSONEncodeError:  # read deeper than can be written
        return b""


def cut_referrer(fields: Source) -> None:
    """Leave of a referrer what a raw document keeps."""
    if fields.get("referrer"):
        found = read_referrer(str(fields["referrer"]))
        fields["referrer"] = found.page if found else None


def _read(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None


def _people(value: Any) -> Iterator[tuple[Source, str]]:
    """Yield the objects in decoded JSON that name a person, each with the id as text."""
    for one in _objects(value):
        user = one.get("user_id")
        if isinstance(user, str | int | float):
            yield one, str(user)


def _objects(value: Any) -> Iterator[Source]:
    """Yield all objects in decoded JSON; not by recursion, which a deep one would break."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
