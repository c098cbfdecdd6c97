"""Clicks in retained rows that a later click pushes out: they are taken from the rows again.

A click that came after the private fields of a day were scrubbed may be a
double click of one that is in the retained rows. Its own event still says who
it was; so the row that the earlier click went into is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stats.aggregations.clicks import RETAINED, Click
from stats.aggregations.double_clicks import staying
from stats.aggregations.tally import Tally
from stats.aggregations.types import Aggregation


class RetractedClick(NamedTuple):
    """A click in the retained rows of its ``user`` that is pushed out by one that came later."""

    user: str
    click: Click


class Retraction(NamedTuple):
    """A click to be taken from the retained rows of a user.

    ``ended`` are the resources where nothing retained is left of its session.
    """

    aggregation: Aggregation
    user: str
    click: Click
    ended: frozenset[str]


def find_retracted(group: Sequence[Click]) -> Iterator[RetractedClick]:
    """Yield the retained clicks that others push out, which were not there when rows were kept.

    A group is of one visitor: who did one of its clicks that still say so did
    them all. What was retained is what the filter left of the retained clicks alone.
    """
    user = next((c.user for c in group if c.user is not None and c.user != RETAINED), None)
    if user is None:
        return
    left = set(staying(group))
    for click in staying([click for click in group if click.user == RETAINED]):
        if click not in left:
            yield RetractedClick(user, click)


def build_retractions(
    aggregation: Aggregation,
    clicks: Iterable[RetractedClick],
    *,
    tallies: Mapping[str, Tally],
    user_keys: Sequence[str],
) -> Iterator[Retraction]:
    """Yield what is to be taken, saying of each session once that it has ended, where it has.

    ``user_keys`` has the user of each profile that the tallies speak of.
    """
    retained = {profile for profile, key in enumerate(user_keys) if key == RETAINED}
    ended: set[tuple[str, str]] = set()
    for user, click in clicks:
        here = {(resource, click.session) for resource in click.resources} - ended
        here = {one for one in here if not _has(tallies, *one, retained)}
        ended |= here
        resources = frozenset(resource for resource, _ in here)
        yield Retraction(aggregation, user, click, resources)


def _has(tallies: Mapping[str, Tally], resource: str, session: str, profiles: set[int]) -> bool:
    """Return whether a session was seen at a resource with one of ``profiles``."""
    one = tallies.get(resource)
    if one is None or session not in one.sessions:
        return False
    return not profiles.isdisjoint(one.mixed.get(session) or {one.sessions[session]})
