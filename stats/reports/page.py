"""The page of a resource as one workbook: a sheet that says what it is, and one for each table.

Comes in: a resource, a window, and what runs a named query for the caller. Goes out: the bytes of
the file. Invariants: each number is that of the named query whose address the first sheet gives; a
query that the caller may not run is named there and has no sheet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from stats.counting_rules import DOUBLE_CLICK
from stats.errors import AccessError
from stats.events.types import ACCESS_METHOD, BY_COUNTRY, BY_REFERRER, BY_USER, SITE
from stats.kinds.catalogue import COMMUNITY, RECORD
from stats.kinds.types import Kind, Kinds
from stats.queries.histogram import resolve_histogram
from stats.queries.parameters import FROM, INTERVAL, RESOURCE, TO, WINDOW, choice, parse_params
from stats.queries.types import Params, Query
from stats.queries.windows import readable_interval
from stats.refs import kind_of
from stats.reports.cells import Cell
from stats.reports.sources import Sources
from stats.reports.tables import Table, join_name
from stats.reports.workbook import Sheet, workbook_chunks

_TEXTS = Path(__file__).with_name("page_texts.json")
_DIVIDED_BY = (BY_COUNTRY.name, ACCESS_METHOD.name, BY_REFERRER.name)
_RANKED_BY = ("views", "downloads")
_WITH_CONTENT = (COMMUNITY.name, kind_of(SITE))

Ask = Callable[[str, Mapping[str, str]], Table]
"""Runs a named query with parameters as an address has them, and returns all of its rows.

Raises ``AccessError`` where the caller may not run it.
"""


@cache
def read_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the words of the first sheet, by language and by name."""
    texts: Mapping[str, Mapping[str, str]] = json.loads(_TEXTS.read_text("utf-8"))
    return texts


LANG = choice("lang", read_texts(), default="en", help="language of the first sheet")
PARAMETERS = (RESOURCE, FROM, TO, WINDOW, INTERVAL, LANG)


