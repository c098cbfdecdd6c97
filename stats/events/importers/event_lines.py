"""From the lines of one file to events, and what became of each line.

Invariant: an event's ``id`` follows from the file's own content, the line and which occurrence
of that very line it is. Importing a file again, or after a failure, publishes the same events
again, and they count once. A malformed line is counted and shown, and never stops the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from stats.errors import InputError
from stats.events.accessories import FieldWarning, mend_field
from stats.events.fields import FIELDS
from stats.events.importers.detection import Detected
from stats.events.importers.escapes import decode_line, path_of
from stats.events.importers.forwarded import IsTrusted, client_of
from stats.events.importers.mapping import NAMED_FIELDS, MappingError, fill
from stats.events.importers.mapping import Mapping as Rules
from stats.events.importers.occurrences import Occurrences
from stats.events.importers.request import Request
from stats.events.parse import check_time, dump_event, parse_event
from stats.events.types import EventType
from stats.kinds.types import Kinds
from stats.stores.resources import Description
from stats.times import from_ms, iso_of_ms, to_ms

FAULTS_SHOWN = 3
_CACHED = 65_536
_NOBODY = frozenset({None, "", "-", "????", ":guest"})
"""What logs write for a user who is not signed in; the last is Dataverse's."""


@dataclass(frozen=True)
class Fault:
    """Why a line (from 1) of a file is malformed."""

    line: int
    message: str
    file: str = ""


@dataclass
class Imported:
    """What became of the lines.

    ``faults`` are the first malformed ones, ``reasons`` how many there are of each kind.
    ``rules``: how many lines each rule of the mapping took. ``warnings``: how many events
    lack a field that could not be kept as it came. ``first`` and ``last`` are the times of
    events, in epoch milliseconds.
    """

    imported: int = 0
    skipped: int = 0
    malformed: int = 0
    faults: list[Fault] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    rules: Counter[int] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        return f"imported {self.imported}, skipped {self.skipped}, malformed {self.malformed}"

    @property
    def lines(self) -> int:
        """Return how many lines there were, without blank ones."""
        return self.imported + self.skipped + self.malformed

    @property
    def malformed_share(self) -> float:
        """Return which part of the lines is malformed."""
        return self.malformed / self.lines if self.lines else 0.0

    def count_event(self, timestamp: int, rule: int) -> None:
        """Count a line that is an event."""
        self.imported += 1
        self.rules[rule] += 1
        self.first = timestamp if self.first is None else min(self.first, timestamp)
        self.last = timestamp if self.last is None else max(self.last, timestamp)

    def count_malformed(self, fault: Fault) -> None:
        """Count a malformed line, and keep it when it is one of the first."""
        self.malformed += 1
        if len(self.reasons) < 1_000 or fault.message in self.reasons:
            self.reasons[fault.message] += 1
        if len(self.faults) < FAULTS_SHOWN:
            self.faults.append(fault)


class Part(NamedTuple):
    """An event as it is published: the name of its type, and its JSON."""

    type_name: str
    body: bytes


class Use(NamedTuple):
    """What a request target is: JSON of an event but for its id, its time and who did it."""

    type_name: str
    body: bytes
    rule: int
    warnings: tuple[str, ...]


class Fragment(NamedTuple):
    """JSON of one field, with a comma before it, and its name if it is not as it came."""

    body: bytes = b""
    warning: str = ""


_NO_FRAGMENT = Fragment()


BuildEvent = Callable[[Request], dict[str, Any]]


@dataclass(frozen=True)
class Lines:
    """How lines become events, in every file of one import.

    ``mapping`` decides which requests are events; without one ``build_event`` of the format
    does. ``now`` bounds the times of events. ``import_id`` is what they carry.
    """

    types: Mapping[str, EventType]
    kinds: Kinds
    mapping: Rules | None
    is_trusted: IsTrusted
    now: Callable[[], datetime]
    import_id: str | None = None


