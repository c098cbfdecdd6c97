"""Access logs of one JSON object a line, whatever its keys are called.

Read are nginx (``escape=json``), Caddy, Traefik, Apache, HAProxy, Envoy, the Elastic Common
Schema, cloud balancers and home-made ones: :data:`KEYS` has the names under which a field is
known, in the order in which they are asked. Nested keys are joined: ``request.headers.Referer``
is ``request_headers_referer``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

import orjson

from stats.errors import InputError
from stats.events.importers.escapes import unescape_target
from stats.events.importers.formats.combined import split_request
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_any
from stats.events.importers.request import NO_NAMES, Request

KEYS: Mapping[str, tuple[str, ...]] = {
    "time": (
        *("time_iso8601", "startutc", "start_time", "timestamp", "time_local", "msec", "ts"),
        *("edgestarttimestamp", "time", "datetime", "date_time", "local_time", "event_time"),
        *("startlocal", "date", "t", "requesttime"),
    ),
    "request": ("request", "request_line", "requestline", "http_request_line", "r", "message"),
    "method": (
        *("request_method", "requestmethod", "method", "http_request_method", "verb", "m"),
        *("http_method", "httpmethod", "clientrequestmethod", "httprequest_requestmethod"),
    ),
    "target": (
        *("request_uri", "request_target", "requestpath", "request_url", "url_original"),
        *("clientrequesturi", "httprequest_requesturl", "original_path", "x_envoy_original_path"),
        *("uri", "url", "request_path", "url_path", "path", "document_uri", "u", "http_url"),
    ),
    "query": ("args", "query_string", "query", "url_query", "q", "request_query"),
    "status": (
        *(
            "status",
            "downstreamstatus",
            "response_code",
            "status_code",
            "http_response_status_code",
        ),
        *("response_status", "edgeresponsestatus", "httprequest_status", "sc_status", "code", "s"),
        *("http_status", "http_status_code", "response", "response_status_code"),
    ),
    "address": (
        *("remote_addr", "request_remote_ip", "clienthost", "request_remote_addr", "clientaddr"),
        *("downstream_remote_address", "remote_ip", "client_ip", "clientip", "source_ip"),
        *("request_client_ip", "remote_address", "httprequest_remoteip", "source_address"),
        *("remotehost", "remote_host", "remote", "client_address", "client", "remoteip"),
        *("host_ip", "ip", "h", "a", "ipaddress", "ip_address"),
    ),
    "forwarded": (
        *("http_x_forwarded_for", "request_headers_x_forwarded_for", "request_x_forwarded_for"),
        *("x_forwarded_for", "xforwardedfor", "forwarded_for", "xff", "http_xff", "forwardedfor"),
        *("proxy_add_x_forwarded_for", "http_forwarded", "request_headers_forwarded", "forwarded"),
    ),
    "user": (
        *("upstream_http_x_user_id", "remote_user", "user_id", "clientusername", "user_name"),
        *("request_user", "auth_user", "username", "user"),
    ),
    "session": ("upstream_http_x_session_id", "session_id", "x_session_id"),
    "agent": (
        *("http_user_agent", "request_headers_user_agent", "request_user_agent", "user_agent"),
        *("user_agent_original", "useragent", "clientrequestuseragent", "httprequest_useragent"),
        *("agent", "ua", "request_useragent"),
    ),
    "referrer": (
        *("http_referer", "request_headers_referer", "request_referer", "http_request_referrer"),
        *("referer", "referrer", "http_referrer", "clientrequestreferer", "httprequest_referer"),
        *("http_request_referer",),
    ),
    "size": (
        *("body_bytes_sent", "downstreamcontentsize", "http_response_body_bytes", "size"),
        *("bytes_sent", "edgeresponsebytes", "httprequest_responsesize", "response_size"),
        *("bytes", "response_bytes", "bytes_out", "b", "length", "content_length"),
    ),
}
"""Per field, the keys it may have: lower case, with ``_`` for everything else."""

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_DEEPEST = 6


def flatten(obj: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield keys and values; of a list that holds anything the first, or texts as one list."""
    for key, value in obj.items():
        name = f"{prefix}{_NOT_WORD.sub('_', key.lower()).strip('_')}"
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from flatten(value, f"{name}_", depth + 1)
        elif isinstance(value, list):
            yield name, ", ".join(map(str, value)) if value else None
        else:
            yield name, value


