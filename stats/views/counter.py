"""The COUNTER API 5.1, and the dataset report beside it.

Comes in: parameters as the standard names them. Goes out: a report, or exactly
one exception with its HTTP status. Everything but the status needs a token
(``api_key``, or ``requestor_id``); the only customer is the world.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from stats.errors import AccessError, CounterError, InputError, LimitError, StoreUnavailable
from stats.proxies import current_stats
from stats.reports import dsr
from stats.reports.counter import exceptions as ex
from stats.reports.counter.definitions import COMMON, COUNTER_REPORTS, RELEASE, WORLD, WORLD_NAME
from stats.reports.counter.json_form import to_json
from stats.reports.counter.request import DATES, parse_dates, parse_request, remark_names
from stats.reports.counter.run import available_months, run_available, run_counter
from stats.reports.counter.tsv_form import to_tsv
from stats.reports.sources import Sources
from stats.times import utc_now
from stats.views.access import require
from stats.views.blueprints import limit_requests
from stats.views.errors import RETRY_AFTER, respond_http
from stats.views.request_parsing import list_repeated, refuse_broken
from stats.views.streaming import stream_response

CALLER = ("customer_id", "requestor_id", "api_key")
JSON = "application/json"
TSV = "text/tab-separated-values"

_LOG = logging.getLogger(__name__)

blueprint = limit_requests(Blueprint("stats_counter", __name__, url_prefix="/api/counter/r51"))


@blueprint.get("/status")
def status() -> Response:
    """Say whether reports can be had; for everybody."""
    body: dict[str, Any] = {"Service_Active": True}
    if record := current_stats.settings.registry_record:
        body["Registry_Record"] = record
    body["Description"] = f"COUNTER {RELEASE} usage reports of {current_stats.settings.platform}"
    try:
        current_stats.stores.search.ping()
        current_stats.stores.bookmarks.counted_until()
    except StoreUnavailable as error:
        alert = {"Date_Time": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}", "Alert": _away(error)}
        body |= {"Service_Active": False, "Alerts": [alert]}
    return _json([body])


@blueprint.get("/members")
def members() -> Response:
    """Name the one customer: the world."""
    _authorise()
    world_id = {"Proprietary": [f"{current_stats.settings.platform}:{WORLD}"]}
    return _json(
        [{"Institution_Name": WORLD_NAME, "Customer_ID": WORLD, "Institution_ID": world_id}]
    )


@blueprint.get("/reports")
def reports() -> Response:
    """List the reports of release 5.1 with the months that can be had."""
    _authorise()
    now = utc_now()
    kinds = current_stats.kinds.named("counter_item")
    months = available_months(run_available(_sources(), kinds, now=now), now)
    listed = [
        {
            "Report_Name": report.name,
            "Report_ID": report.id,
            "Release": RELEASE,
            "Report_Description": report.description,
            **months,
            "Path": f"{blueprint.url_prefix}/reports/{name}",
        }
        for name, report in COUNTER_REPORTS.items()
    ]
    return _json(listed)


@blueprint.get("/reports/dsr")
def dataset_report() -> Response:
    """Return Make Data Count's dataset report of some months."""
    repeated = _authorise(*DATES)
    platform, now = current_stats.reporter.platform, utc_now()
    window = parse_dates(request.args, now, begun=True, repeated=repeated)
    report = dsr.run_dsr(_sources(), platform, window, now=now)
    strange = remark_names(request.args, COMMON, repeated=repeated, platform=platform.id)
    report.header["exceptions"] += map(dsr.build_exception, strange)
    return stream_response(request, dsr.to_json(report), content_type=JSON)


