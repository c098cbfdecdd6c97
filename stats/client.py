"""A client of the service over HTTP, for programs that are no Flask application.

Standard library alone. Comes in: events, names of queries. Goes out: what
``docs/rest.md`` says. Invariant: every event gets an id and a time
before it is first sent, so that sending it again counts it once; what is busy
or unreachable is tried again for ``patience`` seconds; a redirect to another origin,
or of what is sent, is a ``ConfigError`` and never followed.

    client = Client("https://stats.example.org", token="...")
    client.publish([{"type": "record-view", "resource": "record:r1", "ip_address": "192.0.2.7"}])
    client.totals("record:r1")["views"]
    client.query("record-view-histogram", resource="record:r1", interval="month")
"""

from __future__ import annotations

import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, cast
from urllib.parse import quote, urlencode

from stats.batches import batches
from stats.errors import AccessError, InputError, StoreUnavailable
from stats.redirects import open_at_origin

AT_A_TIME = 1_000
"""Events, refs or descriptions in one request."""

_BUSY = frozenset({429, 502, 503, 504})

Json = dict[str, Any]


class Rejected(list[Json]):
    """What was rejected; ``warnings`` say what could not be kept of what was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[Json] = []


class Client:
    """One service, and the token of a writer or reader; threads may share it."""

    def __init__(
        self, url: str, *, token: str = "", timeout: float = 10.0, patience: float = 30.0
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._patience = patience

    def publish(self, events: Iterable[Mapping[str, Any]]) -> Rejected:
        """Send events; return those that were rejected, with ``index``, ``code`` and ``message``.

        ``warnings`` of that are the same about fields of accepted events that were left out or cut.
        Raises ``StoreUnavailable`` when the service stays away; sending the same
        iterable of events again is safe if they have ids of their own.
        """
        return self._send_all("/api/events", map(_identified, events))

    def describe(self, resources: Iterable[Mapping[str, Any]]) -> Rejected:
        """Send descriptions (``resource``, ``title``, ...); return the rejected ones."""
        return self._send_all("/api/resources", resources)

    def query(self, name: str, /, **parameters: Any) -> Json:
        """Run a named query; ``from_`` stands for the parameter ``from``."""
        given = {key.rstrip("_"): value for key, value in parameters.items() if value is not None}
        return self._call("GET", f"/api/stats/{quote(name, safe='')}?{urlencode(given)}")

    def totals(self, ref: str) -> Json:
        """Return the totals of one resource."""
        return self._call("GET", f"/api/stats/totals/{quote(ref, safe='')}")

    def totals_of(self, refs: Sequence[str]) -> dict[str, Json]:
        """Return the totals of many resources by ref."""
        found: dict[str, Json] = {}
        for some in batches(refs, AT_A_TIME):
            found |= self._call("GET", f"/api/stats/totals?{urlencode({'ref': some}, doseq=True)}")
        return found

    def _send_all(self, path: str, objects: Iterable[Mapping[str, Any]]) -> Rejected:
        rejected = Rejected()
        for number, some in enumerate(batches(objects, AT_A_TIME)):
            answer = self._call("POST", path, body=list(some))
            rejected += _placed(answer["rejected"], number)
            rejected.warnings += _placed(answer.get("warnings", []), number)
        return rejected

    def _call(self, method: str, path: str, *, body: object = None) -> Json:
        end = time.monotonic() + self._patience
        pause = 0.2
        while True:
            try:
                return self._try(method, path, body)
            except _Busy as busy:
                pause = max(pause, busy.after)
                if time.monotonic() + pause > end:
                    raise StoreUnavailable("The service", busy.reason) from busy
            time.sleep(pause)
            pause = min(pause * 2, 10.0)

    def _try(self, method: str, path: str, body: object) -> Json:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with open_at_origin(request, timeout=self._timeout) as response:
                return cast(Json, json.load(response))
        except urllib.error.HTTPError as error:
            if error.code in _BUSY:
                raise _Busy(str(error), error.headers.get("Retry-After", "")) from error
            raise _refusal(error) from error
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            raise _Busy(str(error)) from error


def _placed(remarks: Iterable[Json], batch: int) -> list[Json]:
    """Return what is said of a batch, with the places among all that is sent."""
    return [{**one, "index": one["index"] + batch * AT_A_TIME} for one in remarks]


class _Busy(Exception):
    """The same request may succeed later, ``after`` so many seconds."""

    def __init__(self, reason: str, after: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = float(after) if after.isdecimal() else 0.0


def _refusal(error: urllib.error.HTTPError) -> InputError | AccessError:
    try:
        told = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        told = {"code": "bad_format", "message": str(error), "field": ""}
    if error.code in (401, 403):
        return AccessError(told["message"], signed_in=error.code == 403)
    return InputError(told["code"], told["message"], field=told.get("field") or "")


def _identified(event: Mapping[str, Any]) -> Json:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return {"id": secrets.token_hex(16), "timestamp": now, **event}
