"""Import a file line by line: each line is an event, skipped, or malformed.

What always holds: an event's ``id`` follows from the file's own content, the
line and which occurrence of that very line it is; importing a file again, or
after a failure, publishes the same events again, and they count once. A
malformed line is counted and shown, and never stops the rest.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, cast

from stats.errors import InputError
from stats.events.parse import parse_event
from stats.events.publish import run_publish
from stats.events.types import Event, EventType
from stats.stores.queues import EventQueues

EVENTS_A_BATCH = 2_000
FAULTS_SHOWN = 5

ReadLine = Callable[[str], dict[str, Any] | None]
"""From a line to the fields of an event, or None to skip it; raises ``InputError``."""


@dataclass(frozen=True)
class Fault:
    """Why a line (from 1) is malformed."""

    line: int
    message: str


@dataclass
class Imported:
    """What became of the lines; ``faults`` are the first malformed ones."""

    imported: int = 0
    skipped: int = 0
    malformed: int = 0
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        return f"imported {self.imported}, skipped {self.skipped}, malformed {self.malformed}"


@contextmanager
def open_log(path: Path) -> Iterator[IO[bytes]]:
    """Open a log for reading, a compressed one (``.gz``) too; raise ``InputError``."""
    try:
        with path.open("rb") as stream:
            if path.suffix == ".gz":
                with gzip.open(stream) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            else:
                yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def read_text(path: Path) -> str:
    """Return the text of a file; raise ``InputError`` when it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    return InputError("bad_format", f"cannot read {path}: {reason}", field="FILE")


class EventLines:
    """The events of the lines of one file, one after the other."""

    def __init__(
        self, read_line: ReadLine, *, types: Mapping[str, EventType], now: datetime
    ) -> None:
        self.result = Imported()
        self._read_line = read_line
        self._types = types
        self._now = now
        self._number = 0
        self._occurrences: dict[bytes, int] = {}

    def read(self, line: bytes) -> Event | None:
        """Return the event of the next line; count it where it belongs. A blank one is nothing."""
        self._number += 1
        content = line.rstrip(b"\r\n")
        if not content.strip():
            return None
        try:
            event = self._event_of(content)
        except InputError as error:
            self._count_malformed(error)
            return None
        if event is None:
            self.result.skipped += 1
        else:
            self.result.imported += 1
        return event

    def _event_of(self, content: bytes) -> Event | None:
        fields = self._read_line(content.decode("utf-8", errors="replace"))
        if fields is None:
            return None
        fields["id"] = self._id_of(content)
        return parse_event(fields, types=self._types, now=self._now)

    def _id_of(self, content: bytes) -> str:
        digest = blake2b(content, digest_size=16).digest()
        occurrence = self._occurrences.get(digest, 0) + 1
        self._occurrences[digest] = occurrence
        return f"{digest.hex()}-{occurrence}"

    def _count_malformed(self, error: InputError) -> None:
        self.result.malformed += 1
        if len(self.result.faults) < FAULTS_SHOWN:
            self.result.faults.append(Fault(self._number, error.message))


def run_import(
    lines: IO[bytes],
    reader: EventLines,
    *,
    queues: EventQueues,
    report: Callable[[int], None],
) -> Imported:
    """Publish the events of ``lines``; ``report`` gets the bytes read as it goes.

    Raises ``StoreUnavailable`` when the broker is down; the whole file can be
    imported again then.
    """
    events: list[Event] = []
    size = 0
    for line in lines:
        size += len(line)
        event = reader.read(line)
        if event is not None:
            events.append(event)
        if len(events) == EVENTS_A_BATCH:
            run_publish(events, queues=queues)
            events.clear()
            report(size)
            size = 0
    run_publish(events, queues=queues)
    report(size)
    return reader.result
