"""Events that could not be published, kept in a local file until they can.

Comes in: lines of JSON, each an event with its id. What always holds: a line is
in the file when :meth:`Spool.add` returns; it leaves the disk after it was
published, so a process killed in between publishes it again, and its id makes
that one event. Processes of one machine share the file; only its owner reads it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

AT_A_TIME = 500
"""Events published together."""

Publish = Callable[[Sequence[bytes]], None]

_log = logging.getLogger(__name__)


class Spool:
    """A file of events, and beside it those that are being published."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def add(self, lines: Sequence[bytes]) -> bool:
        """Append lines; return False when there is no room or no way to write."""
        try:
            with self._locked():
                if self.size() > self._max_bytes:
                    return False
                self._append(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            _log.warning("the spool of statistics cannot be written: %s", error)
            return False
        return True

    def size(self) -> int:
        """Return the bytes that wait."""
        return sum(map(_size, self._files()))

    def drain(self, publish: Publish) -> int:
        """Publish what waits and remove it; return how many events.

        What ``publish`` raises goes on to the caller, and the rest waits.
        """
        with self._locked():
            if self._path.exists():
                self._path.rename(self._sending(len(self._files())))
        return sum(self._drain_file(file, publish) for file in self._files() if file != self._path)

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _files(self) -> list[Path]:
        """Return the file and those that are being published, oldest first."""
        found = sorted(self._path.parent.glob(f"{self._path.name}.*.sending"))
        return [*found, self._path] if self._path.exists() else found

    def _sending(self, number: int) -> Path:
        while True:
            path = self._path.with_name(f"{self._path.name}.{number:06d}.sending")
            if not path.exists():
                return path
            number += 1

    def _drain_file(self, file: Path, publish: Publish) -> int:
        """Publish one file unless another process is at it."""
        try:
            with file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lines = (line.strip() for line in opened)
                sent = 0
                while batch := [line for line in islice(lines, AT_A_TIME) if line]:
                    publish(batch)
                    sent += len(batch)
                file.unlink(missing_ok=True)
                return sent
        except (FileNotFoundError, BlockingIOError):
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._path.with_name(f"{self._path.name}.lock")
        with lock.open("ab") as opened:
            lock.chmod(0o600)
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield


def _size(file: Path) -> int:
    """Return the bytes of a file; 0 when another process has published it by now."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
