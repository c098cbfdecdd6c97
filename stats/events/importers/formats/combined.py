"""The common and the combined format of Apache, nginx and their like, with anything around it.

A line has, in this order: who asked (with a virtual host, the addresses of proxies, or both),
the time in brackets, the request in quotes, status and size. Behind may be referrer and
user agent in quotes, and further fields of any form, which are never part of the agent. The
first lines of a file tell its shape: whether referrer and agent are there, and in which order;
which further field holds the addresses that a proxy forwarded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from stats.errors import InputError
from stats.events.importers.escapes import unescape_target, unescape_text
from stats.events.importers.forwarded import address_of, has_port, is_address_list
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_common, parse_iso
from stats.events.importers.request import NO_NAMES, Request
from stats.events.importers.tokens import Token, tokenize

_LINE = re.compile(
    r"(?P<head>.*?)\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]{8,18}(?: [+-]\d\d:?\d\d)?"
    r"|\d{4}-\d\d-\d\d[T ][\d:.,]{8,18}(?:Z| ?[+-]\d\d:?\d\d)?)\]"
    r'(?P<between>[^"]*(?:"[^"]*" +)??)"(?P<request>(?:[^"\\]|\\.)*)"'
    r" +(?P<status>\d{3}) +(?P<size>[^\s\"]+)(?P<tail>[ \t].*)?",
    re.ASCII | re.DOTALL,
)
_LENIENT = re.compile(
    r"(?P<head>.*?)\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]{8,18}(?: [+-]\d\d:?\d\d)?)\]"
    r'(?P<between>) "(?P<request>.*?)" +(?P<status>\d{3}) +(?P<size>\d+|-)(?P<tail> +".*)',
    re.ASCII | re.DOTALL,
)
"""For servers that write quotes within a field as they came."""

_REQUEST = re.compile(r"(?P<method>[^\s\"]+) (?P<target>.*?)(?: HTTP/[0-9.]+)?", re.ASCII)
_HEAD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')
_EXTRA = r'[ \t]+(?:[\w.-]+=)?(?:"[^"]*"|\[[^\]]*\]|[^\s"]+)'
_LOOKED_AT = 100
_LENIENT_UP_TO = 20_000
"""Characters of a line: what is lenient tries many ways."""
FORWARDED_KEYS = frozenset(
    {"xff", "x-forwarded-for", "http-x-forwarded-for", "forwarded-for", "forwardedfor", "forwarded"}
)


class Tail(NamedTuple):
    """What stands behind the size: referrer, agent, and the further fields."""

    referrer: str | None
    agent: str | None
    extras: tuple[Token, ...]


_ODD_IN_ADDRESS = re.compile(r'[\s,"]')
"""What an address alone does not have."""


class Head(NamedTuple):
    """Who asked, as it stands before the time."""

    address: str | None
    forwarded: str | None
    user: str | None


Rest = tuple[str | None, str | None, str | None, tuple[Token, ...], str | None]
"""What stands behind the status: size, referrer, agent, further fields, forwarded addresses."""


@dataclass(frozen=True)
class Shape:
    """What the lines of a file have in common behind the size.

    ``quoted`` is whether referrer and agent are there. ``forwarded`` is the place, among the
    further fields, of the one that holds addresses. ``has_keys``: one of them has a key that
    says so.
    """

    quoted: bool = True
    is_swapped: bool = False
    names_agents: bool = True
    extras: int = 0
    forwarded: int | None = None
    has_keys: bool = False


def split_request(request: str) -> tuple[str, str]:
    """Return method and target of a request line; both empty when it is none."""
    found = _REQUEST.fullmatch(request)
    return (found["method"], unescape_target(found["target"])) if found else ("", "")


_split_plain = lru_cache(maxsize=16_384)(split_request)


def read_head(head: str) -> Head:
    """Read the fields before the time: a virtual host, addresses, identity and user."""
    address, found, rest = head.partition(" - - ")
    if found and not rest and address.isascii() and not _ODD_IN_ADDRESS.search(address):
        return Head(address, None, "-")
    return _read_any_head(head)


@lru_cache(maxsize=16_384)
def _read_any_head(head: str) -> Head:
    texts = _join_lists([found[0] for found in _HEAD.finditer(head)])
    peer = _find_peer(texts)
    if peer is None:
        return Head(None, None, None)
    before = [text for text in texts[:peer] if not has_port(text)]
    forwarded = next((text for text in before if is_address_list(text)), None)
    rest = texts[peer + 1 :]
    if rest and is_address_list(rest[0]):
        forwarded = rest.pop(0)
    elif rest[:2] == ["-", "-"] and len(rest) == 3:
        rest.pop(0)
    user = " ".join(rest[1:]) if len(rest) > 1 else "".join(rest)
    return Head(texts[peer], forwarded, unescape_text(user.strip('"')))


def _join_lists(texts: list[str]) -> list[str]:
    """Put the parts of a list with commas together again."""
    joined: list[str] = []
    for text in texts:
        if joined and joined[-1].endswith(","):
            joined[-1] += text
        else:
            joined.append(text.strip('"') if "," in text or is_address_list(text) else text)
    return joined


def _find_peer(texts: list[str]) -> int | None:
    """Return which field is the peer: the first address; one with a port before it is a host's."""
    found = [number for number, text in enumerate(texts) if address_of(text) is not None]
    if not found:
        lists = [number for number, text in enumerate(texts) if is_address_list(text)]
        return lists[0] if lists else (1 if len(texts) > 3 else 0) if texts else None
    first, *others = found
    return others[0] if others[:1] == [first + 1] and has_port(texts[first]) else first


