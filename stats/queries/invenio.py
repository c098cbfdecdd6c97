"""The queries of invenio-stats, with its names, parameters and fields.

Comes in: what a ``TermsQuery`` or ``DateHistogramQuery`` of invenio-stats is made
with (:class:`HostForm`), a host's own or those that InvenioRDM configures. Goes
out: a query of ours that answers in the same form. Different from there: unique
numbers are sessions of the resource asked for, not sums over its parts, and
numbers are integers.
Source: ``STATS_QUERIES`` of invenio-app-rdm, ``invenio_stats.queries``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType

from stats.aggregations.types import Aggregation
from stats.errors import ConfigError
from stats.queries.invenio_answers import IDS, Copied, HostAnswer, run_histogram, run_terms
from stats.queries.parameters import (
    INTERVAL,
    SOURCE,
    parse_choice,
    parse_date_or_time,
    parse_id_of,
)
from stats.queries.types import Parameter, Params, Query
from stats.queries.windows import Window, check_order
from stats.refs import parse_ref

VIEWS = {"views": "count", "unique_views": "unique_count"}
DOWNLOADS = {"downloads": "count", "unique_downloads": "unique_count", "data_volume": "volume"}
METRICS = frozenset({"count", "unique_count", "volume"})

_DATES = {"type": "string", "format": "date"}
START = Parameter("start_date", "first day, UTC, inclusive", parse_date_or_time, schema=_DATES)
END = Parameter("end_date", "last day, UTC, inclusive", parse_date_or_time, schema=_DATES)

RESOURCES: Mapping[frozenset[str], str] = MappingProxyType(
    {
        frozenset(): "site:all",
        frozenset({"recid"}): "record:{recid}",
        frozenset({"pid_value"}): "record:{pid_value}",
        frozenset({"pid_type", "pid_value"}): "record:{pid_value}",
        frozenset({"record_id"}): "record:{record_id}",
        frozenset({"parent_recid"}): "concept:{parent_recid}",
        frozenset({"bucket_id"}): "bucket:{bucket_id}",
        frozenset({"bucket_id", "file_key"}): "file:{bucket_id}/{file_key}",
        frozenset({"collection"}): "collection:{collection}",
    }
)
"""The resource that the filtered fields of invenio-stats name together."""


@dataclass(frozen=True)
class HostForm:
    """What a query of invenio-stats is made with.

    ``filters`` are its required parameters and the field that each filters;
    ``metrics`` the fields of its answer and which of ours each is.
    """

    name: str
    filters: Mapping[str, str]
    metrics: Mapping[str, str]
    copied: Copied = ()
    by_file: bool = False
    histogram: bool = False


@dataclass(frozen=True)
class HostQuery(Query):
    """A query that a host asks for in the form of invenio-stats."""

    answer: HostAnswer = field(default_factory=lambda: HostAnswer({}, ()))


def invenio_queries(aggregations: Iterable[Aggregation]) -> list[Query]:
    """Return the four queries of InvenioRDM, as far as their event types are there."""
    by_name = {a.event_type.name: a for a in aggregations}
    queries: list[Query] = []
    for type_name, name, metrics in (
        ("record-view", "record-view", VIEWS),
        ("file-download", "record-download", DOWNLOADS),
    ):
        if type_name in by_name:
            both = (("recid", "recid"), ("parent_recid", "parent_recid"))
            record = HostForm(name, {"recid": "recid"}, metrics, both)
            parent = {"parent_recid": "parent_recid"}
            concept = HostForm(f"{name}-all-versions", parent, metrics, both[1:])
            queries += [host_query(by_name[type_name], form) for form in (record, concept)]
    return queries


def host_query(aggregation: Aggregation, form: HostForm) -> HostQuery:
    """Return our query of a form.

    Raises:
        ConfigError: nothing here is counted by what it filters by.
    """
    template = RESOURCES.get(frozenset(form.filters.values()))
    if template is None:
        fields = ", ".join(sorted(form.filters.values()))
        raise ConfigError(f"there is no resource that {fields} name")
    answer = HostAnswer(dict(form.metrics), form.copied, form.by_file)
    keys = tuple(_key(name, given) for name, given in form.filters.items())
    interval = (INTERVAL,) if form.histogram else ()
    copied = tuple(name for name, _ in form.copied)
    first = ("date",) if form.histogram else ("start_date", "end_date")
    return HostQuery(
        form.name,
        f"{aggregation.event_type.title}, as invenio-stats answers",
        "histogram" if form.histogram else "row",
        (aggregation,),
        (*keys, *interval, START, END, SOURCE),
        (*first, *copied, *form.metrics),
        partial(run_histogram if form.histogram else run_terms, answer=answer),
        _resolver(form.filters, template),
        answer,
        scope="named",
    )


def _key(name: str, given: str) -> Parameter:
    if given in IDS:
        return Parameter(
            name,
            f"id of a {IDS[given]}",
            parse_id_of(IDS[given]),
            required=True,
            names_resource=True,
        )
    return Parameter(name, f"the {given} of invenio-stats", _parse_text, required=True)


def _parse_text(value: object, field: str) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) else parse_choice(())(value, field)


def _resolver(filters: Mapping[str, str], template: str) -> Callable[[Params, date], Params]:
    def resolve(params: Params, today: date) -> Params:
        """Check the window, and say which resource is meant: what access is decided by."""
        check_order(Window(params["start_date"], params["end_date"]), field="end_date")
        values = {
            given: str(params[name]).removeprefix(f"{IDS.get(given, '')}:")
            for name, given in filters.items()
        }
        first = next(iter(filters), "")
        return {**params, "resource": parse_ref(template.format(**values), field=first)}

    return resolve
