"""Import files: each line is an event, skipped, or malformed.

Comes in: files as they are. Goes out: events in the queue, and what became of the lines. What
was read of a file that ends early is published before the error is told; one file that cannot
be read does not keep the others out. Memory is flat whatever the size of a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, NamedTuple

from stats.errors import InputError
from stats.events.importers.catalogue import LOG_FORMATS
from stats.events.importers.detection import Detected, detect
from stats.events.importers.escapes import decode_line
from stats.events.importers.event_lines import EventLines, Imported, Lines, Part
from stats.events.importers.log_format import Asked, LogFormat
from stats.events.importers.mapping import Mapping, MappingError
from stats.events.importers.opening import UNREADABLE, Report, open_log
from stats.stores.resources import Description

EVENTS_A_BATCH = 2_000
LONGEST_LINE = 256_000
"""Bytes; servers take requests of some 8,000 by default."""

SAMPLE_LINES = 2_000
SAMPLE_BYTES = 4_000_000
_BINARY = b"\x00"


class Span(NamedTuple):
    """The times of the first and the last event so far, in epoch milliseconds."""

    first: int | None
    last: int | None


Publish = Callable[[list[Part], Span], None]
"""Takes events and the span of all so far, and returns when the broker has them."""

IN_FLIGHT = 2
"""Batches that are being published while the next one is read."""


@dataclass(frozen=True)
class Importing:
    """How files are imported.

    ``log_format`` None: told from the first lines of each file. ``describe`` takes what lines
    say of resources. ``report`` gets the bytes read,
    ``say`` lines for a person.
    """

    lines: Lines
    publish: Publish
    log_format: LogFormat | None = None
    describe: Callable[[Sequence[Description]], None] = lambda descriptions: None
    report: Report = lambda size: None
    say: Callable[[str], None] = lambda line: None

    @property
    def asked(self) -> Asked:
        """Return what the mapping asks of the format."""
        mapping = self.lines.mapping
        if mapping is None:
            return Asked()
        return Asked(frozenset(mapping.fields.values()), mapping.zone)


@dataclass
class Summary:
    """What became of all files: ``problems`` of whole files, ``empty`` ones, and ``hints``."""

    result: Imported = field(default_factory=Imported)
    problems: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def run_import(
    files: Sequence[Path], importing: Importing, summary: Summary | None = None
) -> Summary:
    """Import files one after the other; ``summary`` is what is added to.

    Raises ``StoreUnavailable`` when the broker is down; all can be imported again then.
    Raises ``MappingError`` when the mapping cannot be used; what was read before is in.
    """
    summary = Summary() if summary is None else summary
    for path in files:
        try:
            _import_file(path, importing, summary)
        except MappingError:
            raise
        except InputError as error:
            summary.problems.append(error.message)
    return summary


def _import_file(path: Path, importing: Importing, summary: Summary) -> None:
    with open_log(path, importing.report) as stream:
        import_stream(stream, str(path), importing, summary)


def import_stream(stream: IO[bytes], name: str, importing: Importing, summary: Summary) -> None:
    """Import the lines of an open file."""
    lines = read_lines(stream)
    sample, problem = _take_sample(lines)
    if not any(line.strip() for line in sample):
        if problem is None:
            summary.empty.append(f"{name} is empty")
            return
        raise problem
    detected = detect_lines(sample, importing, name=name)
    importing.say(f"{name}: read as {detected}")
    reader = EventLines(importing.lines, detected, summary.result, file=name)
    malformed = summary.result.malformed
    publish_lines(chain(sample, _raising(problem) if problem else lines), reader, importing)
    summary.hints += _hints(name, sample, detected, importing, summary.result.malformed - malformed)


def _take_sample(lines: Iterator[bytes]) -> tuple[list[bytes], BaseException | None]:
    """Return the first lines, and why there are no more of them if the file is damaged there."""
    sample: list[bytes] = []
    size = 0
    try:
        for line in islice(lines, SAMPLE_LINES):
            sample.append(line)
            size += len(line)
            if size > SAMPLE_BYTES:
                break
    except UNREADABLE as error:
        return sample, error
    return sample, None


def _raising(problem: BaseException) -> Iterator[bytes]:
    """Yield nothing, and raise."""
    if problem:
        raise problem
    yield from ()


def read_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; the rest of one that is too long is passed over."""
    for line in iter(partial(stream.readline, LONGEST_LINE), b""):
        yield line
        rest = line
        while len(rest) >= LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)


