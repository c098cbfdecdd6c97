"""How the use of a resource divides, for charts: by country, or by what was used (issue 5.2).

Comes in: by what, of which metric, within which resource, in which window.
Goes out: buckets, most first. Invariant: the buckets add up to the
total, which is that of the resource in every other answer.

By a property of the event (country, referrer, via, ...) the resource's own
daily documents hold the division. By a kind of resource (collection, dataset,
space, community, record, file, ...) every event is credited to exactly one
resource of that kind: the one that was used or one that it was in at the time;
of several, the one whose ref is first in the alphabet, always the same one
(COUNTER's rule for an item in several databases). A resource that moved within a
day is divided by the parts of that day. What was in none has the empty key. So a
bucket can be less than that resource's own total, and all buckets together are
never more than there was.

Only what adds up can be divided: views, downloads and volume, not uniques.

Kinds are open: a host has its own. One is known when it is in an event's
catalogue or in a setting, or as soon as one resource of it was counted or
described; what is neither that nor a property is a slip of the pen, not an
answer in which everything is in no resource of that kind.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, get_args

from stats.aggregations.types import MEMBERSHIP_FAMILY
from stats.errors import InputError
from stats.events.types import SITE, Dimension
from stats.kinds.catalogue import APART
from stats.kinds.types import Kinds
from stats.queries.breakdown import merge_few, sum_values
from stats.queries.coarse import run_cut_months
from stats.queries.filters import days_clauses, within_clause
from stats.queries.metrics import COUNTS
from stats.queries.windows import Window
from stats.refs import is_kind, kind_of
from stats.reports.attribution import DayAttribution, Used
from stats.reports.metrics import parse_window
from stats.reports.sources import Sources
from stats.stores.dsl import Q, Search
from stats.stores.search_source import Body, SearchSource
from stats.times import iso_ms
from stats.validation import SHOWN, find_near, parse_choice, refuse_empty, refuse_unknown

BreakdownMetric = Literal["downloads", "views", "volume"]
METRICS: tuple[BreakdownMetric, ...] = get_args(BreakdownMetric)
PARAMETERS = ("by", "within", "metric", "from", "to")
NOWHERE = ""
_PAGE = 5_000
_SAME_DAY = ("timestamp", "event", "interval", "source")
"""Documents that agree in these speak of the same uses."""
_same_day = itemgetter(*_SAME_DAY)

Parts = Mapping[tuple[str, ...], Counter[str]]
"""By day and resource: how much of it was in which container, of those that it came to or left."""
_NO_PARTS: Parts = MappingProxyType({})


@dataclass(frozen=True)
class BreakdownRequest:
    """``by`` is the name of a dimension or a kind of resource.

    ``is_dimension``: events themselves say it, rather than what was used.
    """

    by: str
    within: str
    metric: BreakdownMetric
    window: Window
    is_dimension: bool

    @property
    def field(self) -> str:
        """Return the field of a daily document that is added up."""
        return "volume" if self.metric == "volume" else "count"


def parse_breakdown(
    given: Mapping[str, str], *, kinds: Kinds, dimensions: Mapping[str, Dimension]
) -> BreakdownRequest:
    """Read the parameters; raise ``InputError`` naming the one that is wrong."""
    refuse_unknown(given, PARAMETERS)
    refuse_empty(given, ("within",))
    by = given.get("by") or ""
    if not by:
        message = f"by is required: a kind of resource, or one of {', '.join(dimensions)}"
        raise InputError("missing", message, field="by")
    if by not in dimensions and not is_kind(by):
        raise _unknown(by, [*dimensions, *sorted(kind.name for kind in kinds)])
    within = kinds.parse_ref(given.get("within") or SITE, field="within")
    return BreakdownRequest(
        by,
        within,
        parse_choice(given.get("metric") or "downloads", METRICS, field="metric"),
        parse_window(given),
        is_dimension=by in dimensions,
    )


def run_breakdown(
    request: BreakdownRequest, sources: Sources, *, minimum: int = 1
) -> dict[str, Any]:
    """Answer ``request``; ``minimum`` as in :class:`stats.queries.types.Sources`."""
    if not request.is_dimension:
        _check_kind(request.by, sources)
    until = sources.bookmarks.counted_until()
    total = _total(request, sources)
    if request.is_dimension:
        narrow = sources.dimensions[request.by].narrow
        documents = _documents(request, sources, own=True)
        sums = read_dimension(documents, request, minimum=minimum if narrow else 1)
    else:
        documents = _documents(request, sources, own=False)
        sums = read_kinds(documents, request, parts=_parts(request, sources))
    rest = total - sum(sums.values())
    if rest:
        sums[NOWHERE] = sums.get(NOWHERE, 0) + rest
    answer = build_answer(request, sums, total=total, counted_until=until, sources=sources)
    coarse = _coarse(request, sources, until)
    return {**answer, "coarse": coarse} if coarse else answer


def _coarse(
    request: BreakdownRequest, sources: Sources, counted_until: datetime | None
) -> list[str]:
    """Return the months that are left out, since the window cuts them."""
    return run_cut_months(
        {"resource": request.within, "source": "all"},
        request.window,
        sources.names(_counted_as(request)),
        sources.search,
        counted_until=counted_until,
    )


def _check_kind(kind: str, sources: Sources) -> None:
    """Raise ``InputError`` unless resources of ``kind`` can be what a division is by."""
    levels = (level for event_type in sources.event_types.values() for level in event_type.levels)
    known = {*(kind.name for kind in sources.kinds), *levels} - {*APART}
    if kind in known:
        return
    if kind in APART or not (sources.ranking.has_kind(kind) or sources.resources.has_kind(kind)):
        raise _unknown(kind, [*sources.dimensions, *sorted(known)])


def _unknown(by: str, known: Sequence[str]) -> InputError:
    near = find_near(by, known)
    hint = f"did you mean {near}?" if near else f"take one of {', '.join(known)}"
    message = f"by is neither a property of events nor a kind known here: {by[:SHOWN]!r}; {hint}"
    return InputError("bad_format", message, field="by")


def build_answer(
    request: BreakdownRequest,
    sums: Mapping[str, int],
    *,
    total: int,
    counted_until: datetime | None,
    sources: Sources,
) -> dict[str, Any]:
    """Return the answer: most first, then by key; resources and values with their titles."""
    ranked = sorted(((k, n) for k, n in sums.items() if n), key=lambda pair: (-pair[1], pair[0]))
    keys = [key for key, _ in ranked if key]
    if request.is_dimension:
        titles = {key: sources.dimensions[request.by].title_of(key) for key in keys}
    else:
        titles = _titles(keys, sources)
    return {
        "by": request.by,
        "within": request.within,
        "metric": request.metric,
        "from": request.window.first and request.window.first.isoformat(),
        "to": request.window.last and request.window.last.isoformat(),
        "buckets": [
            {"key": key, "title": titles.get(key, ""), "value": number} for key, number in ranked
        ],
        "total": total,
        "counted_until": iso_ms(counted_until) if counted_until else None,
    }


def _titles(refs: list[str], sources: Sources) -> dict[str, str]:
    titles: dict[str, str] = {}
    for start in range(0, len(refs), _PAGE):
        found = sources.resources.read(refs[start : start + _PAGE])
        titles |= {ref: str(one.get("title") or "") for ref, one in found.items()}
    return titles


def build_documents(request: BreakdownRequest, *, own: bool, families: Sequence[str] = ()) -> Body:
    """Ask for the daily documents of the resource itself, or of all that was in it too."""
    search: Search = Search()
    if own:
        search = search.filter("term", resource=request.within)
    elif request.within != SITE:
        itself = Q("term", resource=request.within) & ~Q("exists", field="container")
        search = search.filter(within_clause(request.within, families) | itself)
    for clause in days_clauses(request.window):
        search = search.filter(clause)
    fields = [*_SAME_DAY, "resource", "parents", "partly", request.field]
    return search.source([*fields, *([f"breakdown.{request.by}"] if own else [])]).to_dict()


def _index(request: BreakdownRequest, sources: Sources) -> str:
    return sources.daily(_counted_as(request))


def _counted_as(request: BreakdownRequest) -> str:
    return "views" if request.metric == "views" else "downloads"


def _documents(request: BreakdownRequest, sources: Sources, *, own: bool) -> Iterator[Body]:
    search: SearchSource = sources.search
    body = build_documents(request, own=own, families=sources.names(_counted_as(request)))
    body.setdefault("query", {"match_all": {}})
    names = _index(request, sources)
    if not own and request.within != SITE:
        names = f"{names},{search.daily(MEMBERSHIP_FAMILY)}"
    for page in search.pages(names, body, size=_PAGE, sort=_SAME_DAY):
        yield from (hit["_source"] for hit in page)


def build_parts(request: BreakdownRequest, *, families: Sequence[str]) -> Body:
    """Ask for the parts of days that resources were in something of the kind for."""
    search: Search = Search().filter("prefix", container=f"{request.by}:")
    search = search.filter("terms", event=list(families))
    if request.within != SITE:
        search = search.filter("term", parents=request.within)
    for clause in days_clauses(request.window):
        search = search.filter(clause)
    body: Body = search.source([*_SAME_DAY, "resource", "container", request.field]).to_dict()
    return body


def _parts(request: BreakdownRequest, sources: Sources) -> Parts:
    body = build_parts(request, families=sources.names(_counted_as(request)))
    found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for page in sources.search.pages(sources.search.daily(MEMBERSHIP_FAMILY), body, size=_PAGE):
        for hit in page:
            part = hit["_source"]
            key = (*_same_day(part), part["resource"])
            found[key][part["container"]] += int(part.get(request.field) or 0)
    return found


def _total(request: BreakdownRequest, sources: Sources) -> int:
    search: Search = Search().filter("term", resource=request.within)
    for clause in days_clauses(request.window):
        search = search.filter(clause)
    search = search.extra(size=0, track_total_hits=False)
    search.aggs.metric("total", "sum", field=request.field)
    answer = sources.search.search(_index(request, sources), search.to_dict())
    return int(answer.get("aggregations", {}).get("total", {}).get("value") or 0)


def read_dimension(
    documents: Iterable[Body], request: BreakdownRequest, *, minimum: int = 1
) -> dict[str, int]:
    """Add up what the documents of the resource hold by themselves."""
    sums, _ = sum_values(documents, request.by)
    merge_few(sums, minimum)
    position = COUNTS.index(request.field)
    return {key: numbers[position] for key, numbers in sums.items()}


def read_kinds(
    documents: Iterable[Body], request: BreakdownRequest, *, parts: Parts = _NO_PARTS
) -> dict[str, int]:
    """Credit documents that come in the order of :data:`_SAME_DAY`; ``parts`` are used up."""
    sums: dict[str, int] = defaultdict(int)
    for day, same in groupby(documents, key=_same_day):
        used = [_used(one, request) for one in same if kind_of(one["resource"]) not in APART]
        for one, number in DayAttribution(used).credited(request.within):
            of_day = parts.get((*day, one.resource)) or Counter()
            for bucket, share in _divide(one, number, request.by, of_day):
                sums[bucket] += share
    return dict(sums)


def _used(document: Body, request: BreakdownRequest) -> Used:
    return Used(
        document["resource"],
        tuple(document.get("parents") or ()),
        int(document.get(request.field) or 0),
        frozenset(document.get("partly") or ()),
    )


def _divide(one: Used, number: int, kind: str, parts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Yield the resources of a kind that uses are credited to: the first in the alphabet.

    One that it was in for a part of the day is credited with that part at most.
    """
    for ref in sorted(ref for ref in (one.resource, *one.parents) if kind_of(ref) == kind):
        share = number
        if ref in one.partly:
            share = min(number, parts[ref])
            parts[ref] -= share
        if share:
            yield ref, share
        number -= share
    if number:
        yield NOWHERE, number
