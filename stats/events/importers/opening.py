"""Files as they come: compressed or not, whatever their name says, from a disk or a pipe.

Comes in: a path, ``-`` for standard input. Goes out: the bytes of the text, one file at a time.
What a file is compressed with is told by its first bytes. ``InputError`` when it cannot be read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from stats.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STDIN = Path("-")
_BUFFER = 1 << 20
_HEAD = 6
_SKIPPABLE = tuple(bytes([number, 0x2A, 0x4D, 0x18]) for number in range(0x50, 0x60))
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BOM = b"\xef\xbb\xbf"

Report = Callable[[int], None]
"""Is told how many more bytes of a file were read, before decompression."""

UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError)
"""What reading raises for a file that ends early, is damaged, or may not be read."""


def _uncounted(size: int) -> None:
    """Report nothing."""


class _Stream(io.RawIOBase):
    """What a function reads; ``report`` is told how many bytes."""

    def __init__(self, read: Callable[[int], bytes], report: Report = _uncounted) -> None:
        self._read = read
        self._report = report

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._report(len(data))
        return len(data)


def _decompressed(stream: io.BufferedReader[Any]) -> IO[bytes]:
    head = stream.peek(_HEAD)[:_HEAD]
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast("IO[bytes]", lzma.LZMAFile(stream))
    if head.startswith((b"\x28\xb5\x2f\xfd", *_SKIPPABLE)):
        return cast("IO[bytes]", zstd.ZstdFile(stream))
    return stream


def is_compressed(path: Path) -> bool:
    """Return whether the first bytes are those of a compressed file."""
    with path.open("rb") as stream:
        return _decompressed(stream) is not stream


@contextmanager
def open_log(path: Path, report: Report = lambda size: None) -> Iterator[IO[bytes]]:
    """Open a log for reading, without its byte order mark; raise ``InputError``."""
    try:
        with sys.stdin.buffer if path == STDIN else path.open("rb", buffering=0) as raw:
            counted = io.BufferedReader(_Stream(raw.read, report), _BUFFER)
            unpacked: Any = _decompressed(counted)
            # read1 gives what is whole before it says that a compressed file is damaged
            yield _text_of(io.BufferedReader(_Stream(unpacked.read1), _BUFFER))
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def _text_of(stream: io.BufferedReader[Any]) -> IO[bytes]:
    head = stream.peek(len(_BOM))
    if head.startswith(_BOM):
        stream.read(len(_BOM))
    encoding = _UTF16.get(head[:2])
    if encoding is None:
        return stream
    stream.read(2)
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    return cast("IO[bytes]", _Encoded(text))


class _Encoded:
    """The lines of a text, as UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def readline(self, size: int = -1) -> bytes:
        return self._text.readline(size).encode("utf-8", "replace")


def unreadable(path: Path, error: Exception) -> InputError:
    """Return the error that says why a file cannot be read on."""
    reason = getattr(error, "strerror", None) or str(error) or "it ends early"
    name = "standard input" if path == STDIN else path
    return InputError("bad_format", f"cannot read {name}: {reason}", field="FILE")


def read_text(path: Path) -> str:
    """Return the text of a file; raise ``InputError`` when it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def find_files(paths: Sequence[Path], glob: str) -> list[Path]:
    """Return the files that are named, and those that ``glob`` finds in the folders named.

    Raises ``InputError`` for what is not there, and for a folder without such files.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(one for one in path.glob(glob) if one.is_file())
            if not found:
                message = f"{path} has no files like {glob}"
                raise InputError("missing", message, field="FILE")
            files += found
        elif path == STDIN or path.exists():
            files.append(path)
        else:
            raise InputError("missing", f"there is no file {path}", field="FILE")
    return list(dict.fromkeys(files))
