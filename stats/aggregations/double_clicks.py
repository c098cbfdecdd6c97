"""Clicks of one day and type, and the double-click filter over them.

Comes in: hits of raw documents, as Elasticsearch returns them. Goes out: the
clicks that count, and the excluded ones. Times stay ISO text with milliseconds,
all of one form, so that text order is time order; only neighbours within one
group are ever parsed.

The filter is COUNTER 5.1's (section 7.3): of two clicks of one visitor on one
URL, the second at most 30 s after the first, the first falls away. Pairwise,
so that of a chain the last stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from stats.aggregations.dimension_keys import Profiles
from stats.counting_rules import DOUBLE_CLICK_MS
from stats.events.types import USER, VIA
from stats.times import parse_time, to_ms

KEPT = "\0kept"
"""In the place of a user: whose events are in the kept rows of the day."""

FIELDS = (
    "id",
    "timestamp",
    "indexed_at",
    "resources",
    "visitor_id",
    "head_visitor_id",
    "session",
    "url_key",
    "size",
    "value",
    "excluded",
    VIA.field,
    USER.field,
)
"""What of a raw document is read, beside the dimensions of its type."""


class Click(NamedTuple):
    """What counting needs of one event.

    ``user`` is None for nobody, and :data:`KEPT`. ``new``: the documents of its
    resources do not have it yet. ``head``: it is of the first seconds of the next
    day, and only there to push others out.
    """

    timestamp: str
    id: str
    resources: tuple[str, ...]
    session: str
    profile: int
    volume: int
    value: float | None
    user: str | None
    via: str
    new: bool
    head: bool


class Excluded(NamedTuple):
    """An event that is kept and not counted, and why."""

    resources: tuple[str, ...]
    reason: str
    user: str | None
    via: str


class Lost(NamedTuple):
    """A click in the kept rows of its ``user`` that is pushed out by one that came later."""

    user: str
    click: Click


class Users(NamedTuple):
    """Of which events it is read who did them: those indexed in between, ISO text.

    Events before ``start`` are in kept rows; those from ``end`` on are passed over.
    """

    start: str = ""
    end: str = "~"


ALL_USERS = Users()


class DayClicks:
    """The clicks of one day (or of a slice of its visitors), grouped for the filter.

    ``day_end`` is the next midnight and ``since`` the time from which on events
    are new, both as ISO text. Who did it is read of events indexed from
    ``users.start`` on; those from ``users.end`` on are passed over. ``touched`` are the
    resources whose documents change through new events, ``touched_users`` the users with
    the resources of what they did, ``lost`` what is to be taken from kept rows; all are
    complete when :meth:`counted` was read through.
    """

    def __init__(
        self, profiles: Profiles, *, day_end: str, since: str, users: Users = ALL_USERS
    ) -> None:
        self.excluded: list[Excluded] = []
        self.touched: set[str] = set()
        self.touched_users: set[tuple[str, tuple[str, ...]]] = set()
        self.lost: list[Lost] = []
        self._profiles = profiles
        self._day_end = day_end
        self._since = since
        self._users = users
        self._groups: dict[tuple[str, str], Click | list[Click]] = {}
        self._resources: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, hits: Iterable[dict[str, Any]]) -> None:
        """Take one page of hits; repeated values are stored once."""
        groups, interned = self._groups, self._resources
        for hit in hits:
            source = hit["_source"]
            if source["indexed_at"] >= self._users.end:
                continue
            listed = tuple(source["resources"])
            resources = interned.setdefault(listed, listed)
            new = source["indexed_at"] >= self._since
            head = source["timestamp"] >= self._day_end
            user, who = self._who(source)
            if new and not head:
                self._touch(resources, user)
            if "excluded" in source:
                if not head:
                    self.excluded.append(
                        Excluded(resources, source["excluded"], user, source["via"])
                    )
                continue
            click = self._read_click(source, resources, user, who, new=new, head=head)
            visitor = source["head_visitor_id"] if head else source["visitor_id"]
            self._group(groups, (visitor, source["url_key"]), click)

    def counted(self) -> Iterator[Click]:
        """Yield the day's clicks that no later one within 30 s pushes out."""
        for group in self._groups.values():
            if isinstance(group, Click):
                if not group.head:
                    yield group
            else:
                yield from self._filter(group)
                if self._users.start:
                    self._find_lost(group)

    def _who(self, source: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return the user, and the value that breakdowns by user count the event under."""
        if source["indexed_at"] < self._users.start:
            return None, KEPT
        private = source.get("private")
        user = private.get("user_id") if private else None
        return user, user

    def _read_click(
        self,
        source: dict[str, Any],
        resources: tuple[str, ...],
        user: str | None,
        who: str | None,
        *,
        new: bool,
        head: bool,
    ) -> Click:
        return Click(
            source["timestamp"],
            source["id"],
            resources,
            source["session"],
            self._profiles.of(source, who),
            source.get("size") or 0,
            source.get("value"),
            KEPT if who is KEPT else user,
            source["via"],
            new,
            head,
        )

    @staticmethod
    def _group(
        groups: dict[tuple[str, str], Click | list[Click]], key: tuple[str, str], click: Click
    ) -> None:
        first = groups.setdefault(key, click)
        if first is click:
            return
        if isinstance(first, Click):
            groups[key] = [first, click]
        else:
            first.append(click)

    def _filter(self, group: list[Click]) -> Iterator[Click]:
        """Yield what stays of one visitor's clicks on one URL.

        A click that a new one pushes out changes the documents of its own
        resources, which the new one need not share.
        """
        group.sort(key=_order)
        for click, later in pairwise(group):
            if click.head:
                return
            if _is_double(click, later):
                if later.new:
                    self._touch(click.resources, click.user)
            else:
                yield click
        if not group[-1].head:
            yield group[-1]

    def _find_lost(self, group: list[Click]) -> None:
        """Find the kept clicks that others push out, which were not there when rows were kept.

        A group is of one visitor: who did one of its clicks that still say so did
        them all. What was kept is what the filter left of the kept clicks alone.
        """
        user = next((c.user for c in group if c.user is not None and c.user != KEPT), None)
        if user is None:
            return
        left = set(staying(group))
        for click in staying([click for click in group if click.user == KEPT]):
            if click not in left:
                self.lost.append(Lost(user, click))
                self.touched_users.add((user, click.resources))

    def _touch(self, resources: tuple[str, ...], user: str | None) -> None:
        self.touched.update(resources)
        if user is not None and user != KEPT:
            self.touched_users.add((user, resources))


def staying(group: Sequence[Click]) -> Iterator[Click]:
    """Yield which of one visitor's clicks on one URL, in their order, the filter leaves."""
    for click, later in pairwise(group):
        if not click.head and not _is_double(click, later):
            yield click
    if group and not group[-1].head:
        yield group[-1]


def _order(click: Click) -> tuple[str, str]:
    """Order clicks by time; of one millisecond the greater id is the later (DESIGN 3.9)."""
    return click.timestamp, click.id


def _is_double(click: Click, later: Click) -> bool:
    return _milliseconds(later) - _milliseconds(click) <= DOUBLE_CLICK_MS


def _milliseconds(click: Click) -> int:
    return to_ms(parse_time(click.timestamp))
