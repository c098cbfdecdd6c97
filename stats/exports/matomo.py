"""Requests for Matomo's bulk tracking, and what it answers.

Pure. Comes in: raw documents. Goes out: query strings in chunks, as one JSON
body each. Invariants: a parameter without a value is left out, an
address is masked, and what the server would date "now" (the future, or more
than 20 years ago) is not sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from stats.exports.addresses import mask_address
from stats.refs import kind_of, split_ref
from stats.times import parse_time

OLDEST = timedelta(days=20 * 365)
TITLE_LENGTH = 150
VISITOR_BYTES = 8
"""Sixteen hexadecimal digits, the length that Matomo wants of a visitor id."""

RECORD_TITLE = "record_title"
"""Where a source has the title of its record, beside the fields of the raw document."""

Source = Mapping[str, Any]
Position = tuple[datetime, str]
"""Time and id of an event: the order in which events are sent."""


@dataclass(frozen=True)
class Tracker:
    """Where events go and in which form.

    ``oai_prefix`` is ``oai:<host of the repository>``; ``item_kinds`` are the
    kinds that have an OAI identifier; ``site_url`` completes relative addresses.
    ``record_titles``: a download has the title of its record for its ``action_name``.
    """

    url: str
    site_id: int
    token: str
    oai_prefix: str
    item_kinds: tuple[str, ...]
    download_types: frozenset[str]
    site_url: str = ""
    masked_bytes: int = 2
    chunk_events: int = 50
    chunk_bytes: int = 60 * 1024
    record_titles: bool = False


@dataclass(frozen=True)
class Chunk:
    """Some requests to send together; ``last`` is where the stream is when they are sent.

    ``skipped`` counts events before ``last`` that cannot be sent.
    """

    requests: tuple[str, ...]
    last: Position
    skipped: int


def build_request(source: Source, tracker: Tracker, *, now: datetime) -> str | None:
    """Return the query string of one event; None when it cannot be sent."""
    moment = parse_time(source["timestamp"])
    url = _full_url(source, tracker)
    item = item_of(source, tracker.item_kinds)
    if url is None or item is None or not now - OLDEST < moment <= now:
        return None
    private = source.get("private") or {}
    visitor = _visitor(source)
    values = {
        "idsite": tracker.site_id,
        "rec": 1,
        "apiv": 1,
        "bots": 1,
        "url": url,
        "download": url if source["type"] in tracker.download_types else None,
        "action_name": _action_name(source, item, tracker)[:TITLE_LENGTH],
        "urlref": _without_query(str(source.get("referrer") or "")),
        "_id": visitor,
        "cid": visitor,
        "cip": mask_address(str(private.get("ip_address") or ""), tracker.masked_bytes),
        "ua": private.get("user_agent"),
        "country": str(source.get("country") or "").lower(),
        "cdt": f"{moment:%Y-%m-%d %H:%M:%S}",
        "cvar": _custom_variable(item, tracker),
    }
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _action_name(source: Source, item: str, tracker: Tracker) -> str:
    """Return the title of what was used, or of its record; the other one where one is not known."""
    own = str(source.get("title") or "")
    if tracker.record_titles and source["type"] in tracker.download_types:
        return str(source.get(RECORD_TITLE) or "") or own
    return own


def item_of(source: Source, kinds: Iterable[str]) -> str | None:
    """Return the record that was used: itself, or the first of its parents that is one."""
    refs = (source["resource"], *source.get("parents", ()))
    wanted = set(kinds)
    return next((ref for ref in refs if kind_of(ref) in wanted), None)


def build_chunks(sources: Iterable[Source], tracker: Tracker, *, now: datetime) -> Iterator[Chunk]:
    """Cut events, in the order they come, into chunks within both limits.

    An event that is larger than a chunk may be makes a chunk of its own.
    """
    held: list[str] = []
    frame = len(build_body((), tracker))
    size, skipped = frame, 0
    last: Position | None = None
    for source in sources:
        text = build_request(source, tracker, now=now)
        length = len(json.dumps(text)) + len(", ") if text else 0
        too_many = len(held) >= tracker.chunk_events
        if held and text and last and (too_many or size + length > tracker.chunk_bytes):
            yield Chunk(tuple(held), last, skipped)
            held, size, skipped = [], frame, 0
        if text:
            held.append(text)
            size += length
        else:
            skipped += 1
        last = (parse_time(source["timestamp"]), source["id"])
    if last is not None:
        yield Chunk(tuple(held), last, skipped)


def build_body(requests: Sequence[str], tracker: Tracker) -> bytes:
    """Return the body of a bulk request."""
    return json.dumps({"requests": requests, "token_auth": tracker.token}).encode()


def read_answer(body: bytes, sent: int) -> int | None:
    """Return how many of ``sent`` requests the server left out; None when all failed."""
    try:
        answer = json.loads(body)
        if answer["status"] != "success":
            return None
        return sent - int(answer["tracked"])
    except (ValueError, KeyError, TypeError):
        return None


def _full_url(source: Source, tracker: Tracker) -> str | None:
    url = urljoin(tracker.site_url, str(source.get("url") or "")) if source.get("url") else ""
    return url if urlsplit(url).scheme in ("http", "https") else None


def _without_query(url: str) -> str:
    """Return scheme, host and path: what follows may hold personal data."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _visitor(source: Source) -> str:
    """Return sixteen hexadecimal digits of the day's anonymous visitor."""
    text = str(source.get("visitor_id") or "")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[:VISITOR_BYTES].hex()


def _custom_variable(item: str, tracker: Tracker) -> str:
    return json.dumps({"1": ["oaipmhID", f"{tracker.oai_prefix}:{split_ref(item)[1]}"]})
