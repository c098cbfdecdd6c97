"""Metrics reports: which resources were viewed and downloaded, and how often.

Comes in: a report's name and its parameters. Goes out: how many rows there
are and the rows, one after the other. Invariant: only what was viewed or
downloaded, as far as the report shows it, has a row; memory does not grow with
the rows; a combined report has every row of the reports of its kinds.

Two ways lead to the rows. Ranked all-time totals come from MongoDB in the
order of an index. Everything else (a window, another order, a caller who sees
a part) is sorted on disk first, which also gives the exact number of rows.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal, get_args

from stats.batches import batches
from stats.errors import InputError, UnknownError
from stats.kinds.catalogue import USER
from stats.kinds.types import Kinds
from stats.queries.coarse import run_cut_months
from stats.queries.deleted import DELETED, HIDE, SHOW, without_deleted
from stats.queries.parameters import parse_date
from stats.queries.windows import Window, check_order
from stats.refs import split_ref
from stats.reports.external_sort import Sorted
from stats.reports.rows import (
    OWN_VIEWS,
    MetricsReport,
    Row,
    Usage,
    build_reports,
    with_own_views,
)
from stats.reports.sources import Sources, Visibility
from stats.reports.tables import join_name
from stats.reports.windows import run_window
from stats.stores.ranking import RANKED_BY, RankedBy
from stats.stores.search_source import Body
from stats.times import EPOCH, iso_ms, start_of_day, to_ms
from stats.validation import SHOWN, parse_choice, refuse_unknown

SortBy = Literal["downloads", "views", "last_viewed", "last_downloaded", "id"]
SORTS: tuple[SortBy, ...] = get_args(SortBy)
PARAMETERS = ("from", "to", "since", "until", "sort", "limit", "own_views", "deleted")
_SAME = {"from": "since", "to": "until"}
"""Clowder's words for the window, beside ours."""

_YES = {"true": True, "1": True, "false": False, "0": False, "": False}
BATCH = 1_000
"""Rows whose visibility and descriptions are looked up at once."""

ALL_TIME = Window()
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class MetricsRequest:
    """A report, the window it is about (all time when open), its order and its length."""

    report: MetricsReport
    window: Window = ALL_TIME
    sort: SortBy = "downloads"
    limit: int | None = None
    hides_deleted: bool = False


@dataclass(frozen=True)
class MetricsAnswer:
    """``rows`` can be read once; ``count`` is how many there were when it was asked.

    ``coarse`` are months that are left out, since the window cuts them.
    """

    request: MetricsRequest
    count: int
    rows: Iterator[Row]
    counted_until: datetime | None
    coarse: Sequence[str] = ()


def parse_metrics(name: str, given: Mapping[str, str], *, kinds: Kinds) -> MetricsRequest:
    """Read the parameters of the report called ``name``; raise ``InputError`` otherwise."""
    reports = build_reports(kinds)
    if name not in reports:
        message = f"there is no report {name[:SHOWN]!r}, but {', '.join(reports)}"
        raise UnknownError("unknown_query", message, field="report")
    refuse_unknown(given, PARAMETERS)
    report = reports[name]
    if _own_views(given, report):
        report = with_own_views(report)
    return MetricsRequest(
        report,
        parse_window(given),
        parse_choice(given.get("sort") or "downloads", SORTS, field="sort"),
        _limit(given),
        _hides_deleted(given),
    )


def name_report(request: MetricsRequest) -> str:
    """Return the name of a report's file, without an ending: with the days of its window."""
    bounds = (request.window.first, request.window.last)
    return join_name(request.report.filename, *(str(day) for day in bounds if day))


def _own_views(given: Mapping[str, str], report: MetricsReport) -> bool:
    text = given.get("own_views", "").lower()
    if text not in _YES:
        message = f"own_views must be true or false, not {text[:40]!r}"
        raise InputError("bad_format", message, field="own_views")
    if _YES[text] and (report.kind is None or report.by_user):
        message = "own_views is a column of the report of one kind, not by user"
        raise InputError("out_of_range", message, field="own_views")
    return _YES[text]


def parse_window(given: Mapping[str, str]) -> Window:
    """Read ``from`` and ``to``, or ``since`` and ``until``; each may be absent or empty."""
    for name, other in _SAME.items():
        if given.get(name) and given.get(other):
            message = f"{name} and {other} are the same; send one of them"
            raise InputError("bad_window", message, field=other)
    names = [name if given.get(name) else other for name, other in _SAME.items()]
    first, last = (parse_date(given[k], k) if given.get(k) else None for k in names)
    window = Window(first, last)
    check_order(window, field="to")
    return window


def _hides_deleted(given: Mapping[str, str]) -> bool:
    return bool(DELETED.parse(given.get("deleted") or SHOW, "deleted") == HIDE)


def _limit(given: Mapping[str, str]) -> int | None:
    text = given.get("limit")
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        message = f"limit must be a whole number from 1, not {text[:40]!r}"
        raise InputError("out_of_range", message, field="limit")
    return int(text)


