"""What wrote a file, told from its first lines.

Pure. Every format of the catalogue tries to read the lines, as they are and out of each envelope
that they have; the one that reads most of them is taken. Nothing is taken that reads none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stats.errors import InputError
from stats.events.importers.catalogue import LOG_FORMATS
from stats.events.importers.envelopes import ENVELOPES, Envelope
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.request import Request

LINES_LOOKED_AT = 200
_MOST = 0.8


@dataclass(frozen=True)
class Detected:
    """What a file was taken for, and how it is read.

    ``programs`` are those whose lines are the log's; empty when the envelope names none.
    """

    log_format: LogFormat
    reader: Reader
    envelope: Envelope | None = None
    programs: frozenset[str] = frozenset()
    share: float = 1.0

    def __str__(self) -> str:
        inside = f", in {self.envelope.name}" if self.envelope else ""
        return f"{self.log_format.name}: {self.log_format.title}{inside}"

    def read(self, line: str) -> Request | None:
        """Return the request of a line; None for a line of another program."""
        if self.envelope is None:
            return self.reader.read(line)
        unwrapped = self.envelope.unwrap(line)
        if unwrapped is None:
            if line.startswith("#"):
                return None
            raise InputError("bad_format", f"has no {self.envelope.name} around it, as others have")
        if self.programs and unwrapped.program not in self.programs:
            return None
        return self.reader.read(unwrapped.line)


def detect(
    sample: Sequence[str], asked: Asked, *, among: Iterable[LogFormat] = LOG_FORMATS.values()
) -> Detected | None:
    """Return what reads most of the first lines; None when nothing reads any."""
    lines = [line for line in sample[:LINES_LOOKED_AT] if line.strip()]
    formats = tuple(among)
    best: Detected | None = None
    best_key = (0.0, False, 0)
    for envelope, texts, programs in _readings(lines):
        for log_format in formats:
            share = _share(log_format, texts, asked)
            strict = envelope is not None and not envelope.is_loose
            key = (share, strict, log_format.rank)
            reader = log_format.open(texts, asked) if share and key > best_key else None
            if reader is not None:
                understood = _programs(log_format, texts, programs, asked)
                best, best_key = Detected(log_format, reader, envelope, understood, share), key
    return best


def _readings(lines: list[str]) -> Iterator[tuple[Envelope | None, list[str], list[str]]]:
    """Yield the lines as they are and out of each envelope that most have, with the programs."""
    yield None, lines, []
    for envelope in ENVELOPES:
        found = [one for line in lines if (one := envelope.unwrap(line)) is not None]
        comments = sum(line.startswith("#") for line in lines)
        if found and len(found) + comments >= _MOST * len(lines):
            yield envelope, [one.line for one in found], [one.program for one in found]


def _share(log_format: LogFormat, texts: Sequence[str], asked: Asked) -> float:
    """Return which part of the lines that are not comments a format reads."""
    outcomes = list(_outcomes(log_format, texts, asked))
    read, failed = outcomes.count(True), outcomes.count(False)
    return read / (read + failed) if read else 0.0


def _outcomes(log_format: LogFormat, texts: Sequence[str], asked: Asked) -> Iterator[bool | None]:
    """Yield for each line whether it is read; None for one that says nothing, as a comment."""
    reader = log_format.open(texts, asked)
    for text in texts if reader else ():
        try:
            assert reader is not None
            request = reader.read(text)
        except InputError:
            yield False
        else:
            yield None if request is None and text.startswith("#") else True


def _programs(
    log_format: LogFormat, texts: Sequence[str], programs: Sequence[str], asked: Asked
) -> frozenset[str]:
    outcomes = _outcomes(log_format, texts, asked)
    understood = {p for p, ok in zip(programs, outcomes, strict=False) if ok}
    return frozenset(understood - {""})
