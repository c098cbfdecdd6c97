"""The clicks of one day and type: hits of raw documents in, the clicks that count out.

Comes in: hits, as Elasticsearch returns them. Goes out: the clicks that the
double-click filter leaves, and the excluded events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stats.aggregations.clicks import ALL_EVENTS, RETAINED, Attribution, Click, Excluded, News
from stats.aggregations.dimension_keys import Profiles
from stats.aggregations.double_clicks import put_in_order, resolve
from stats.aggregations.seen_events import SeenEvents
from stats.aggregations.users.retractions import RetractedClick, find_retracted
from stats.counting_rules import CARRY_OVER_VISITOR


@dataclass
class Touched:
    """Resources whose documents change, and users with the resources of what they did."""

    resources: set[str] = field(default_factory=set)
    users: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)


class DayClicks:
    """The clicks of one day (or of a slice of its visitors), grouped for the filter.

    ``day_end`` is the next midnight and ``since`` the time from which on events may be new, both
    as ISO text; ``seen`` knows which of these surely are. ``attribution`` says of which events the
    user is read. ``touched`` is what changes through events that are new, and through those that
    only may be; ``pushed_out`` are the resources of clicks that these push out; ``retracted`` are
    the clicks to be taken from retained rows. All are complete when :meth:`counted` was read
    through.
    """

    def __init__(
        self,
        profiles: Profiles,
        *,
        day_end: str,
        since: str,
        seen: SeenEvents,
        attribution: Attribution = ALL_EVENTS,
    ) -> None:
        self.excluded: list[Excluded] = []
        self.touched = {News.PERHAPS: Touched(), News.NEW: Touched()}
        self.pushed_out: set[tuple[str, ...]] = set()
        self.retracted: list[RetractedClick] = []
        self._profiles = profiles
        self._day_end = day_end
        self._since = since
        self._seen = seen
        self._attribution = attribution
        self._groups: dict[tuple[str, str], Click | list[Click]] = {}
        self._resources: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._carried_over: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, hits: Iterable[dict[str, Any]]) -> None:
        """Take one page of hits; repeated values are stored once."""
        groups, interned, attribution = self._groups, self._resources, self._attribution
        for hit in hits:
            source = hit["_source"]
            indexed_at = source["indexed_at"]
            if indexed_at >= attribution.end:
                continue
            listed = tuple(source["resources"])
            is_later = self._seen.add(source["id"], indexed_at)
            news = News.KNOWN
            if indexed_at >= self._since:
                news = News.NEW if is_later else News.PERHAPS
            carry_over = source["timestamp"] >= self._day_end
            known = self._carried_over if carry_over else interned
            resources = known.setdefault(listed, listed)
            user, who = attribution.who(source)
            if news and not carry_over:
                self._touch(resources, user, news)
            if "excluded" in source:
                if not carry_over:
                    self.excluded.append(
                        Excluded(resources, source["excluded"], user, source["via"], news)
                    )
                continue
            click = self._read_click(source, resources, user, who, news=news, carry_over=carry_over)
            visitor = source[CARRY_OVER_VISITOR] if carry_over else source["visitor_id"]
            self._group(groups, (visitor, source["url_key"]), click)

    @property
    def combinations(self) -> Iterable[tuple[str, ...]]:
        """Return the resources of the day's own events, each combination once.

        Also of those that a later click pushes out: what was seen of a day only grows.
        """
        return self._resources

    def counted(self) -> Iterator[Click]:
        """Yield the day's clicks that no later one within 30 s pushes out."""
        for group in self._groups.values():
            if isinstance(group, Click):
                if not group.carry_over:
                    yield group
            else:
                put_in_order(group)
                yield from self._filter(group)
                if self._attribution.start:
                    self._retract(group)

    def _read_click(
        self,
        source: dict[str, Any],
        resources: tuple[str, ...],
        user: str | None,
        who: str | None,
        *,
        news: News,
        carry_over: bool,
    ) -> Click:
        return Click(
            source["timestamp"],
            source["id"],
            resources,
            source["session"],
            self._profiles.of(source, who),
            source.get("size") or 0,
            source.get("value"),
            RETAINED if who is RETAINED else user,
            source["via"],
            news,
            carry_over,
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
        for click, later in resolve(group):
            if later is None:
                yield click
            elif later.news:
                self.pushed_out.add(click.resources)
                self._touch(click.resources, click.user, later.news)

    def _retract(self, group: list[Click]) -> None:
        for retracted in find_retracted(group):
            self.retracted.append(retracted)
            self.touched[News.NEW].users.add((retracted.user, retracted.click.resources))

    def _touch(self, resources: tuple[str, ...], user: str | None, news: News) -> None:
        touched = self.touched[news]
        touched.resources.update(resources)
        if user is not None and user != RETAINED:
            touched.users.add((user, resources))