def run_metrics(
    request: MetricsRequest,
    sources: Sources,
    *,
    visible: Visibility | None = None,
    exact: bool = True,
) -> MetricsAnswer:
    """Answer ``request``; ``visible`` filters the rows of a caller who may not see everything.

    Not ``exact``: last uses are to the day, in the order of the rows too.
    """
    until = sources.bookmarks.counted_until()
    if request.hides_deleted:
        visible = without_deleted(sources.resources, visible)
    kind = request.report.kind
    kinds = (kind,) if kind else sources.kinds.named("combined")
    _check_own_views(request.report, sources)
    if request.window == ALL_TIME and visible is None and request.sort in RANKED_BY:
        count = _count(request.report, sources, kinds)
        usages = _ranked(request, sources, kinds)
    else:
        found = _unsorted(request, sources, kinds, visible)
        spooled = Sorted(found if exact else map(_to_day, found), key=order(request.sort))
        count, usages = spooled.count, _drained(spooled)
    if request.limit is not None:
        count, usages = min(count, request.limit), islice(usages, request.limit)
    coarse = run_cut_months(
        {"kind": kind, "source": "all"},
        request.window,
        [*sources.names("views"), *sources.names("downloads")],
        sources.search,
        counted_until=until,
    )
    return MetricsAnswer(request, count, _described(usages, sources), until, coarse)


def build_head(answer: MetricsAnswer) -> dict[str, Any]:
    """Return what a JSON answer says before its rows: the request as it was understood."""
    request, until = answer.request, answer.counted_until
    return {
        "report": request.report.name,
        "from": request.window.first and request.window.first.isoformat(),
        "to": request.window.last and request.window.last.isoformat(),
        "sort": request.sort,
        "limit": request.limit,
        "counted_until": iso_ms(until) if until else None,
        "count": answer.count,
        **({"coarse": list(answer.coarse)} if answer.coarse else {}),
    }


def order(sort: SortBy) -> Callable[[Usage], tuple[Any, ...]]:
    """Return the sort key: what is asked for, then most downloads, views, then id and user."""

    def key(usage: Usage) -> tuple[Any, ...]:
        kind, name = split_ref(usage.resource)
        wanted = {
            "downloads": -usage.downloads,
            "views": -usage.views,
            "last_viewed": -to_ms(usage.last_viewed or EPOCH),
            "last_downloaded": -to_ms(usage.last_downloaded or EPOCH),
            "id": 0,
        }[sort]
        most = (0, 0) if sort == "id" else (-usage.downloads, -usage.views)
        return (wanted, *most, name, kind, usage.user_id)

    return key


def own_types(sources: Sources, kind: str | None) -> list[str]:
    """Return the types that are views of a kind's own page: those that know it first."""
    return [
        event_type.name
        for event_type in sources.event_types.values()
        if event_type.counts_as == "views" and event_type.levels[:1] == (kind,)
    ]


def _check_own_views(report: MetricsReport, sources: Sources) -> None:
    if OWN_VIEWS in report.header and not own_types(sources, report.kind):
        message = f"no event type is of the own page of a {report.kind}"
        raise InputError("out_of_range", message, field=OWN_VIEWS)


def read_total(document: Body, own: Collection[str] = ()) -> Usage:
    """Return the usage in a document of ``statistic_totals`` or ``statistic_users``.

    ``own`` are the types that are views of its own page.
    """
    events = document.get("events") or {}
    return Usage(
        document.get("resource") or document["_id"],
        document["views"],
        document["downloads"],
        document.get("last_viewed"),
        document.get("last_downloaded"),
        document.get("user_id", ""),
        sum(events.get(name, 0) for name in own),
    )


def _count(report: MetricsReport, sources: Sources, kinds: Sequence[str]) -> int:
    one = sources.ranking.count_users if report.by_user else sources.ranking.count_totals
    return sum(one(kind, report.counted) for kind in kinds)


def _ranked(request: MetricsRequest, sources: Sources, kinds: Sequence[str]) -> Iterator[Usage]:
    """Merge the kinds' rankings, each read through a cursor of its own."""
    by: RankedBy = "views" if request.sort == "views" else "downloads"
    ranking = sources.ranking
    one = ranking.users if request.report.by_user else ranking.totals
    counted = request.report.counted
    own = own_types(sources, request.report.kind)
    totals = ((read_total(document, own) for document in one(kind, by, counted)) for kind in kinds)
    return heapq.merge(*totals, key=order(by))


def _unsorted(
    request: MetricsRequest,
    sources: Sources,
    kinds: Sequence[str],
    visible: Visibility | None,
) -> Iterator[Usage]:
    if request.window == ALL_TIME:
        usages = _ranked(request, sources, kinds)
    else:
        by_user = request.report.by_user
        own = own_types(sources, request.report.kind)
        found = run_window(sources, request.window, kinds=kinds, by_user=by_user, own=own)
        counted = request.report.counted
        usages = (usage for usage in found if any(getattr(usage, name) for name in counted))
    if visible is None:
        return usages
    return _seen(usages, visible)


def _to_day(usage: Usage) -> Usage:
    """Return a usage with the midnight (UTC) that begins the day of each last use."""
    return replace(
        usage,
        last_viewed=start_of_day(usage.last_viewed),
        last_downloaded=start_of_day(usage.last_downloaded),
    )


def _seen(usages: Iterable[Usage], visible: Visibility) -> Iterator[Usage]:
    for batch in batches(usages, BATCH):
        allowed = visible([usage.resource for usage in batch])
        yield from (usage for usage in batch if usage.resource in allowed)


def _described(usages: Iterable[Usage], sources: Sources) -> Iterator[Row]:
    """Join usage with what the resources are, and users with their names."""
    for batch in batches(usages, BATCH):
        refs = {usage.resource for usage in batch}
        users = {f"{USER.name}:{usage.user_id}" for usage in batch if usage.user_id}
        found = sources.resources.read(sorted(refs | users))
        for usage in batch:
            name = str(found.get(f"{USER.name}:{usage.user_id}", {}).get("title") or "")
            yield Row(usage, found.get(usage.resource, {}), name)


def _drained(spooled: Sorted[Usage]) -> Iterator[Usage]:
    with closing(spooled):
        yield from spooled