@blueprint.get("/reports/<name>")
@blueprint.get("/reports/<name>.tsv")
def report_named(name: str) -> Response:
    """Return a report of COUNTER, as JSON or TSV."""
    report = COUNTER_REPORTS.get(name) or abort(404, f"there is no report {name[:40]}")
    repeated = _authorise(*DATES)
    platform, now = current_stats.reporter.platform, utc_now()
    asked = parse_request(report, request.args, now=now, platform=platform.id, repeated=repeated)
    answer = run_counter(asked, _sources(), platform, now=now)
    if _wants_tsv():
        content_type = f"{TSV}; charset=utf-8"
        return stream_response(request, to_tsv(answer), content_type=content_type)
    return stream_response(request, to_json(answer), content_type=JSON)


@blueprint.errorhandler(CounterError)
def _refuse(error: CounterError) -> Response:
    body = {"Code": error.code, "Message": error.message}
    response = _json(body | ({"Data": error.data} if error.data else {}))
    response.status_code = error.status
    if error.status == ex.SERVICE_NOT_AVAILABLE.status:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


@blueprint.errorhandler(InputError)
def _refuse_address(error: InputError) -> Response:
    return _refuse(ex.error(ex.INSUFFICIENT_INFORMATION, error.message))


@blueprint.errorhandler(LimitError)
def _refuse_many(error: LimitError) -> Response:
    response = _refuse(ex.error(ex.TOO_MANY_REQUESTS, error.message))
    response.headers["Retry-After"] = str(error.retry_after or RETRY_AFTER)
    return response


@blueprint.errorhandler(HTTPException)
def _refuse_http(error: HTTPException) -> Response:
    return respond_http(error)


@blueprint.errorhandler(Exception)
def _fail(error: Exception) -> Response:
    """Answer what is not the caller's fault: the service is not available."""
    if isinstance(error, StoreUnavailable):
        return _refuse(ex.error(ex.SERVICE_NOT_AVAILABLE, _away(error)))
    _LOG.error("a COUNTER request failed", exc_info=error)
    return _refuse(ex.error(ex.SERVICE_NOT_AVAILABLE, "internal error"))


def _away(error: StoreUnavailable) -> str:
    """Return what is said of an engine; its address is for the log alone."""
    _LOG.warning("%s", error)
    return f"{error.engine} does not answer"


def _authorise(*needed: str) -> list[str]:
    """Return the parameters that are given more than once, of a caller who may ask.

    Raises the exception with the lowest code that keeps the caller from any answer.
    """
    given, repeated = request.args, list_repeated(request)
    refuse_broken(request)
    if missing := [name for name in ("customer_id", *needed) if not given.get(name)]:
        raise ex.error(ex.INSUFFICIENT_INFORMATION, f"missing: {', '.join(missing)}")
    if unclear := [name for name in CALLER if name in repeated]:
        data = f"given more than once: {', '.join(unclear)}"
        raise ex.error(ex.INSUFFICIENT_INFORMATION, data)
    key, requestor = given.get("api_key"), given.get("requestor_id")
    try:
        require("counter")
    except AccessError as error:
        raise _not_allowed(error, key, requestor) from error
    if given["customer_id"] != WORLD:
        data = f"the only customer is {WORLD}"
        raise ex.error(ex.NOT_AUTHORIZED_FOR_INSTITUTION, data)
    return repeated


def _not_allowed(error: AccessError, key: str | None, requestor: str | None) -> CounterError:
    if not key and not requestor and not error.signed_in:
        return ex.error(ex.INSUFFICIENT_INFORMATION, "missing: api_key or requestor_id")
    if error.signed_in:
        return ex.error(ex.NOT_AUTHORIZED_FOR_INSTITUTION)
    return ex.error(ex.API_KEY_INVALID if key else ex.REQUESTOR_NOT_AUTHORIZED)


def _sources() -> Sources:
    return current_stats.reporter.sources


def _wants_tsv() -> bool:
    if request.path.endswith(".tsv"):
        return True
    if "Accept" not in request.headers:
        return False
    return request.accept_mimetypes.best_match([JSON, TSV], default=JSON) == TSV


def _json(body: Any) -> Response:
    response = Response(orjson.dumps(body), mimetype=JSON)
    response.headers["Cache-Control"] = "private, no-store"
    return response
