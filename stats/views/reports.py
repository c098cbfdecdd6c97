"""Metrics reports and breakdowns over HTTP.

Comes in: a report's name and query parameters. Goes out: a streamed CSV, or
JSON, NDJSON or a workbook where the caller asks for it, with the number of rows in
``X-Stats-Rows`` before the first of them.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Response, current_app, request

from stats.proxies import current_stats
from stats.queries.merged import list_merged
from stats.reports.breakdown import parse_breakdown, run_breakdown
from stats.reports.metrics import MetricsAnswer, build_head, name_report, parse_metrics, run_metrics
from stats.reports.page import list_elements, page_chunks, parse_page
from stats.reports.stream import MEDIA_TYPES, Format, body
from stats.reports.tables import Table, TableForm, name_file
from stats.stores.bounded_search import BoundedSearch
from stats.times import iso_ms, utc_now
from stats.views.access import (
    ask_table,
    check_points,
    hide_unseen,
    minimum_count,
    reads_exact,
    report_filter,
    require_breakdown,
    require_resource,
)
from stats.views.blueprints import api_blueprint
from stats.views.patience import patience
from stats.views.request_parsing import read_args
from stats.views.responses import ending_of, json_response, table_response, wanted_table
from stats.views.streaming import stream_response

_FORMATS: dict[str, Format] = {kind.partition(";")[0]: form for form, kind in MEDIA_TYPES.items()}
_BREAKDOWN_COLUMNS = ("key", "title", "value")

blueprint = api_blueprint("stats_reports", __name__, url_prefix="/api")


@blueprint.get("/reports/metrics")
@blueprint.get("/reports/metrics.json")
@blueprint.get("/reports/metrics.ndjson")
@blueprint.get("/reports/metrics.xlsx")
def metrics() -> Response:
    """Report the use of everything, as CSV, JSON, NDJSON or a workbook."""
    return _respond("metrics")


@blueprint.get("/reports/metrics_by_user")
@blueprint.get("/reports/metrics_by_user.json")
@blueprint.get("/reports/metrics_by_user.ndjson")
@blueprint.get("/reports/metrics_by_user.xlsx")
def metrics_by_user() -> Response:
    """Report who used what, as CSV, JSON, NDJSON or a workbook."""
    return _respond("metrics_by_user")


@blueprint.get("/reports/metrics/<name>")
@blueprint.get("/reports/metrics/<name>.json")
@blueprint.get("/reports/metrics/<name>.ndjson")
@blueprint.get("/reports/metrics/<name>.xlsx")
def metrics_of(name: str) -> Response:
    """Report the use of one kind of resource, or who used it (``_by_user``)."""
    return _respond(name)


@blueprint.get("/stats/breakdown")
def breakdown() -> Response:
    """Divide the use of a resource by country, or by what was used."""
    return _divide(wanted_table(request))


@blueprint.get("/stats/breakdown.csv")
@blueprint.get("/stats/breakdown.xlsx")
def breakdown_table() -> Response:
    """Divide the use of a resource, as a table."""
    return _divide(ending_of(request.path)[1])


@blueprint.get("/reports/page.xlsx")
def page() -> Response:
    """Return all that the page of a resource shows, as a workbook."""
    asked = parse_page(read_args(request), utc_now().date())
    ref = current_stats.parse_ref(asked.resource, field="resource")
    asked = replace(asked, resource=ref, base=_base())
    require_resource(asked.resource)
    elements = list(list_elements(asked, kinds=current_stats.kinds, queries=current_stats.queries))
    check_points((one.query, {**one.params, **asked.days}) for one in elements)
    sources = current_stats.reporter.sources
    chunks = page_chunks(asked, elements, ask_table, sources=sources, now=utc_now())
    response = stream_response(request, chunks, content_type=MEDIA_TYPES["xlsx"])
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.file_name}.xlsx"'
    return response


def _base() -> str:
    """Return the address under which the dashboard is: here, or beside a host's API."""
    here = "stats_dashboard.resource" in current_app.view_functions
    return request.url_root if here else request.host_url


def _respond(name: str) -> Response:
    given = read_args(request)
    asked = parse_metrics(name, given, kinds=current_stats.kinds)
    visible = report_filter(by_user=asked.report.by_user)
    answer = run_metrics(
        asked, current_stats.reporter.sources, visible=visible, exact=reads_exact()
    )
    form = _form()
    chunks = body(asked.report, answer.rows, form=form, head=build_head(answer))
    response = stream_response(request, chunks, content_type=MEDIA_TYPES[form])
    _describe(response, answer, form)
    return response


def _form() -> Format:
    """Return what the end of the address asks for, or the Accept header; CSV by default."""
    ending = request.path.rpartition(".")[2]
    if found := next((form for form in _FORMATS.values() if form == ending), None):
        return found
    if "Accept" not in request.headers:
        return "csv"
    best = request.accept_mimetypes.best_match(list(_FORMATS), default="text/csv")
    return _FORMATS[best or "text/csv"]


def _describe(response: Response, answer: MetricsAnswer, form: Format) -> None:
    filename = f"{name_report(answer.request)}.{form}"
    response.headers["X-Stats-Rows"] = str(answer.count)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    if answer.coarse:
        response.headers["X-Stats-Coarse"] = ", ".join(answer.coarse)
    if answer.counted_until is not None:
        response.headers["X-Stats-Counted-Until"] = iso_ms(answer.counted_until)


def _divide(form: TableForm | None) -> Response:
    given = read_args(request)
    asked = parse_breakdown(
        given, kinds=current_stats.kinds, dimensions=current_stats.definitions.dimensions
    )
    asked = replace(asked, within=current_stats.follow(asked.within))
    require_breakdown(given, within=asked.within, by=asked.by)
    sources = current_stats.reporter.sources
    sources = replace(sources, search=BoundedSearch(sources.search, patience()))
    answer = run_breakdown(asked, sources, minimum=minimum_count(asked.within))
    answer = hide_unseen(answer)
    if form is None:
        merged = list_merged([asked.within], current_stats.stores.merges.recent())
        return json_response(request, {**answer, "merged": merged} if merged else answer)
    name = name_file(f"breakdown_{asked.by}", answer)
    return table_response(request, Table(name, _BREAKDOWN_COLUMNS, answer["buckets"]), form)