def _tail_of(text: str, shape: Shape) -> Tail | None:
    tokens = tokenize(text)
    if tokens is None:
        return _lenient_tail(text, shape)
    if not shape.quoted:
        return Tail(None, None, tuple(tokens))
    places = [number for number, token in enumerate(tokens) if token.is_quoted and not token.key]
    if len(places) < 2:
        return None
    first, second = places[:2]
    extras = (*tokens[:first], *tokens[first + 1 : second], *tokens[second + 1 :])
    return _filled(tokens[first].text, tokens[second].text, extras, shape)


def _lenient_tail(text: str, shape: Shape) -> Tail | None:
    if not shape.quoted or len(text) > _LENIENT_UP_TO:
        return None
    pattern = r'[ \t]+"(.*?)"[ \t]+"(.*)"' + f"((?:{_EXTRA}){{{shape.extras}}})" + r"\s*"
    found = re.fullmatch(pattern, text, re.DOTALL)
    if found is None or '" "' in found[2]:
        return None
    return _filled(found[1], found[2], tuple(tokenize(found[3]) or ()), shape)


def _filled(first: str, second: str, extras: tuple[Token, ...], shape: Shape) -> Tail:
    referrer, agent = (second, first) if shape.is_swapped else (first, second)
    return Tail(_text(referrer), _text(agent) if shape.names_agents else None, extras)


def _text(value: str) -> str:
    """Return a quoted field: ``-`` is the empty one, which is not an absent one."""
    return "" if value == "-" else unescape_text(value)


_plain_text = lru_cache(maxsize=16_384)(_text)


class CombinedReader:
    """Reads lines of one shape.

    Most lines are plain: they are taken apart at their quotes, and what comes again and again
    in them is read once. All others are matched with an expression, which reads plain ones
    the same way.
    """

    def __init__(self, shape: Shape, asked: Asked) -> None:
        self._shape = shape
        self._asked = asked
        self._tail = lru_cache(maxsize=16_384)(self._read_tail)
        self._needs_extras = bool(
            asked.names or shape.has_keys or shape.forwarded is not None or not shape.quoted
        )

    def read(self, line: str) -> Request | None:
        """Return the request of a line."""
        return self._read_plain(line) or self._read_any(line)

    def _read_plain(self, line: str) -> Request | None:
        """Return the request of a line without anything odd; None when there may be."""
        pieces = line.split('"')
        if "\\" in line or len(pieces) < 3:
            return None
        before, request, behind = pieces[:3]
        time, status = before[-28:-2], behind[1:4]
        if (
            before[-29:-28] != "["
            or before[-2:] != "] "
            or time[2] != "/"
            or behind[:5:4] != "  "
            or not (status.isascii() and status.isdigit())
        ):
            return None
        found = self._plain_tail(pieces, behind)
        if found is None:
            return None
        head = read_head(before[:-29])
        return self._build(parse_common(time), _split_plain(request), status, head, found)

    def _build(
        self, timestamp: int, target: tuple[str, str], status: str, head: Head, rest: Rest
    ) -> Request:
        """Put the parts of a line together; ``target`` is method and request target."""
        size, referrer, agent, extras, forwarded = rest
        return Request(
            timestamp,
            *target,
            int(status),
            head.address,
            forwarded or head.forwarded,
            head.user,
            None,
            None,
            agent,
            referrer,
            size,
            self._named(extras) if extras else NO_NAMES,
        )

    def _plain_tail(self, pieces: list[str], behind: str) -> Rest | None:
        """Return size, referrer, agent, further fields and the forwarded addresses."""
        if self._needs_extras:
            size, _, text = '"'.join(pieces[2:])[5:].partition(" ")
            tail = self._tail(text)
            return None if tail is None or '"' in size else (size, *tail[0], tail[1])
        size = behind[5:-1]
        if (
            len(pieces) < 7
            or not len(pieces) % 2
            or not size
            or " " in size
            or behind[-1] != " "
            or pieces[4] != " "
            or pieces[6][:1].strip()
        ):
            return None
        return size, *self._order(_plain_text(pieces[3]), _plain_text(pieces[5])), (), None

    def _order(self, first: str, second: str) -> tuple[str, str | None]:
        """Return referrer and agent."""
        referrer, agent = (second, first) if self._shape.is_swapped else (first, second)
        return referrer, agent if self._shape.names_agents else None

    def _read_any(self, line: str) -> Request:
        found = _LINE.fullmatch(line)
        tail = found and self._tail(found["tail"] or "")
        if found is None or tail is None:
            found = _LENIENT.fullmatch(line) if len(line) < _LENIENT_UP_TO else None
            tail = found and self._tail(found["tail"])
        if found is None or tail is None:
            raise InputError("bad_format", "is not in the combined format")
        parse, time = parse_common if found["time"][2] == "/" else parse_iso, found["time"]
        return self._build(
            parse(time, self._asked.zone),
            split_request(found["request"]),
            found["status"],
            read_head(found["head"]),
            (found["size"], *tail[0], tail[1]),
        )

    def _read_tail(self, text: str) -> tuple[Tail, str | None] | None:
        tail = _tail_of(text, self._shape)
        return None if tail is None else (tail, self._forwarded(tail.extras))

    def _forwarded(self, extras: tuple[Token, ...]) -> str | None:
        for token in extras:
            if token.key and _normal(token.key) in FORWARDED_KEYS:
                return token.text
        place = self._shape.forwarded
        if place is None or place >= len(extras) or not is_address_list(extras[place].text):
            return None
        return extras[place].text

    def _named(self, extras: tuple[Token, ...]) -> Mapping[str, str]:
        """Return the further fields that are asked for: by key, or ``extra1``, ``extra2``, ..."""
        names = self._asked.names
        if not names:
            return NO_NAMES
        known = {f"extra{number}": token.text for number, token in enumerate(extras, 1)}
        known |= {token.key: token.text for token in extras if token.key}
        return {name: unescape_text(known[name]) for name in names & known.keys()}