class JsonReader:
    """Reads JSON objects; which keys it asks is remembered for objects of the same keys."""

    def __init__(self, asked: Asked, *, has_agents: bool = False) -> None:
        self._asked = asked
        self._has_agents = has_agents
        self._plans: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}

    def read(self, line: str) -> Request | None:
        """Return the request of a line; an object that tells of no request is none."""
        obj = _decode(line)
        flat = _fields_of(obj)
        plan = self._plan(tuple(flat))
        found = {name: _first(flat, keys) for name, keys in plan.items()}
        status, time = found["status"], found["time"]
        if status is None and time is None:
            raise InputError("bad_format", "is no access log: it has neither status nor time")
        method, target = _request_of(found)
        if status is None or not target:
            return None  # a log of the same server that is of something else
        return Request(
            _time(time, self._asked.zone),
            method,
            target,
            _status(status),
            _text(found["address"]),
            _text(found["forwarded"]),
            _text(found["user"]),
            _text(found["session"]),
            None,
            self._agent(found["agent"]),
            _client_text(found["referrer"]),
            _size(found["size"]),
            self._named(obj, flat),
        )

    def _agent(self, value: Any) -> str | None:
        """Return the agent; where others have one, its absence is an agent that said nothing."""
        return "" if value is None and self._has_agents else _client_text(value)

    def _plan(self, keys: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        plan = self._plans.get(keys)
        if plan is None:
            if len(self._plans) > 1_000:
                self._plans.clear()
            there = set(keys)
            plan = {name: tuple(k for k in known if k in there) for name, known in KEYS.items()}
            self._plans[keys] = plan
        return plan

    def _named(self, obj: Mapping[str, Any], flat: Mapping[str, Any]) -> Mapping[str, str]:
        if not self._asked.names:
            return NO_NAMES
        named = {}
        for name in self._asked.names:
            value = obj.get(name, flat.get(_NOT_WORD.sub("_", name.lower()).strip("_")))
            if value is not None and not isinstance(value, dict | list):
                named[name] = str(value)
        return named


def _fields_of(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an object; where all is in one more object, without its name."""
    flat = dict(flatten(obj))
    if not any(key in flat for key in KEYS["status"]):
        for value in obj.values():
            if isinstance(value, dict):
                flat = dict(flatten(value)) | flat
    return flat


def _decode(line: str) -> dict[str, Any]:
    try:
        obj = orjson.loads(line.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        raise InputError("not_json", f"is not JSON: {error}") from error
    if not isinstance(obj, dict):
        raise InputError("wrong_type", "is not a JSON object")
    return obj


def _first(flat: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the first value that says anything; an empty one if none does."""
    empty = None
    for key in keys:
        value = flat[key]
        if value not in (None, "", "-"):
            return value
        empty = value if empty is None else empty
    return empty


def _request_of(found: Mapping[str, Any]) -> tuple[str, str]:
    method, target = _text(found["method"]), _text(found["target"])
    if not (method and target):
        split = split_request(_text(found["request"]) or "")
        method, target = method or split[0], target or split[1]
    query = _text(found["query"])
    if query not in (None, "", "-") and "?" not in target:
        target = f"{target}?{query}"
    return method, unescape_target(target)


def _time(value: Any, zone: tzinfo) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InputError("missing", "has no time", field="timestamp")
    return parse_any(value.strip("[]") if isinstance(value, str) else value, zone)


def _status(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise InputError("bad_format", f"{text[:10]!r} is not a status", field="status")
    return int(text)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _client_text(value: Any) -> str | None:
    return "" if value == "-" else _text(value)


def _size(value: Any) -> str | int | None:
    return None if value is None or isinstance(value, bool) else str(value)


def open_json(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of JSON objects."""
    objects = [obj for line in sample if (obj := _try(line)) is not None]
    if not objects:
        return None
    has_agents = any(key in _fields_of(obj) for obj in objects for key in KEYS["agent"])
    return JsonReader(asked, has_agents=has_agents)


def _try(line: str) -> dict[str, Any] | None:
    try:
        return _decode(line)
    except InputError:
        return None


FORMATS = (LogFormat("json", "JSON lines (nginx, Caddy, Traefik and others)", open_json, rank=10),)
