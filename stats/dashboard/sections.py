"""What the parts of a page need beside the window: numbers, headings and exports.

Comes in: the parts that a layout names. Goes out: the values of their templates
(``templates/stats/parts/``). Invariant: nothing is asked of an engine that no part shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from stats.dashboard.language import Language
from stats.dashboard.numbers import read_rankings, read_uploaders
from stats.dashboard.window import Window
from stats.events.types import SITE
from stats.health import read_health
from stats.layouts.layout import Part
from stats.proxies import current_stats
from stats.queries.parameters import SIZE
from stats.refs import kind_of
from stats.times import utc_now
from stats.views.identity import caller

_USUAL = ("record-view", "file-download")


class Export(NamedTuple):
    """A named query whose answer a part shows: the text of its link, and its parameters."""

    text: str
    query: str
    params: Mapping[str, str]


def sees_pipeline() -> bool:
    """Return whether the caller may see what was excluded, and how the pipeline does."""
    return caller().has("admin", "reporter")


def read_sections(parts: Sequence[Part], resource: str, window: Window) -> dict[str, Any]:
    """Return the values that the templates of these parts take."""
    values: dict[str, Any] = {}
    for part in parts:
        if part.element in _READERS:
            values |= _READERS[part.element](resource, window)
    return values


def _read_rankings(resource: str, window: Window) -> dict[str, Any]:
    within = None if resource == SITE else resource
    sees_people = caller().has("admin", "auditor")
    return {
        "rankings": read_rankings(current_stats.kinds, window, within=within),
        "uploaders": read_uploaders(resource, window) if sees_people else None,
    }


def _read_pipeline(resource: str, window: Window) -> dict[str, Any]:
    return {"health": read_health(current_stats, utc_now()) if sees_pipeline() else None}


_READERS: Mapping[str, Callable[[str, Window], dict[str, Any]]] = {
    "rankings": _read_rankings,
    "pipeline": _read_pipeline,
}


def write_heading(part: Part, language: Language) -> str:
    """Return what an element shows, for a heading: where its layout gives no title."""
    given = part.attributes
    if part.element == "breakdown":
        labels = current_stats.definitions.dimensions[given.get("by", "country")].labels
        return labels.get(language.tag) or labels.get("en") or given["by"]
    if part.element == "top":
        counted = "views" if given.get("metric", "").endswith("views") else "downloads"
        kind = current_stats.kinds.label(given.get("kind", "record"), language=language.tag)
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
        by = part.attributes.get("by", "country")
        return [Export("as", f"{types[0]}-by", {"resource": resource, "breakdown": by})]
    if part.element == "top":
        shown = {"kind": "record", "metric": "downloads", **part.widget(resource)}
        return [Export("as", "top", {name: shown[name] for name in shown if name != SIZE})]
    return []


def _types_of(resource: str) -> Sequence[str]:
    kind = current_stats.kinds.find(kind_of(resource))
    return (*kind.views, *kind.downloads) or _USUAL


def _name_export(event_type: str) -> str:
    """Return the text of a link to the history of a type."""
    counts_as = current_stats.event_types[event_type].counts_as
    return f"{counts_as}_as" if counts_as else "as"