def _normal(key: str) -> str:
    return key.lower().replace("_", "-")


def find_shape(sample: Sequence[str]) -> Shape | None:
    """Return what most of the first lines have in common; None when none of them is like it."""
    tails = list(_sample_tails(sample))
    if not tails:
        return Shape() if any(_LENIENT.fullmatch(line) for line in sample[:_LOOKED_AT]) else None
    quoted = 2 * sum(_quoted(tokens) >= 2 for tokens in tails) >= len(tails)
    read = [tail for tokens in tails if (tail := _split(tokens, quoted=quoted)) is not None]
    swapped = bool(read) and all(_is_swapped(a, b) for a, b, _ in read)
    unnamed = bool(read) and quoted and all(not a and not b for a, b, _ in read)
    extras = [extra for _, _, extra in read]
    sizes = Counter(len(extra) for extra in extras)
    return Shape(
        quoted=quoted,
        is_swapped=swapped,
        names_agents=not unnamed,
        extras=sizes.most_common(1)[0][0] if sizes else 0,
        forwarded=_find_forwarded(extras),
        has_keys=any(_normal(token.key) in FORWARDED_KEYS for extra in extras for token in extra),
    )


def _sample_tails(sample: Sequence[str]) -> Iterator[list[Token]]:
    for line in sample[:_LOOKED_AT]:
        found = _LINE.fullmatch(line)
        tokens = tokenize(found["tail"] or "") if found else None
        if tokens is not None:
            yield tokens


def _quoted(tokens: list[Token]) -> int:
    return sum(token.is_quoted and not token.key for token in tokens)


def _split(tokens: list[Token], *, quoted: bool) -> tuple[str, str, list[Token]] | None:
    if not quoted:
        return "", "", tokens
    places = [number for number, token in enumerate(tokens) if token.is_quoted and not token.key]
    if len(places) < 2:
        return None
    extras = [token for number, token in enumerate(tokens) if number not in places[:2]]
    return tokens[places[0]].text, tokens[places[1]].text, extras


def _is_swapped(first: str, second: str) -> bool:
    """Return whether the agent stands first: it looks like one, and the second does not."""
    is_agent = first.startswith("Mozilla/") or first == "-"
    return is_agent and (second == "-" or "://" in second[:10]) and first != second


def _find_forwarded(extras: Sequence[Sequence[Token]]) -> int | None:
    """Return the place of the addresses that a proxy forwarded.

    A field that always has a port is the server behind (``$upstream_addr``). nginx's own
    ``main`` has the addresses right behind the agent, quoted, where a file has none at first.
    """
    for place in range(max(map(len, extras), default=0)):
        tokens = [extra[place] for extra in extras if place < len(extra)]
        texts = [token.text for token in tokens if token.text not in ("", "-")]
        if any(token.key for token in tokens):
            continue
        if texts and all(is_address_list(text) for text in texts):
            if any(not has_port(text) for text in texts):
                return place
        elif place == 0 and not texts and all(token.is_quoted for token in tokens):
            return place
    return None


def open_combined(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file that begins with ``sample``."""
    shape = find_shape(sample)
    return None if shape is None or not shape.quoted else CombinedReader(shape, asked)


def open_common(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file without referrer and agent."""
    shape = find_shape(sample)
    return None if shape is None or shape.quoted else CombinedReader(shape, asked)


FORMATS = (
    LogFormat(
        "combined",
        "combined access log (Apache, nginx), with any fields before and behind",
        open_combined,
    ),
    LogFormat("common", "common access log, without referrer and user agent", open_common),
)
