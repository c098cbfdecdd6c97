"""The audit log: raw events one by one, newest first.

Comes in: filters, and which part of the log the reader may see. Goes out:
events as they were published, with place, robot flags and reason of exclusion;
visitor keys and other bookkeeping stay inside. Invariant: a cursor
goes on right after the last event that was looked at, whatever was indexed
since; an event on a resource that the reader may not see is not there.

Who it was is known for ``STATS_PRIVATE_DAYS``; then the private fields are
scrubbed and nothing is found by user any more.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from stats.errors import InputError
from stats.kinds.types import Kinds
from stats.stores.dsl import Q, Search
from stats.stores.search_source import Body, SearchSource
from stats.times import DAY, UTC, from_ms, iso_ms, parse_day, parse_time
from stats.validation import refuse_empty, refuse_unknown

FILTERS = ("user", "resource", "type")
PARAMETERS = (*FILTERS, "from", "to", "size", "cursor")
DEFAULT_SIZE = 100
MAX_SIZE = 1_000
MAX_SCANNED = 10_000
"""Events looked at for one page; a page of what is mostly hidden may be short, with a cursor."""

MAX_USER = 256
FIELDS = (
    *("id", "type", "timestamp", "indexed_at", "resource", "kind", "parents", "owner_id"),
    *("title", "url", "access", "size", "created", "via", "feature", "value", "extra"),
    *("referrer", "country", "continent", "region", "city", "location"),
    *("is_robot", "is_machine", "excluded"),
)
PRIVATE = ("user_id", "ip_address", "user_agent", "user_cookie", "session_id")
SORT = [{"timestamp": "desc"}, {"id": "desc"}, {"type": "desc"}]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,6}")
_MOMENT = timedelta(milliseconds=1)

Visible = Callable[[Sequence[str]], Collection[str]]
Position = list[Any]
"""Sort values of an event: milliseconds, id, type."""


@dataclass(frozen=True)
class AuditRequest:
    """What is asked for; ``start`` is inclusive and ``end`` is not.

    ``resource`` finds events on it and inside it: on the records of a community,
    the files of a record, what a user owns.
    """

    types: tuple[str, ...]
    user: str | None = None
    resource: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: Position | None = None
    size: int = DEFAULT_SIZE


@dataclass(frozen=True)
class Page:
    """Some events, and where the next ones begin (None: there are no more)."""

    events: list[Body]
    next: str | None


def parse_audit(given: Mapping[str, str], *, types: Collection[str], kinds: Kinds) -> AuditRequest:
    """Read the parameters; raise ``InputError`` naming the one that is wrong."""
    refuse_unknown(given, PARAMETERS)
    refuse_empty(given, FILTERS)
    start = _parse_moment(given.get("from"), "from")
    end = _parse_moment(given.get("to"), "to")
    if start and end and end <= start:
        raise InputError("bad_window", "to is before from", field="to")
    return AuditRequest(
        types=_parse_types(given.get("type"), types),
        user=_parse_user(given.get("user")),
        resource=kinds.parse_ref(given["resource"]) if given.get("resource") else None,
        start=start,
        end=end,
        after=_parse_cursor(given["cursor"]) if given.get("cursor") else None,
        size=_parse_size(given.get("size")),
    )


def run_page(
    request: AuditRequest, search: SearchSource, *, visible: Visible | None = None
) -> Page:
    """Return the next page of what is asked for and ``visible`` (None: all of it)."""
    kept: list[Body] = []
    after, scanned = request.after, 0
    while scanned < MAX_SCANNED:
        body = build_audit(replace(request, after=after))
        hits = search.search(_index(request, search), body)["hits"]["hits"]
        for hit, seen in _judge(hits, visible):
            after = hit["sort"]
            if seen:
                kept.append(read_event(hit["_source"]))
            if len(kept) == request.size:
                return Page(kept, write_cursor(after))
        scanned += len(hits)
        if len(hits) < request.size:
            return Page(kept, None)
    return Page(kept, write_cursor(after or []))


def run_all(
    request: AuditRequest, search: SearchSource, *, visible: Visible | None = None
) -> Iterator[Body]:
    """Yield all events asked for, newest first."""
    asked: AuditRequest | None = replace(request, size=MAX_SIZE)
    while asked:
        page = run_page(asked, search, visible=visible)
        yield from page.events
        asked = replace(asked, after=_parse_cursor(page.next)) if page.next else None


def build_audit(request: AuditRequest) -> Body:
    """Return the request for the events that come after ``request.after``."""
    search: Search = Search().extra(size=request.size, track_total_hits=False, sort=SORT)
    if request.user is not None:
        search = search.filter("term", **{"private.user_id": request.user})
    if request.resource is not None:
        search = search.filter("term", resources=request.resource)
    bounds = {"gte": request.start, "lt": request.end}
    times = {name: iso_ms(moment) for name, moment in bounds.items() if moment}
    if times:
        search = search.filter(Q("range", timestamp=times))
    if request.after:
        search = search.extra(search_after=request.after)
    search = search.source([*FIELDS, *(f"private.{name}" for name in PRIVATE)])
    body: Body = search.to_dict()
    return body


def read_event(source: Mapping[str, Any]) -> Body:
    """Return one event as the log shows it; what is not known is not there."""
    private = source.get("private") or {}
    event = {name: source[name] for name in FIELDS if name in source}
    return event | {name: private[name] for name in PRIVATE if name in private}


def write_cursor(position: Position) -> str:
    """Return the text of a position."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _judge(hits: Sequence[Body], visible: Visible | None) -> Iterator[tuple[Body, bool]]:
    refs = {str(hit["_source"]["resource"]) for hit in hits}
    seen = refs if visible is None else visible(sorted(refs))
    return ((hit, hit["_source"]["resource"] in seen) for hit in hits)