class EventLines:
    """The events of the lines of one file, one after the other."""

    def __init__(
        self, lines: Lines, detected: Detected, result: Imported, *, file: str = ""
    ) -> None:
        self.result = result
        self._lines = lines
        self._detected = detected
        self._file = file
        self._number = 0
        self._occurrences = Occurrences()
        self._descriptions: dict[str, tuple[int, dict[str, Any]]] = {}
        self._now = to_ms(lines.now())
        self._columns = detected.log_format.columns
        self._describe = detected.log_format.describe if lines.mapping is None else None
        self._use = lru_cache(maxsize=_CACHED)(self._find_use)
        self._address = lru_cache(maxsize=_CACHED)(self._find_address)
        self._end = b',"import_id":"%b"}' % lines.import_id.encode() if lines.import_id else b"}"
        self._read = detected.read if detected.envelope else detected.reader.read

    @property
    def has_directives(self) -> bool:
        """Return whether lines before change how later ones are read."""
        return self._detected.log_format.has_directives

    def read(self, line: bytes) -> Part | None:
        """Return the event of the next line; count it where it belongs. A blank one is nothing.

        Raises ``MappingError`` when the mapping cannot be used.
        """
        self._number += 1
        content = line.rstrip(b"\r\n")
        if not content or content.isspace():
            return None
        try:
            return self._event_of(content)
        except MappingError:
            raise
        except InputError as error:
            self.result.count_malformed(Fault(self._number, error.message, self._file))
            return None

    def skip(self, line: bytes) -> None:
        """Take note of a line whose event was published before."""
        result, self.result = self.result, Imported()
        self.read(line)
        self.result = result

    def refuse(self, message: str) -> None:
        """Count a line that cannot be read at all."""
        self._number += 1
        self.result.count_malformed(Fault(self._number, message, self._file))

    def _event_of(self, content: bytes) -> Part | None:
        request = self._read(decode_line(content))
        use = None if request is None else self._use_of(request)
        if request is None or use is None:
            self.result.skipped += 1
            return None
        check_time(request.timestamp, self._now)
        self._note_description(request)
        part = self._complete(use, request, content)
        self.result.count_event(request.timestamp, use.rule)
        return part

    def take_descriptions(self) -> list[Description]:
        """Return what the lines since the last time say of resources, the newest of each."""
        taken, self._descriptions = self._descriptions, {}
        return [
            Description(ref, fields, from_ms(timestamp))
            for ref, (timestamp, fields) in taken.items()
        ]

    def _note_description(self, request: Request) -> None:
        """Keep what a line says of a resource, field by field as of its time."""
        described = self._describe(request) if self._describe else None
        if described is None:
            return
        ref, fields = described
        ref = self._lines.kinds.normal_ref(ref)
        moment, known = self._descriptions.get(ref, (request.timestamp, {}))
        newer = request.timestamp >= moment
        merged = known | fields if newer else fields | known
        self._descriptions[ref] = (max(moment, request.timestamp), merged)

    def _use_of(self, request: Request) -> Use | None:
        mapping = self._lines.mapping
        if mapping is not None:
            if not mapping.counts(request.status, request.method):
                return None
            if not self._columns:
                return self._use(request.target, ())
            columns = tuple(request.named.get(name, "") for name in self._columns)
            return self._use(request.target, columns)
        build = self._detected.log_format.build_event
        assert build is not None
        return self._parsed(build(request), request.target, 0)

    def _find_use(self, target: str, columns: tuple[str, ...]) -> Use | None:
        assert self._lines.mapping is not None
        found = self._lines.mapping.find(path_of(target) or "/")
        if found is None:
            return None
        rule, groups = found
        named = dict(zip(self._columns, columns, strict=True))
        return self._parsed(fill(rule, named | groups), target, rule.number)

    def _parsed(self, fields: dict[str, Any], target: str, rule: int) -> Use:
        warnings: list[FieldWarning] = []
        event = parse_event(
            fields | {"id": "-", "request_url": target or None},
            types=self._lines.types,
            now=self._lines.now(),
            warn=warnings.append,
        )
        fields = dump_event(event)
        del fields["id"], fields["timestamp"]
        return Use(event.type.name, _inner(fields), rule, tuple(one.field for one in warnings))

    def _complete(self, use: Use, request: Request, content: bytes) -> Part:
        """Return the event with its id, its time and who did it."""
        mapping = self._lines.mapping
        own = request[4:12]  # from ``address`` to ``size``
        if mapping is not None and mapping.fields:
            own = self._renamed(request, mapping.fields)
        peer, forwarded, user, session, cookie, agent, referrer, size = own
        a = self._address(peer, forwarded)
        b = _NO_FRAGMENT if user in _NOBODY else _who(user, "user_id")
        c = _NO_FRAGMENT if session in _NOBODY else _who(session, "session_id")
        d = _NO_FRAGMENT if cookie in _NOBODY else _who(cookie, "user_cookie")
        e = _NO_FRAGMENT if agent is None else _text(agent, "user_agent")
        f = _NO_FRAGMENT if referrer is None else _text(referrer, "referrer")
        g = _NO_FRAGMENT if size is None else _size(size)
        if use.warnings or a[1] or b[1] or c[1] or d[1] or e[1] or f[1] or g[1]:
            every = (*use.warnings, a[1], b[1], c[1], d[1], e[1], f[1], g[1])
            self.result.warnings.update(name for name in every if name)
        identity = self._occurrences.id_of(content, request.timestamp)
        head = b'{"id":"%b","timestamp":"%b",' % (identity, iso_of_ms(request.timestamp).encode())
        return Part(
            use.type_name,
            b"".join((head, use.body, a[0], b[0], c[0], d[0], e[0], f[0], g[0], self._end)),
        )

    def _renamed(self, request: Request, fields: Mapping[str, str]) -> tuple[Any, ...]:
        """Return the same, with what the mapping takes from other fields of the line."""
        pairs = zip(NAMED_FIELDS, request[4:12], strict=True)
        return tuple(request.named.get(fields.get(name, ""), value) for name, value in pairs)

    def _find_address(self, peer: str | None, forwarded: str | None) -> Fragment:
        address = client_of(peer, forwarded, is_trusted=self._lines.is_trusted)
        if address is None:
            return Fragment(warning="" if peer in (None, "", "-") else "ip_address")
        return _keep(address, "ip_address")


@lru_cache(maxsize=_CACHED)
def _who(value: str, name: str) -> Fragment:
    return _NO_FRAGMENT if value.strip() in _NOBODY else _keep(value, name)


@lru_cache(maxsize=_CACHED)
def _text(value: str, name: str) -> Fragment:
    return _keep("" if value == "-" else value, name)


def _size(value: str | int) -> Fragment:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return Fragment(b',"size":%d' % int(value))
    if value in ("-", ""):
        return _NO_FRAGMENT
    is_whole = isinstance(value, str) and value.isascii() and value.isdigit()
    return _keep(int(value) if is_whole else value, "size")


def _inner(fields: dict[str, Any]) -> bytes:
    """Return the JSON of an object without its braces."""
    return orjson.dumps(fields)[1:-1]


def _keep(value: Any, name: str) -> Fragment:
    """Return what can be kept of an accessory; the use counts whatever it is."""
    warning = ""
    try:
        kept = FIELDS[name](value, name)
    except InputError as error:
        kept, warning = mend_field(value, name, error)[0], name
    return Fragment(b"" if kept is None else b"," + _inner({name: kept}), warning)
