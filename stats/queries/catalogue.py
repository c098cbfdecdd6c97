"""The named queries that are there without configuration, and how one is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from stats.aggregations.types import Aggregation
from stats.kinds.types import Kinds
from stats.queries.breakdown import by
from stats.queries.coarse import run_coarse
from stats.queries.derived import derived_queries
from stats.queries.histogram import histogram
from stats.queries.invenio import invenio_queries
from stats.queries.parameters import RESOURCE, SIZE, parse_params
from stats.queries.top import top, top_of_all
from stats.queries.total import total
from stats.queries.types import Answer, Params, Query, Sources
from stats.times import iso_ms


def build_catalogue(aggregations: Iterable[Aggregation]) -> dict[str, Query]:
    """Return the default queries of ``aggregations`` by name."""
    known = tuple(aggregations)
    queries = [make(aggregation) for aggregation in known for make in (histogram, total)]
    queries += [by(aggregation) for aggregation in known if aggregation.breakdowns]
    queries += [top(aggregation) for aggregation in known]
    queries += [top_of_all(known), *derived_queries(known), *invenio_queries(known)]
    return {query.name: query for query in queries}


def resolve_params(
    query: Query, given: Mapping[str, object], *, now: datetime, kinds: Kinds
) -> Params:
    """Return the typed parameters of a call, refs in their one form; raise ``InputError``."""
    params = query.resolve(parse_params(query.parameters, given), now.date())
    names = {RESOURCE.name, *(one.name for one in query.parameters if one.names_resource)}
    refs = {name: kinds.normal_ref(params[name]) for name in names if params.get(name)}
    return {**params, **refs}


def with_rows(params: Params, *, given: Mapping[str, object], rows: int | None) -> Params:
    """Return resolved parameters that ask for so many ``rows`` where none were asked for."""
    is_told = rows is None or SIZE not in params or given.get(SIZE)
    return params if is_told else {**params, SIZE: rows}


def run_query(
    query: Query, params: Params, *, sources: Sources, counted_until: datetime | None
) -> Answer:
    """Run a query with resolved parameters.

    ``counted_until`` was read before, never after: what it promises must hold
    for the numbers, which are read now. ``coarse`` names months that are left out since
    the window cuts them; it is there where there are any.
    """
    if query.compare and params.get("compare"):
        answer = query.compare(query, params, sources, counted_until)
    else:
        answer = query.run(query, params, sources)
    coarse = run_coarse(query, params, sources.search, counted_until=counted_until)
    if coarse:
        answer = {**answer, "coarse": coarse}
    return {**answer, "counted_until": iso_ms(counted_until) if counted_until else None}
