"""Local HTTP servers that behave as DataCite and Matomo are described to (B5, C1, C2).

Each is a real server on a port of its own. ``faults`` is what happens to the
next requests: a status to answer without doing anything, ``"lost request"``
(the connection ends, nothing is done) or ``"lost reply"`` (done, then the
connection ends).
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

UTC = timezone.utc
Fault = int | str


class Service:
    """What both servers share: the faults, and what was received."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.received: list[tuple[str, str]] = []
        self.url = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Return status and JSON."""
        raise NotImplementedError


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Run ``service`` on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            service.received.append((self.command, self.path))
            fault = service.faults.pop(0) if service.faults else None
            if fault == "lost request":
                self.close_connection = True
                self.connection.close()
                return
            status, answer = (fault, {}) if isinstance(fault, int) else (0, None)
            if answer is None:
                status, answer = service.answer(self.command, self.path, self.headers, body)
            if fault == "lost reply":
                self.close_connection = True
                self.connection.close()
                return
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_GET = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class DataCite(Service):
    """Reports by id; each has subsets, each a list of dataset ids."""

    def __init__(self, token: str, validator: Draft202012Validator, *, largest: int) -> None:
        super().__init__()
        self.token = token
        self.validator = validator
        self.largest = largest
        self.reports: dict[str, list[list[str]]] = {}
        self.headers: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"errors": [{"status": "401", "title": "Bad credentials."}]}
        refused, report = self._read(headers, body)
        if refused:
            return 422, {"errors": [{"status": "422", "title": refused}]}
        if method == "PUT":
            return self._replace(path.removeprefix("/reports/"), report)
        return self._add(report) if path == "/reports" else (404, {})

    def _read(self, headers: Any, body: bytes) -> tuple[str, dict[str, Any]]:
        compressed = headers.get("Content-Encoding") == "gzip"
        wanted = "application/gzip" if compressed else "application/json"
        if headers.get("Content-Type") != wanted:
            return f"content type must be {wanted}", {}
        report = json.loads(gzip.decompress(body) if compressed else body)
        return self._wrong(report, compressed=compressed), report

    def _wrong(self, report: dict[str, Any], *, compressed: bool) -> str:
        header = report["report-header"]
        codes = [e.get("code") for e in header["exceptions"]]
        period = header["reporting-period"]
        errors = [e.message for e in self.validator.iter_errors(report)]
        checks = {
            "a compressed report has exception 69, and only that": compressed == (69 in codes),
            "an exception is empty": {} not in header["exceptions"],
            "; ".join(errors): not errors,
            "no datasets": bool(report["report-datasets"]),
            "a report is of one month": period["begin-date"][:7] == period["end-date"][:7],
            "too many datasets": len(report["report-datasets"]) <= self.largest,
        }
        return next((problem for problem, fine in checks.items() if not fine), "")

    def _ids(self, report: dict[str, Any]) -> list[str]:
        return [d["dataset-id"][0]["value"] for d in report["report-datasets"]]

    def _replace(self, identity: str, report: dict[str, Any]) -> tuple[int, Any]:
        if identity not in self.reports:
            return 404, {"errors": [{"status": "404", "title": "not found"}]}
        self.reports[identity] = [self._ids(report)]
        self.headers[identity] = report["report-header"]
        return 200, {"report": {"id": identity, "report-header": report["report-header"]}}

    def _add(self, report: dict[str, Any]) -> tuple[int, Any]:
        """A month that is there gets one subset more, if the header is the same."""
        header = report["report-header"]
        same = [
            identity
            for identity, known in self.headers.items()
            if known["created-by"] == header["created-by"]
            and known["reporting-period"]["begin-date"] == header["reporting-period"]["begin-date"]
        ]
        identity = same[0] if same else f"report-{len(self.reports) + 1}"
        if not same:
            self.reports[identity], self.headers[identity] = [], header
        if self.headers[identity] == header:
            self.reports[identity].append(self._ids(report))
        return 201, {"report": {"id": identity, "report-header": header}}


PARAMETERS = {
    "idsite": r"[0-9]+",
    "rec": r"1",
    "apiv": r"1",
    "bots": r"1",
    "url": r"https?://[^\s]+",
    "download": r"https?://[^\s]+",
    "action_name": r".{1,1024}",
    "urlref": r"https?://[^\s?#]+",
    "_id": r"[0-9a-f]{16}",
    "cid": r"[0-9a-f]{16}",
    "cip": r".+",
    "ua": r".+",
    "country": r"[a-z]{2}",
    "cdt": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    "cvar": r".+",
}
"""Every parameter of C1 that is sent, and what it must look like."""

NEED_TOKEN = {"cip", "country"}
DAY = timedelta(days=1)


class Matomo(Service):
    """Tracks requests; keeps the parameters of each, in the order they came."""

    def __init__(self, token: str, *, site: int = 7, retention: timedelta | None = None) -> None:
        super().__init__()
        self.token = token
        self.site = site
        self.retention = retention
        self.tracked: list[dict[str, str]] = []
        self.complaints: list[str] = []
        self.sizes: list[tuple[int, int]] = []

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if b'"requests"' not in body:
            return 400, {"status": "error", "tracked": 0, "invalid": 0}
        bulk = json.loads(body)
        if bulk.get("token_auth") != self.token:
            return 500, {"status": "error", "tracked": 0, "invalid": 0}
        self.sizes.append((len(bulk["requests"]), len(body)))
        tracked, invalid, moments = 0, 0, []
        for text in bulk["requests"]:
            if not isinstance(text, str) or not text.startswith("?"):
                continue  # silently skipped
            values = {k: v[0] for k, v in parse_qs(urlsplit(text).query).items()}
            moments.append(values.get("cdt", ""))
            wrong = self._wrong(values)
            self.complaints += wrong
            if wrong or self._too_old(values):
                invalid += 1
            else:
                tracked += 1
                self.tracked.append(values)
        if moments != sorted(moments):
            self.complaints.append("not in order")
        return 200, {"status": "success", "tracked": tracked, "invalid": invalid}

    def _too_old(self, values: dict[str, str]) -> bool:
        if self.retention is None:
            return False
        moment = datetime.fromisoformat(values["cdt"]).replace(tzinfo=UTC)
        return moment < datetime.now(UTC) - self.retention

    def _wrong(self, values: dict[str, str]) -> list[str]:
        found = [f"unknown {name}" for name in values if name not in PARAMETERS]
        found += [
            f"{name}={value}"
            for name, value in values.items()
            if name in PARAMETERS and not re.fullmatch(PARAMETERS[name], value)
        ]
        found += [f"None as text in {n}" for n, v in values.items() if "None" in v]
        found += [f"{name} is missing" for name in ("idsite", "rec", "url") if name not in values]
        if values.get("idsite") != str(self.site):
            found.append("unknown site")
        if "download" in values and values["download"] != values["url"]:
            found.append("url and download differ")
        return [*found, *_wrong_address(values), *_wrong_variable(values), *_wrong_time(values)]


def _wrong_address(values: dict[str, str]) -> list[str]:
    try:
        ip_address(values.get("cip", "0.0.0.0"))
    except ValueError:
        return ["cip is no address"]
    return []


def _wrong_variable(values: dict[str, str]) -> list[str]:
    name, value = json.loads(values["cvar"])["1"]
    ok = name == "oaipmhID" and re.fullmatch(r"oai:[a-z.]+:.+", value)
    return [] if ok else [f"cvar {value}"]


def _wrong_time(values: dict[str, str]) -> list[str]:
    """What Matomo would date "now" without saying so."""
    moment = datetime.fromisoformat(values["cdt"]).replace(tzinfo=UTC)
    now = datetime.now(UTC)
    return [] if now - timedelta(days=20 * 365) < moment <= now else ["cdt becomes now"]
