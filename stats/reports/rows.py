"""The rows of a metrics report: usage of a resource, joined with what it is.

Pure definitions. Usage comes from MongoDB's totals or from the daily documents
of a window; descriptions from ``resources``. A resource that was never
described has a row with empty cells, since its usage is real.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from stats.errors import ConfigError
from stats.kinds.catalogue import REPORT_COLUMNS
from stats.kinds.types import Kind, Kinds
from stats.refs import split_ref
from stats.reports.cells import Cell
from stats.stores.ranking import RANKED_BY, RankedBy

KILOBYTE = 1000

Description = Mapping[str, Any]
"""A document of ``resources`` (``docs/contracts.md#mongodb``)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a resource was used, by everybody or by the one user that is named.

    ``own_views`` are those of its own page, which are among the views of all that was in it.
    """

    resource: str
    views: int
    downloads: int
    last_viewed: datetime | None = None
    last_downloaded: datetime | None = None
    user_id: str = ""
    own_views: int = 0


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


OWN_VIEWS = "own_views"

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
    OWN_VIEWS: lambda row: row.usage.own_views,
    "downloads": lambda row: row.usage.downloads,
    "last_viewed": lambda row: row.usage.last_viewed,
    "last_downloaded": lambda row: row.usage.last_downloaded,
    "location": _said("location"),
    "status": _said("status"),
}
"""What each column shows, by its name in the header; beside these, ``parent_<kinds>``."""


PARENT = "parent_"

Column = tuple[str, Callable[[Row], Cell]]


@dataclass(frozen=True)
class MetricsReport:
    """A report by name: which kind of resource, and which columns; no kind is several."""

    name: str
    kind: str | None
    columns: tuple[Column, ...]
    filename: str
    by_user: bool = False

    @property
    def header(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(name for name, _ in self.columns)

    @property
    def counted(self) -> tuple[RankedBy, ...]:
        """Return which counters it shows: a row has one of them above 0."""
        return tuple(counter for counter in RANKED_BY if counter in self.header)

    def cells(self, row: Row) -> list[Cell]:
        """Return the cells of ``row``, one a column."""
        return [value(row) for _, value in self.columns]


_COMBINED = (
    "type,id,name,owner,owner_id,size_kb,uploaded/created,views,downloads,last_viewed,"
    "last_downloaded,location,parent_datasets,parent_collections,parent_spaces,status"
)
_BY_USER = (
    "type,id,name,user_id,user,views,downloads,last_viewed,last_downloaded,"
    "parent_datasets,parent_collections,parent_spaces"
)


@lru_cache(maxsize=16)
def build_reports(kinds: Kinds) -> dict[str, MetricsReport]:
    """Return every metrics report of an installation, by the last part of its address.

    Raises ``ConfigError`` when a kind names a column that there is not.
    """
    all_by_user = MetricsReport(
        "metrics_by_user",
        None,
        _columns(_BY_USER.split(","), kinds),
        "AllMetricsByUser",
        by_user=True,
    )
    combined = _columns(_COMBINED.split(","), kinds)
    reports = [MetricsReport("metrics", None, combined, "AllMetrics"), all_by_user]
    for kind in kinds:
        if kind.plural:
            reports += _of_kind(kind, kind.plural, kinds)
    return {report.name: report for report in reports}


def with_own_views(report: MetricsReport) -> MetricsReport:
    """Return the same report with the views of the resource's own page behind the views."""
    columns: list[Column] = []
    for name, value in report.columns:
        columns.append((name, value))
        if name == "views":
            columns.append((OWN_VIEWS, VALUES[OWN_VIEWS]))
    return replace(report, columns=tuple(columns))


def _of_kind(kind: Kind, name: str, kinds: Kinds) -> tuple[MetricsReport, MetricsReport]:
    """Return the report of one kind, and that of who used what of it."""
    own = kind.report_columns or REPORT_COLUMNS
    by_user = _BY_USER.split(",")
    by_user += [one for one in own if one.startswith(PARENT) and one not in by_user]
    title = "".join(word.title() for word in kind.name.split("-"))
    return (
        MetricsReport(name, kind.name, _columns(own, kinds), f"{title}Metrics"),
        MetricsReport(
            f"{name}_by_user",
            kind.name,
            _columns(by_user, kinds),
            f"{title}MetricsByUser",
            by_user=True,
        ),
    )


def _columns(names: Iterable[str], kinds: Kinds) -> tuple[Column, ...]:
    parents = {f"{PARENT}{kind.plural}": kind.name for kind in kinds if kind.plural}
    columns: list[Column] = []
    for name in names:
        value = _parents(parents[name]) if name in parents else VALUES.get(name)
        if value is None:
            raise ConfigError(f"STATS_KINDS: report_columns: there is no column {name}")
        columns.append((name, value))
    return tuple(columns)
