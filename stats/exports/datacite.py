"""Dataset reports submitted to DataCite's usage reports service.

Comes in: the report of one month. Goes out: it is there, once. Invariants: what
DataCite demands is looked at before anything is sent; a month has one report
id, kept from the first submission on; a report is replaced (PUT) and never
posted again; a report of more than 50,000 datasets goes in parts with the same
header, the first of which replaces or makes the report and the others are
added; when it is not known whether a part arrived, the report is begun anew.

A plain second POST of a month is answered 201 and changes nothing: hence the
ids, and hence a PUT after a POST whose reply may have been lost.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from stats.batches import batches
from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.exports.datacite_demands import Lacks
from stats.exports.http import Call, Caller, Reply
from stats.reports.dsr import COMPRESSED, DatasetReport
from stats.stores.exports import ExportStore

NAME = "DataCite"
PART = 50_000
"""Datasets that DataCite takes in one request."""

UNKNOWN = 404


@dataclass(frozen=True)
class Service:
    """Where reports go, and as whom."""

    url: str
    token: str
    caller: Caller
    bookmarks: ExportStore
    part: int = PART


@dataclass(frozen=True)
class Submission:
    """What was submitted; without datasets nothing is, and there is no id."""

    id: str | None
    datasets: int
    parts: int


def run_submit(service: Service, report: DatasetReport) -> Submission:
    """Submit a month's report, in the place of an earlier one of that month.

    Raises:
        ConfigError: there is no token, or DataCite demands what is not known.
        StoreUnavailable: DataCite did not answer; submit again.
        StoreRejected: DataCite refused the report, and why.
    """
    if not service.token:
        raise ConfigError("STATS_DATACITE_TOKEN is not set")
    with TemporaryDirectory(prefix="stats-datacite-") as folder:
        parts, datasets = _write_parts(report, service.part, Path(folder))
        if not parts:
            return Submission(None, 0, 0)
        return Submission(_send(service, bookmark_of(report), parts), datasets, len(parts))


def _write_parts(report: DatasetReport, size: int, folder: Path) -> tuple[list[Path], int]:
    """Write the bodies to send, checking each data set; return them and how many there are."""
    lacks, count = Lacks(), 0
    parts: list[Path] = []
    for part in batches(report.datasets, size):
        for dataset in part:
            lacks.add(dataset)
        parts.append(folder / str(len(parts)))
        parts[-1].write_bytes(build_body(report, part))
        count += len(part)
    if lacks.line:
        raise ConfigError(f"nothing was sent, since DataCite demands more: {lacks.line}")
    return parts, count


def _send(service: Service, name: str, parts: list[Path]) -> str:
    """Send the parts of a report in their order; return its id."""
    identity = _begin(service, name, parts[0].read_bytes())
    for part in parts[1:]:
        reply = _call(service, "POST", "", part.read_bytes())
        if reply.doubtful:
            raise StoreUnavailable(NAME, f"a part may be in {name} twice: submit it again")
    return identity


def bookmark_of(report: DatasetReport) -> str:
    """Return the name under which the id of a month's report is kept."""
    month = report.header["reporting-period"]["begin-date"][:7]
    return f"datacite:{report.header['created-by']}:{month}"


def build_body(report: DatasetReport, datasets: list[dict[str, Any]]) -> bytes:
    """Return the compressed body of one part, whose header says that it is compressed."""
    exceptions = [*report.header["exceptions"], COMPRESSED]
    header = report.header | {"exceptions": exceptions}
    body = orjson.dumps({"report-header": header, "report-datasets": datasets})
    return gzip.compress(body, mtime=0)


def _begin(service: Service, name: str, body: bytes) -> str:
    """Make or replace the report with its first part; return its id."""
    identity, _ = service.bookmarks.report(name)
    if identity is not None:
        reply = _call(service, "PUT", f"/{identity}", body, missing_ok=True)
        if reply.status != UNKNOWN:
            return identity
        service.bookmarks.remember(name, None)
    return _first(service, name, body)


def _first(service: Service, name: str, body: bytes) -> str:
    """Post the first part of a month that has no id yet."""
    _, begun_before = service.bookmarks.report(name)
    service.bookmarks.sending(name)
    reply = _call(service, "POST", "", body)
    identity = _read_id(reply)
    service.bookmarks.remember(name, identity)
    if begun_before or reply.doubtful:  # it may have been there: what was posted was ignored
        _call(service, "PUT", f"/{identity}", body)
    return identity


def _call(
    service: Service, method: str, path: str, body: bytes, *, missing_ok: bool = False
) -> Reply:
    headers = {
        "Authorization": f"Bearer {service.token}",
        "Content-Type": "application/gzip",
        "Content-Encoding": "gzip",
        "Accept": "application/json",
    }
    url = f"{service.url.rstrip('/')}/reports{path}"
    reply = service.caller.call(Call(method, url, body, headers))
    if reply.status < 300 or (missing_ok and reply.status == UNKNOWN):
        return reply
    raise StoreRejected(NAME, f"{method} {url}: {reply.status} {_errors(reply)}")


def _read_id(reply: Reply) -> str:
    try:
        return str(json.loads(reply.body)["report"]["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreRejected(NAME, f"its answer has no report id: {reply.body[:200]!r}") from error


def _errors(reply: Reply) -> str:
    """Return what the answer says is wrong, in one line."""
    try:
        errors = json.loads(reply.body)["errors"]
        if isinstance(errors, list):
            return "; ".join(str(error.get("title", error)) for error in errors)
        return str(errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return reply.body[:200].decode(errors="replace")
