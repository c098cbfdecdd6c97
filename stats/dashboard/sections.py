"""What the parts of a page need beside the window: numbers, headings and exports.

Comes in: the parts that a layout names. Goes out: the values of their templates
(``templates/stats/parts/``). Invariant: nothing is asked of an engine that no part shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stats.dashboard.language import Language
from stats.dashboard.numbers import read_first_day, read_rankings, read_uploaders
from stats.dashboard.window import Window
from stats.events.types import ACCESS, COUNTRY, SITE
from stats.health import read_health
from stats.kinds.catalogue import RECORD
from stats.layouts.layout import Part
from stats.proxies import current_stats
from stats.queries.parameters import SIZE
from stats.refs import kind_of
from stats.times import utc_now
from stats.views.access import ask
from stats.views.identity import caller

_USUAL = ("record-view", "file-download")

_RECORDS = 25
VERSIONS = "versions"
SORT = "sort"
"""Parameters of a resource's page: of this version or ``all``; what its records are sorted by."""


class Export(NamedTuple):
    """A named query whose answer a part shows: the text of its link, and its parameters."""

    text: str
    query: str
    params: Mapping[str, str]


def sees_pipeline() -> bool:
    """Return whether the caller may see what was excluded, and how the pipeline does."""
    return caller().has("admin", "reporter")


@dataclass(frozen=True)
class Shown:
    """What a page is of, in which window; ``title`` is what it is called.

    ``concept`` is the ref of all versions, where there are others; ``sort`` what a table of
    records is sorted by.
    """

    resource: str
    window: Window
    title: str
    concept: str | None = None
    sort: str | None = None


Values = dict[str, Any]


def read_sections(parts: Sequence[Part], shown: Shown) -> list[Values]:
    """Return for each part the values that its template takes."""
    return [
        _READERS[part.element](part, shown) if part.element in _READERS else {} for part in parts
    ]


def _read_rankings(part: Part, shown: Shown) -> Values:
    within = None if shown.resource == SITE else shown.resource
    sees_people = caller().has("admin", "auditor")
    return {
        "rankings": read_rankings(current_stats.kinds, shown.window, within=within),
        "uploaders": read_uploaders(shown.resource, shown.window) if sees_people else None,
    }


def _read_pipeline(part: Part, shown: Shown) -> Values:
    return {"health": read_health(current_stats, utc_now()) if sees_pipeline() else None}


def _read_citation(part: Part, shown: Shown) -> Values:
    """Read since when a resource is counted; today is the last day of its totals."""
    today = utc_now().date()
    return {"first": read_first_day(current_stats, shown.resource, today), "last": today}


def _read_records(part: Part, shown: Shown) -> Values:
    """Read the records that were used most, each with all its numbers of the window."""
    ranked = current_stats.kinds.find(kind_of(shown.resource)).ranks or RECORD.name
    metric = shown.sort or part.attributes.get("metric", "downloads")
    size = part.attributes.get("size", str(_RECORDS))
    params = {"kind": ranked, "metric": metric}
    if shown.resource != SITE:
        params["within"] = shown.resource
    rows = ask("top", {**params, SIZE: size, **shown.window.params})["buckets"]
    return {"kind": ranked, "metric": metric, "rows": rows, "params": params}


def _read_content(part: Part, shown: Shown) -> Values:
    """Read how much there is, and what came and went, interval by interval."""
    window = shown.window
    params = {"resource": shown.resource, "interval": window.interval, **window.params}
    return _ask_content("content-histogram", params)


def _read_content_by(part: Part, shown: Shown) -> Values:
    """Read how what there is at the end of the window divides."""
    by = part.attributes.get("dimension", ACCESS.name)
    params = {"resource": shown.resource, "breakdown": by, "to": str(shown.window.last)}
    values = _ask_content("content-by", {**params, SIZE: part.attributes.get("size", "10")})
    dimension = current_stats.definitions.dimensions[by]
    return {**values, "params": params, "dimension": dimension}


def _ask_content(query: str, params: Mapping[str, str]) -> Values:
    """Ask what there is; a host may have left the events out that say so."""
    answer = ask(query, params) if query in current_stats.queries else {"buckets": []}
    return {"answer": answer, "query": query, "params": params}


_READERS: Mapping[str, Callable[[Part, Shown], Values]] = {
    "rankings": _read_rankings,
    "pipeline": _read_pipeline,
    "citation": _read_citation,
    "records": _read_records,
    "content": _read_content,
    "content-by": _read_content_by,
}


def write_heading(part: Part, language: Language) -> str:
    """Return what an element shows, for a heading: where its layout gives no title."""
    given = part.attributes
    if part.element == "breakdown":
        dimension = current_stats.definitions.dimensions[given.get("by", COUNTRY.name)]
        return language.label(dimension.labels, dimension.name)
    if part.element == "top":
        counted = "views" if given.get("metric", "").endswith("views") else "downloads"
        kind = current_stats.kinds.label(given.get("kind", RECORD.name), language=language.tag)
        return language.text(f"most_{counted}", kind=kind, kind_lower=kind.lower())
    return language.text({"map": "where", "history": "history"}.get(part.element, "usage"))


def list_exports(part: Part, resource: str, window: Window) -> list[Export]:
    """Return the queries of the numbers that an element shows, for links to their tables."""
    types = part.attributes.get("type", "").replace(",", " ").split() or _types_of(resource)
    if part.element in ("history", "panel"):
        interval = part.attributes.get("interval", window.interval)
        params = {"resource": resource, "interval": interval}
        return [Export(_name_export(name), f"{name}-histogram", params) for name in types]
    if part.element in ("map", "breakdown"):
        by = part.attributes.get("by", COUNTRY.name)
        return [Export("as", f"{types[0]}-by", {"resource": resource, "breakdown": by})]
    if part.element == "top":
        shown = {"kind": RECORD.name, "metric": "downloads", **part.widget(resource)}
        return [Export("as", "top", {name: shown[name] for name in shown if name != SIZE})]
    return []


def _types_of(resource: str) -> Sequence[str]:
    kind = current_stats.kinds.find(kind_of(resource))
    return (*kind.views, *kind.downloads) or _USUAL


def _name_export(event_type: str) -> str:
    """Return the text of a link to the history of a type."""
    counts_as = current_stats.event_types[event_type].counts_as
    return f"{counts_as}_as" if counts_as else "as"
