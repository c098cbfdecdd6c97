"""Events that could not be published, kept in local files until they can.

Comes in: lines of JSON, each an event with its id. A line is in a file when
:meth:`Spool.add` returns, within some milliseconds whatever other processes do
(on the disk itself after :meth:`Spool.sync`); it leaves the disk after it was
published, so a process killed in between publishes it again, and its id makes
that one event. Processes of one machine share the files; only their owner reads them.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from secrets import token_hex

AT_A_TIME = 500
"""Events published together."""

LOCK_SECONDS = 0.02
"""How long a line waits for the file; then it gets one of its own."""

_PAUSE = 0.002

Publish = Callable[[Sequence[bytes]], None]

_log = logging.getLogger(__name__)


class Spool:
    """A file of events, and beside it those that are being published."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._is_dirty = False

    def add(self, lines: Sequence[bytes]) -> bool:
        """Append lines; return False when there is no room or no way to write."""
        data = b"".join(line + b"\n" for line in lines)
        try:
            if self.size() > self._max_bytes:
                return False
            with self._locked(seconds=LOCK_SECONDS) as has_lock:
                if has_lock:
                    _append(self._path, data)
            if not has_lock:
                self._write_apart(data)
        except OSError as error:
            _log.warning("the spool of statistics cannot be written: %s", error)
            return False
        self._is_dirty = True
        return True

    def sync(self) -> None:
        """Bring what was added to the disk itself, so that it outlives a loss of power."""
        if not self._is_dirty:
            return
        self._is_dirty = False
        for file in self._files():
            with suppress(OSError):
                descriptor = os.open(file, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def size(self) -> int:
        """Return the bytes that wait."""
        return sum(map(_size, self._files()))

    def drain(self, publish: Publish) -> int:
        """Publish what waits and remove it; return how many events.

        What ``publish`` raises goes on to the caller, and the rest waits.
        """
        with self._locked(seconds=1.0) as has_lock:
            if has_lock and self._path.exists():
                self._path.rename(self._sending())
        return sum(self._drain_file(file, publish) for file in self._files() if file != self._path)

    def _write_apart(self, data: bytes) -> None:
        """Write a file that is complete when it can be seen, without a lock."""
        apart = self._path.with_name(f"{self._path.name}.{token_hex(8)}.part")
        try:
            _append(apart, data)
            apart.rename(self._sending())
        except OSError:
            apart.unlink(missing_ok=True)
            raise

    def _files(self) -> list[Path]:
        """Return the file and those that are being published, oldest first."""
        found = sorted(self._path.parent.glob(f"{self._path.name}.*.sending"))
        return [*found, self._path] if self._path.exists() else found

    def _sending(self) -> Path:
        """Return a name that no other has, after those that are there."""
        return self._path.with_name(f"{self._path.name}.{time.time_ns()}-{token_hex(4)}.sending")

    def _drain_file(self, file: Path, publish: Publish) -> int:
        """Publish one file unless another process is at it."""
        try:
            with file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                lines = filter(None, (line.strip() for line in opened))
                sent = 0
                while batch := list(islice(lines, AT_A_TIME)):
                    publish(batch)
                    sent += len(batch)
                file.unlink(missing_ok=True)
                return sent
        except (FileNotFoundError, BlockingIOError):
            return 0

    @contextmanager
    def _locked(self, *, seconds: float) -> Iterator[bool]:
        """Hold the lock of the file; False when it could not be had within ``seconds``."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            self._path.with_name(f"{self._path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600
        )
        try:
            yield _lock(descriptor, seconds)
        finally:
            os.close(descriptor)


def _lock(descriptor: int, seconds: float) -> bool:
    """Take a lock that a process may hold which does not run at the moment."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _append(path: Path, data: bytes) -> None:
    """Append all of ``data`` or, on a full disk, nothing; what a crash cut off ends first."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _size(file: Path) -> int:
    """Return the bytes of a file; 0 when another process has published it by now."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