@dataclass(frozen=True)
class Element:
    """One table of a page: the query that makes it, and what it is asked."""

    sheet: str
    query: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A resource in a window. ``base`` is the address of the service, with a slash behind."""

    resource: str
    params: Params
    base: str = "/"

    @property
    def days(self) -> dict[str, str]:
        """Return the window as parameters of any query."""
        bounds = {name: self.params[name] for name in (FROM.name, TO.name)}
        if bounds[FROM.name] is None:
            return {WINDOW.name: self.params[WINDOW.name]}
        return {name: day.isoformat() for name, day in bounds.items()}

    @property
    def interval(self) -> str:
        """Return the interval of histories: the one asked for, or the one that reads best."""
        first, last = self.params[FROM.name], self.params[TO.name]
        days = (last - first).days + 1 if first else None
        return self.params[INTERVAL.name] or readable_interval(days)

    @property
    def link(self) -> str:
        """Return the address of the page itself."""
        asked = {**self.days, INTERVAL.name: self.interval, LANG.name: self.language}
        return f"{self.base}stats/resource/{quote(self.resource, safe=':')}?{urlencode(asked)}"

    @property
    def language(self) -> str:
        """Return the language of the first sheet."""
        return str(self.params[LANG.name])

    @property
    def file_name(self) -> str:
        """Return the name of its file, without an ending."""
        return join_name("usage", self.resource, *self.days.values())


def parse_page(given: Mapping[str, str], today: date) -> Page:
    """Return what parameters ask for; raise ``InputError`` where one is wrong."""
    params = resolve_histogram(parse_params(PARAMETERS, given), today)
    chosen = params[INTERVAL.name] if given.get(INTERVAL.name) else None
    return Page(params[RESOURCE.name], {**params, INTERVAL.name: chosen})


def list_elements(page: Page, *, kinds: Kinds, queries: Mapping[str, Query]) -> Iterator[Element]:
    """Yield the tables of a page, in its order, of those queries that there are."""
    for element in _list_all(page, kinds, queries):
        if element.query in queries:
            yield element


def _list_all(page: Page, kinds: Kinds, queries: Mapping[str, Query]) -> Iterator[Element]:
    shown = kinds.of(page.resource)
    of, history = {RESOURCE.name: page.resource}, {INTERVAL.name: page.interval}
    types = (*shown.views, *shown.downloads) or (*RECORD.views, *RECORD.downloads)
    for name in types:
        yield Element(f"{name}-total", f"{name}-total", of)
    for name in types:
        yield Element(f"{name}-histogram", f"{name}-histogram", {**of, **history})
    yield from _list_rankings(page.resource, shown, kinds)
    for name in types:
        yield from _list_breakdowns(f"{name}-by", _DIVIDED_BY, of, queries)
    if kind_of(page.resource) in _WITH_CONTENT:
        yield Element("content-histogram", "content-histogram", {**of, **history})
        divided_by = _values_of(queries.get("content-by"))
        yield from _list_breakdowns("content-by", divided_by, of, queries)


def _list_rankings(resource: str, shown: Kind, kinds: Kinds) -> Iterator[Element]:
    if resource == SITE:
        ranked = kinds.site_rankings()
    else:
        name = shown.ranks or (RECORD.name if shown.container else None)
        ranked = [(name, metric) for metric in _RANKED_BY if name]
    within = {} if resource == SITE else {"within": resource}
    for name, metric in ranked:
        yield Element(f"top {name} {metric}", "top", {"kind": name, "metric": metric, **within})


def _list_breakdowns(
    name: str, wanted: Sequence[str], of: Mapping[str, str], queries: Mapping[str, Query]
) -> Iterator[Element]:
    known = _values_of(queries.get(name))
    for value in wanted:
        if value in known and value != BY_USER.name:
            yield Element(f"{name} {value}", name, {**of, "breakdown": value})


def _values_of(query: Query | None) -> tuple[str, ...]:
    """Return by what a query may divide."""
    parameters = query.parameters if query else ()
    return tuple(v for one in parameters if one.name == "breakdown" for v in one.schema["enum"])


def page_chunks(
    page: Page, elements: Iterable[Element], ask: Ask, *, sources: Sources, now: datetime
) -> Iterator[bytes]:
    """Return the bytes of the workbook. All queries are run before the first of them."""
    texts = read_texts()[page.language]
    title = sources.resources.read([page.resource]).get(page.resource, {}).get("title")
    rows = _describe(page, texts, counted_until=sources.bookmarks.counted_until(), now=now)
    sheets: list[Sheet] = []
    for element in elements:
        params = {**element.params, **page.days}
        address = f"{page.base}api/stats/{element.query}?{urlencode(params)}"
        try:
            table = ask(element.query, params)
        except AccessError:
            rows.append([element.sheet, texts["left_out"], address])
            continue
        rows.append([element.sheet, table.title, address])
        sheets.append(Sheet(element.sheet, table.columns, list(table.cells())))
    about = Sheet(texts["about"], (title or page.resource,), rows)
    return workbook_chunks([about, *sheets])


def _describe(
    page: Page, texts: Mapping[str, str], *, counted_until: datetime | None, now: datetime
) -> list[list[Cell]]:
    """Return what the first sheet says before it lists the others."""
    first, last = page.params[FROM.name], page.params[TO.name]
    counted = texts["counted_text"].format(seconds=DOUBLE_CLICK.seconds)
    return [
        [texts["resource"], page.resource],
        [texts["from"], first.isoformat() if first else texts["everything"]],
        [texts["to"], last.isoformat()],
        [texts["zone"], "UTC", texts["zone_text"]],
        [texts["interval"], page.interval],
        [texts["counted"], counted, f"{page.base}stats/counting?lang={page.language}"],
        [texts["counted_until"], counted_until],
        [texts["made"], now],
        [texts["link"], page.link],
        [],
        [texts["sheets"]],
    ]