class _Publisher:
    """Publishes batches in their order while the next is read."""

    def __init__(self, importing: Importing, reader: EventLines, executor: ThreadPoolExecutor):
        self._importing = importing
        self._reader = reader
        self._result = reader.result
        self._executor = executor
        self._events: list[Part] = []
        self._in_flight: deque[Future[None]] = deque()

    def add(self, event: Part | None) -> None:
        """Take an event; raises what the publishing of an earlier batch raised."""
        if event is None:
            return
        self._events.append(event)
        if len(self._events) == EVENTS_A_BATCH:
            self._submit()

    def finish(self) -> None:
        """Return when the broker has all events."""
        self._submit()
        self._wait(leaving=0)

    def _submit(self) -> None:
        self._wait(leaving=IN_FLIGHT - 1)
        if self._events:
            span = Span(self._result.first, self._result.last)
            descriptions = self._reader.take_descriptions()
            self._in_flight.append(
                self._executor.submit(self._publish, self._events, span, descriptions)
            )
        self._events = []

    def _publish(self, events: list[Part], span: Span, descriptions: Sequence[Description]) -> None:
        """Publish events, then say what their lines say; a repetition says the same."""
        self._importing.publish(events, span)
        if descriptions:
            self._importing.describe(descriptions)

    def _wait(self, *, leaving: int) -> None:
        while len(self._in_flight) > leaving:
            self._in_flight.popleft().result()


@contextmanager
def publisher(importing: Importing, reader: EventLines) -> Iterator[_Publisher]:
    """Give what publishes; at the end, also by an error, the broker has all that was added."""
    with ThreadPoolExecutor(1, thread_name_prefix="stats-publish") as executor:
        one = _Publisher(importing, reader, executor)
        try:
            yield one
        finally:
            one.finish()


def publish_lines(lines: Iterator[bytes], reader: EventLines, importing: Importing) -> None:
    """Publish the events of lines, many at a time, also those before an error."""
    previous: bytes | None = None
    with publisher(importing, reader) as events:
        for line in lines:
            if previous is not None:
                events.add(reader.read(previous))
            previous = line
        if previous is not None:
            events.add(read_last(previous, reader))


def read_last(line: bytes, reader: EventLines) -> Part | None:
    """Return the event of the last line; one without its end may still be written to.

    When it cannot be read it is not malformed: it is read when it is whole.
    """
    if line.endswith(b"\n"):
        return reader.read(line)
    result = reader.result
    malformed, faults, reasons = result.malformed, list(result.faults), result.reasons.copy()
    event = reader.read(line)
    if result.malformed > malformed:
        result.malformed, result.faults, result.reasons = malformed, faults, reasons
        result.skipped += 1
    return event


def detect_lines(sample: Sequence[bytes], importing: Importing, *, name: str) -> Detected:
    """Return what reads a file that begins so; raise ``InputError`` when nothing does."""
    texts = [decode_line(line.rstrip(b"\r\n")) for line in sample]
    among = LOG_FORMATS.values() if importing.log_format is None else (importing.log_format,)
    found = detect(texts, importing.asked, among=among) or detect(
        texts[len(texts) // 10 :], importing.asked, among=among
    )
    if found is None:
        raise InputError(
            "bad_format", f"{name} {_complaint(sample, texts, importing)}", field="FILE"
        )
    _check_mapping(importing.lines.mapping, found.log_format, name=name)
    return found


def _check_mapping(mapping: Mapping | None, log_format: LogFormat, *, name: str) -> None:
    if mapping is None:
        if log_format.build_event is None:
            message = f"{name} is an access log ({log_format.name}), which needs a mapping of its"
            raise InputError("missing", f"{message} paths, a TOML file: --mapping", field="mapping")
        return
    unknown = sorted(mapping.columns - {*log_format.columns})
    if unknown:
        message = (
            f"{{{unknown[0]}}} is no group of a path, and {log_format.name} has no such column"
        )
        raise MappingError("bad_format", message, field="mapping")


def _complaint(sample: Sequence[bytes], texts: list[str], importing: Importing) -> str:
    if any(_BINARY in line for line in sample[:10]):
        return "is a binary file, not a log"
    if importing.log_format is None:
        known = ", ".join(LOG_FORMATS)
        return f"is in no format that is known ({known}); name its own with --log-format"
    other = detect(texts, importing.asked)
    hint = f"; it looks like {other.log_format.name}" if other else ""
    return f"is not in the format {importing.log_format.name}{hint}"


def _hints(
    name: str, sample: Sequence[bytes], detected: Detected, importing: Importing, malformed: int
) -> list[str]:
    """Return which format would fit a file better, if any does and lines are malformed."""
    if not malformed or importing.log_format is None:
        return []
    texts = [decode_line(line.rstrip(b"\r\n")) for line in sample]
    other = detect(texts, importing.asked)
    if other is None or other.log_format is detected.log_format or other.share <= detected.share:
        return []
    return [f"{name}: --format {other.log_format.name} fits better"]
