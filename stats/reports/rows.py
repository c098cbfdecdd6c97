"""The rows of a metrics report: usage of a resource, joined with what it is.

Pure definitions. Usage comes from MongoDB's totals or from the daily documents
of a window; descriptions from ``resources``. A resource that was never
described has a row with empty cells, since its usage is real.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stats.refs import split_ref
from stats.reports.cells import Cell

KILOBYTE = 1000

Description = Mapping[str, Any]
"""A document of ``resources`` (DESIGN 3.4)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a resource was used, by everybody or by the one user that is named."""

    resource: str
    views: int
    downloads: int
    last_viewed: datetime | None = None
    last_downloaded: datetime | None = None
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what was used, and how much; ``user`` is the name of ``usage.user_id``."""

    usage: Usage
    description: Description = field(default_factory=dict)
    user: str = ""


def _said(key: str) -> Callable[[Row], Cell]:
    return lambda row: row.description.get(key)


def _parents(kind: str) -> Callable[[Row], Cell]:
    """Return the ids of the parents of one kind, in the order they were described in."""
    prefix = f"{kind}:"

    def ids(row: Row) -> Cell:
        parents = row.description.get("parents") or ()
        return [ref[len(prefix) :] for ref in parents if ref.startswith(prefix)]

    return ids


def _size_kb(row: Row) -> Cell:
    size = row.description.get("size")
    return None if size is None else int(size) // KILOBYTE


VALUES: dict[str, Callable[[Row], Cell]] = {
    "type": lambda row: split_ref(row.usage.resource)[0],
    "id": lambda row: split_ref(row.usage.resource)[1],
    "name": _said("title"),
    "owner": _said("owner"),
    "owner_id": _said("owner_id"),
    "user_id": lambda row: row.usage.user_id,
    "user": lambda row: row.user,
    "size_kb": _size_kb,
    "uploaded": _said("created"),
    "created": _said("created"),
    "uploaded/created": _said("created"),
    "views": lambda row: row.usage.views,
    "downloads": lambda row: row.usage.downloads,
    "last_viewed": lambda row: row.usage.last_viewed,
    "last_downloaded": lambda row: row.usage.last_downloaded,
    "location": _said("location"),
    "parent_datasets": _parents("dataset"),
    "parent_collections": _parents("collection"),
    "parent_spaces": _parents("space"),
    "parent_communities": _parents("community"),
    "status": _said("status"),
}
"""What each column shows, by its name in the header (DESIGN 3.7)."""


@dataclass(frozen=True)
class MetricsReport:
    """A report by name: which kinds of resource, and which columns; no kinds are all of them."""

    name: str
    kind: str | None
    columns: tuple[str, ...]
    filename: str
    by_user: bool = False

    def cells(self, row: Row) -> list[Cell]:
        """Return the cells of ``row``, one a column."""
        return [VALUES[column](row) for column in self.columns]


_DATED = "type,id,name,owner,owner_id,created,views,downloads,last_viewed,last_downloaded"
_BY_USER = (
    "type,id,name,user_id,user,views,downloads,last_viewed,last_downloaded,"
    "parent_datasets,parent_collections,parent_spaces"
)
_FILE_TAIL = "location,parent_datasets,parent_collections,parent_spaces,status"
_COLUMNS = {
    "files": "type,id,name,owner,owner_id,size_kb,uploaded,views,downloads,"
    f"last_viewed,last_downloaded,{_FILE_TAIL}",
    "datasets": f"{_DATED},parent_collections,parent_spaces",
    "collections": "type,id,name,owner,owner_id,created,views,last_viewed,"
    "parent_collections,parent_spaces",
    "records": f"{_DATED},parent_collections,parent_spaces,parent_communities",
    "communities": f"{_DATED},parent_collections,parent_spaces,parent_communities",
}
_KINDS = {
    "files": "file",
    "datasets": "dataset",
    "collections": "collection",
    "records": "record",
    "communities": "community",
}
ALL = MetricsReport(
    "metrics",
    None,
    tuple(
        "type,id,name,owner,owner_id,size_kb,uploaded/created,views,downloads,"
        f"last_viewed,last_downloaded,{_FILE_TAIL}".split(",")
    ),
    "AllMetrics",
)


def _plain(name: str) -> MetricsReport:
    kind = _KINDS[name]
    return MetricsReport(name, kind, tuple(_COLUMNS[name].split(",")), f"{kind.title()}Metrics")


def _by_user(name: str) -> MetricsReport:
    kind = _KINDS[name]
    columns = _BY_USER + (",parent_communities" if name in ("records", "communities") else "")
    filename = f"{kind.title()}MetricsByUser"
    return MetricsReport(f"{name}_by_user", kind, tuple(columns.split(",")), filename, by_user=True)


ALL_BY_USER = MetricsReport(
    "metrics_by_user", None, tuple(_BY_USER.split(",")), "AllMetricsByUser", by_user=True
)
REPORTS: dict[str, MetricsReport] = {
    report.name: report
    for report in (ALL, ALL_BY_USER, *map(_plain, _COLUMNS), *map(_by_user, _COLUMNS))
}
"""Every metrics report, by the last part of its address."""