def _index(request: AuditRequest, search: SearchSource) -> str:
    return ",".join(search.raw(name) for name in request.types)


def _parse_types(text: str | None, known: Collection[str]) -> tuple[str, ...]:
    if not text:
        return tuple(known)
    if text not in known:
        raise InputError("unknown_type", f"there is no event type {text[:64]}", field="type")
    return (text,)


def _parse_user(text: str | None) -> str | None:
    if text and len(text) > MAX_USER:
        raise InputError("too_long", f"user has at most {MAX_USER} characters", field="user")
    return text or None


def _parse_size(text: str | None) -> int:
    if not text:
        return DEFAULT_SIZE
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MAX_SIZE:
        message = f"size must be a whole number from 1 to {MAX_SIZE}"
        raise InputError("out_of_range", message, field="size")
    return int(text)


def _parse_moment(text: str | None, field: str) -> datetime | None:
    """Read a date or a time; ``to`` includes its day, or its millisecond."""
    if not text:
        return None
    try:
        if not _DATE.fullmatch(text):
            return parse_time(text) + (_MOMENT if field == "to" else timedelta())
        day = parse_day(text)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return midnight + (DAY if field == "to" else timedelta())
    except OverflowError as error:
        message = f"{field} is where the calendar ends, leave it out"
        raise InputError("out_of_range", message, field=field) from error
    except ValueError as error:
        message = f"{field} must be a date YYYY-MM-DD or an ISO 8601 time, not {text[:40]!r}"
        raise InputError("bad_format", message, field=field) from error


def _parse_cursor(text: str) -> Position:
    try:
        position = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment, name, type_name = position
        if isinstance(moment, bool) or not isinstance(moment, int):
            raise ValueError(text)
        from_ms(moment)
        if not (isinstance(name, str) and isinstance(type_name, str)):
            raise ValueError(text)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        message = "cursor must be the next of an earlier answer"
        raise InputError("bad_format", message, field="cursor") from error
    return [moment, name, type_name]
