"""Logs that are still being written, followed like ``tail -F`` over rotation.

Comes in: paths, and bookmarks that survive kills. Invariant: a bookmark moves when the broker has
the events before it, so nothing is lost; what is read again after a kill has the same ids, so
nothing counts twice. A file is known again by how it begins, whatever its name is by then:
renamed, copied and cut, or compressed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import IO, Protocol

from stats.errors import InputError
from stats.events.importers.event_lines import EventLines, Part
from stats.events.importers.importing import (
    EVENTS_A_BATCH,
    Importing,
    Span,
    Summary,
    detect_lines,
    import_stream,
    read_last,
)
from stats.events.importers.opening import is_compressed, open_log
from stats.stores.imports import Bookmark

HEAD_BYTES = 1_024
CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 18
WARM_UP_BYTES = 1 << 20
"""What is read again before a bookmark, to know which occurrences of a line were there."""

QUIET_ROUNDS = 10
"""Looks at a file that was renamed, in which nothing new is found, before it is left."""


class Bookmarks(Protocol):
    """Keeps bookmarks by name."""

    def read_bookmark(self, name: str) -> Bookmark | None:
        """Return a bookmark."""

    def write_bookmark(self, name: str, bookmark: Bookmark) -> None:
        """Move a bookmark."""


class OpenLog:
    """One file that is read as it grows; it may have another name by now."""

    def __init__(self, path: Path, importing: Importing, summary: Summary) -> None:
        self.stream: IO[bytes] = path.open("rb")
        self.inode = os.fstat(self.stream.fileno()).st_ino
        self.mark = Bookmark(digest_of(b""), 0, 0)
        self.quiet = 0
        self._path = path
        self._importing = importing
        self._summary = summary
        self._reader: EventLines | None = None

    def head(self, size: int) -> str:
        """Return the hash of the first bytes."""
        return digest_of(os.pread(self.stream.fileno(), size, 0))

    def move(self, offset: int) -> None:
        """Take note that the file was read up to an offset."""
        size = min(HEAD_BYTES, offset)
        head = self.mark.head if size == self.mark.head_bytes else self.head(size)
        self.mark = Bookmark(head, size, offset)

    def is_begun_as(self, bookmark: Bookmark) -> bool:
        """Return whether the file is the one that was read so far."""
        is_long = os.fstat(self.stream.fileno()).st_size >= bookmark.offset
        return is_long and self.head(bookmark.head_bytes) == bookmark.head

    def go_on(self, offset: int) -> None:
        """Begin at an offset, knowing the lines before it."""
        reader = self._open_reader()
        if reader is not None:
            begin = 0 if reader.has_directives else max(0, offset - WARM_UP_BYTES)
            for line in _lines_between(self.stream, begin, offset):
                reader.skip(line)
        self.move(offset)

    def finish(self) -> None:
        """Read the last line of a file that nobody writes to any more, and leave it."""
        reader = self._reader
        rest = os.pread(self.stream.fileno(), CHUNK_BYTES, self.mark.offset)
        if reader is not None and (event := read_last(rest, reader)) is not None:
            self._publish([event])
        self.stream.close()

    def read(self) -> int:
        """Publish the whole lines that are new; return how many there were."""
        reader = self._reader or self._open_reader()
        if reader is None:
            return 0
        chunk = os.pread(self.stream.fileno(), CHUNK_BYTES, self.mark.offset)
        end = chunk.rfind(b"\n") + 1 or (len(chunk) if len(chunk) == CHUNK_BYTES else 0)
        lines = [line + b"\n" for line in chunk[:end].split(b"\n") if line]
        events: list[Part] = []
        for line in lines:
            if (event := reader.read(line)) is not None:
                events.append(event)
            if len(events) == EVENTS_A_BATCH:
                self._publish(events)
                events = []
        self._publish(events)
        if end:
            self.move(self.mark.offset + end)
        self._importing.report(end)
        self.quiet = 0 if end else self.quiet + 1
        return len(lines)

    def _publish(self, events: list[Part]) -> None:
        result = self._summary.result
        self._importing.publish(events, Span(result.first, result.last))

    def _open_reader(self) -> EventLines | None:
        """Tell what writes the file as soon as it has a whole line."""
        head = os.pread(self.stream.fileno(), SAMPLE_BYTES, 0)
        sample = head[: head.rfind(b"\n") + 1].splitlines(keepends=True)
        if not any(line.strip() and line[:1] != b"#" for line in sample):
            return None
        detected = detect_lines(sample, self._importing, name=str(self._path))
        self._importing.say(f"{self._path}: read as {detected}")
        self._reader = EventLines(
            self._importing.lines, detected, self._summary.result, file=str(self._path)
        )
        return self._reader


class FollowedLog:
    """One path, and the files that are or were behind it."""

    def __init__(
        self, path: Path, importing: Importing, summary: Summary, *, bookmarks: Bookmarks, name: str
    ) -> None:
        self._path = path
        self._importing = importing
        self._summary = summary
        self._bookmarks = bookmarks
        self._name = name
        self._current: OpenLog | None = None
        self._left: list[OpenLog] = []

    def step(self) -> int:
        """Publish what is new; return how many lines there were."""
        read = sum(one.read() for one in self._left)
        for one in [one for one in self._left if one.quiet > QUIET_ROUNDS]:
            self._left.remove(one)
            one.finish()
        if self._current is None:
            self._current = self._begin()
        elif self._is_another():
            read += self._leave(self._current)
            self._current = self._open()
        if self._current is not None:
            lines = self._current.read()
            if lines:
                self._bookmarks.write_bookmark(self._name, self._current.mark)
            read += lines
        return read

    def _open(self) -> OpenLog | None:
        try:
            return OpenLog(self._path, self._importing, self._summary)
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"cannot read {self._path}: {error.strerror}"
            raise InputError("bad_format", message, field="FILE") from error

    def _begin(self) -> OpenLog | None:
        """Open the file behind the path, and go on where the bookmark is."""
        opened = self._open()
        bookmark = self._bookmarks.read_bookmark(self._name)
        if opened is None or bookmark is None:
            return opened
        if opened.is_begun_as(bookmark):
            opened.go_on(bookmark.offset)
        else:
            self._import_rotated(bookmark)
        return opened

    def _is_another(self) -> bool:
        """Return whether another file is behind the path, or the same was cut off."""
        current = self._current
        assert current is not None
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        return found.st_ino != current.inode or not current.is_begun_as(current.mark)

    def _leave(self, current: OpenLog) -> int:
        """Read the rest of a file that is another's by now; what was cut off is in its copy."""
        size = os.fstat(current.stream.fileno()).st_size
        if size < current.mark.offset or not current.is_begun_as(current.mark):
            current.stream.close()
            bookmark = self._bookmarks.read_bookmark(self._name)
            if bookmark is not None:
                self._import_rotated(bookmark)
            return 0
        read = 0
        while lines := current.read():
            read += lines
        self._bookmarks.write_bookmark(self._name, current.mark)
        self._left.append(current)
        return read

    def _import_rotated(self, bookmark: Bookmark) -> None:
        """Import the file that was being read, under its new name, and those that came after."""
        siblings = sorted(
            (one for one in self._path.parent.glob(f"{self._path.name}*") if one != self._path),
            key=lambda one: (one.stat().st_mtime, one.name),
        )
        for number, path in enumerate(siblings):
            if _begins_as(path, bookmark):
                for later in siblings[number:]:
                    with open_log(later) as stream:
                        import_stream(stream, str(later), self._importing, self._summary)
                return
        self._importing.say(
            f"{self._path}: the file that was being read is gone; what came after byte"
            f" {bookmark.offset} of it is not imported"
        )


def _begins_as(path: Path, bookmark: Bookmark) -> bool:
    try:
        with open_log(path) as stream:
            return digest_of(stream.read(bookmark.head_bytes)) == bookmark.head
    except InputError:
        return False


def _lines_between(stream: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """Yield the whole lines between two offsets; the first may begin before."""
    stream.seek(begin)
    if begin:
        stream.readline()
    while stream.tell() < end:
        yield stream.readline()


def digest_of(data: bytes) -> str:
    """Return what tells one beginning of a file from others."""
    return blake2b(data, digest_size=16).hexdigest()


def run_follow(
    logs: list[FollowedLog],
    *,
    should_stop: Callable[[], bool],
    pause: Callable[[], None],
) -> None:
    """Publish what is written, until it is time to stop."""
    while not should_stop():
        if not sum([log.step() for log in logs]):
            pause()


def check_followed(paths: Sequence[Path]) -> None:
    """Raise ``InputError`` for what cannot be followed."""
    for path in paths:
        if path.exists() and is_compressed(path):
            message = f"{path} is compressed, it cannot be followed; import it without --follow"
            raise InputError("bad_format", message, field="FILE")
