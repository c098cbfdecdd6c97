"""Every format: what a file is taken for, and what one line of it says.

The lines are written as the servers' documentation shows them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stats.events.importers.catalogue import LOG_FORMATS
from tests.importing import import_lines

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
PLUS = AGENT.replace(" ", "+")
PERCENT = AGENT.replace(" ", "%20")
T = '[10/Nov/2026:10:00:00 +0000] "GET /records/1?x=1 HTTP/1.1" 200 512'
COMBINED = f'192.0.2.1 - - {T} "-" "{AGENT}"'
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
    "#Date: 2026-11-10 00:00:00\n#Fields: {}\n{}"
)
HAPROXY = (
    "192.0.2.1:33317 [10/Nov/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750"
    " - - ---- 1/1/1/1/0 0/0 "
)
CADDY = {
    "level": "info",
    "ts": 1794304800.123,
    "logger": "http.log.access",
    "msg": "handled request",
    "request": {
        "remote_ip": "192.0.2.1",
        "remote_port": "4711",
        "client_ip": "192.0.2.1",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "repo.example.org",
        "uri": "/records/1?x=1",
        "headers": {"User-Agent": [AGENT], "Accept": ["*/*"]},
    },
    "user_id": "",
    "size": 512,
    "status": 200,
}
TRAEFIK = {
    "ClientAddr": "192.0.2.1:4711",
    "ClientHost": "192.0.2.1",
    "ClientUsername": "-",
    "DownstreamContentSize": 512,
    "DownstreamStatus": 200,
    "RequestMethod": "GET",
    "RequestPath": "/records/1?x=1",
    "StartUTC": "2026-11-10T10:00:00.123456789Z",
    "StartLocal": "2026-11-10T11:00:00.123456789+01:00",
    "request_User-Agent": AGENT,
    "time": "2026-11-10T10:00:01Z",
}
NGINX = {
    "time_local": "10/Nov/2026:10:00:00 +0000",
    "remote_addr": "192.0.2.1",
    "remote_user": "",
    "request": "GET /records/1?x=1 HTTP/1.1",
    "status": "200",
    "body_bytes_sent": "512",
    "request_time": "0.004",
    "http_referrer": "",
    "http_user_agent": AGENT,
}
ECS = {
    "@timestamp": "2026-11-10T10:00:00.000Z",
    "source": {"ip": "192.0.2.1"},
    "url": {"original": "/records/1?x=1"},
    "http": {"request": {"method": "GET"}, "response": {"status_code": 200}},
    "user_agent": {"original": AGENT},
}
FLAT_ECS = {
    "@timestamp": "2026-11-10T10:00:00.000Z",
    "client.ip": "192.0.2.1",
    "url.path": "/records/1",
    "url.query": "x=1",
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "user_agent.original": AGENT,
}
NESTED = {"access": {"time": "2026-11-10T10:00:00+00:00", "remote_addr": "192.0.2.1",
                     "request": {"method": "GET", "uri": "/records/1?x=1"},
                     "response": {"status": 200}, "user_agent": AGENT}}  # fmt: skip
GOOGLE = {
    "timestamp": "2026-11-10T10:00:00Z",
    "httpRequest": {
        "requestMethod": "GET",
        "requestUrl": "https://repo.example.org/records/1?x=1",
        "status": 200,
        "responseSize": "512",
        "userAgent": AGENT,
        "remoteIp": "192.0.2.1",
    },
}
ENVOY = {
    "start_time": "2026-11-10T10:00:00.123Z",
    "method": "GET",
    "path": "/records/1?x=1",
    "response_code": 200,
    "bytes_sent": 512,
    "user_agent": AGENT,
    "downstream_remote_address": "192.0.2.1:4711",
}
ALB = (
    "h2 2026-11-10T10:00:00.123456Z app/lb/50dc 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 0.000"
    ' 200 200 34 366 "GET https://repo.example.org:443/records/1?x=1 HTTP/2.0"'
    f' "{AGENT}" ECDHE TLSv1.2 arn:aws:x "Root=1-58" "repo.example.org" "arn:c" 1'
    ' 2026-11-10T10:00:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
)
ELB = (
    "2026-11-10T10:00:00.123456Z my-elb 192.0.2.1:2817 10.0.0.1:80 0.000073 0.001048 0.000057"
    f' 200 200 0 29 "GET http://repo.example.org:80/records/1?x=1 HTTP/1.1" "{AGENT}" - -'
)
S3 = (
    "79a59df900b949e5 repo-bucket [10/Nov/2026:10:00:00 +0000] 192.0.2.1 arn:aws:iam::1:role/web"
    ' 3E57427F33A59F07 REST.GET.OBJECT records/1 "GET /records/1?x=1 HTTP/1.1" 200 - 512 512'
    f' 41 28 "-" "{AGENT}" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2= SigV4 ECDHE-RSA AuthHeader'
    " repo-bucket.s3.amazonaws.example TLSV1.2 - -"
)
TRACE = (
    '192.0.2.1 - [10/Nov/2026:10:00:00 +0000] "GET /records/1?x=1 HTTP/1.1" 200  512 "-"'
    f'  "{AGENT}" "-" 9f3c 1762768800.123 0.004 - -'
)

CASES = {
    "combined": ("combined", COMBINED),
    "common": ("common", f"192.0.2.1 - - {T}"),
    "common with a duration": ("common", f"192.0.2.1 - - {T} 0.004"),
    "vhost_combined": ("combined", f"repo.example.org:443 {COMBINED}"),
    "virtual host without port": ("combined", f"repo.example.org {COMBINED}"),
    "virtual host that is an address": ("combined", f"192.0.2.80:443 {COMBINED}"),
    "virtual host behind": ("combined", f"{COMBINED} repo.example.org:443"),
    "virtual host as identity": ("combined", COMBINED.replace(" - - ", " repo.example.org - ")),
    "virtual host before the request": ("combined", COMBINED.replace('"GET', 'repo.org "GET')),
    "virtual host, quoted": ("combined", COMBINED.replace('"GET', '"repo.org" "GET')),
    "combinedio": ("combined", f"{COMBINED} 430 5120"),
    "a duration behind": ("combined", f"{COMBINED} 0.004"),
    "a quoted field behind": ("combined", f'{COMBINED} "-"'),
    "a cookie behind": ("combined", f'{COMBINED} "sid=a; uid=\\"b\\""'),
    "key=value behind": ("combined", f'{COMBINED} rt=0.004 uct="0.000" urt="-" host=h'),
    "ingress of Kubernetes": (
        "combined",
        f"{COMBINED} 430 0.004 [ns-svc-80] [] 10.0.0.7:8080 512 0.004 200 7b2c",
    ),
    "proxy of Traefik": ("combined", f'{COMBINED} 12 "web@docker" "http://10.0.0.7:80" 3ms'),
    "agent before referrer": ("combined", f'192.0.2.1 - - {T} "{AGENT}" "https://x.example/"'),
    "ISO time": (
        "combined",
        COMBINED.replace("10/Nov/2026:10:00:00 +0000", "2026-11-10T10:00:00+00:00"),
    ),
    "haproxy's clf": ("combined", f'192.0.2.1 - - {T} "" "" 40812 123 "http-in" "app" "s1" 0 0'),
    "IPv6": ("combined", COMBINED.replace("192.0.2.1", "2001:db8::1")),
    "inveniordm": ("inveniordm", TRACE),
    "IIS": (
        "w3c",
        IIS.format(
            "date time s-ip cs-method cs-uri-stem cs-uri-query cs-username c-ip"
            " cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
            f"2026-11-10 10:00:00 198.51.100.1 GET /records/1 x=1 - 192.0.2.1 {PLUS} - 200 0 0 4",
        ),
    ),
    "IIS in another order": (
        "w3c",
        IIS.format(
            "sc-status c-ip cs(User-Agent) time cs-uri-query cs-uri-stem cs-method",
            f"200 192.0.2.1 {PLUS} 10:00:00 x=1 /records/1 GET",
        ),
    ),
    "CloudFront": (
        "w3c",
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host)"
        " cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query\n"
        f"2026-11-10\t10:00:00\tFRA2\t512\t192.0.2.1\tGET\td.example\t/records/1\t200\t-\t{PERCENT}\tx=1",
    ),
    "CloudFront, encoded twice": (
        "w3c",
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host)"
        " cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query\n"
        "2026-11-10\t10:00:00\tFRA2\t512\t192.0.2.1\tGET\td.example\t/records/1\t200\t-\t"
        f"{PERCENT.replace('%', '%25')}\tx=1",
    ),
    "nginx JSON": ("json", json.dumps(NGINX)),
    "Caddy": ("json", json.dumps(CADDY)),
    "Traefik": ("json", json.dumps(TRAEFIK)),
    "Elastic Common Schema": ("json", json.dumps(ECS)),
    "Elastic Common Schema, flat": ("json", json.dumps(FLAT_ECS)),
    "one object more around": ("json", json.dumps(NESTED)),
    "Google's balancer": ("json", json.dumps(GOOGLE)),
    "Envoy": ("json", json.dumps(ENVOY)),
    "S3": ("s3", S3),
    "classic balancer": ("elb", ELB),
    "application balancer": ("alb", ALB),
    "HAProxy": ("haproxy", HAPROXY + '"GET /records/1?x=1 HTTP/1.1"'),
    "HAProxy, captures": (
        "haproxy",
        HAPROXY + f'{{repo.example.org|{AGENT}|}} {{}} "GET /records/1?x=1 HTTP/1.1"',
    ),
    "HAProxy over TLS": (
        "haproxy",
        HAPROXY + '"GET /records/1?x=1 HTTP/2.0" 0/00000000/0/0/0 repo/TLSv1.3/TLS_AES_256',
    ),
}
ENVELOPES = {
    "syslog": "<190>Nov 10 10:00:00 web1 nginx: {}",
    "syslog file": "Nov  1 10:00:00 web1 nginx[12]: {}",
    "syslog of an address": "Nov 10 10:00:00 10.0.0.9 nginx[12]: {}",
    "rsyslog": "2026-11-10T10:00:00.123456+01:00 web1 nginx: {}",
    "journald": "2026-11-10T10:00:00+0100 web1 nginx[12]: {}",
    "journald with unit": "Tue 2026-11-10 10:00:00 UTC web1 nginx[12]: {}",
    "RFC 5424": "<190>1 2026-11-10T10:00:00.123Z web1 nginx 12 - - {}",
    "RFC 5424 with data": '<190>1 2026-11-10T10:00:00.123Z web1 nginx 12 ID1 [x@1 a="\\]b"] {}',
    "Kubernetes": "2026-11-10T10:00:00.123456789Z stdout F {}",
    "compose": "nginx-1  | {}",
    "time": "2026-11-10T10:00:00.123Z {}",
}
WITHOUT_AGENT = {
    *("common", "common with a duration", "haproxy's clf", "HAProxy", "HAProxy over TLS"),
}


def expect_one(event, name):
    assert event["resource"] == "record:1"
    assert event["ip_address"] == ("2001:db8::1" if name == "IPv6" else "192.0.2.1")
    assert event["timestamp"].startswith("2026-11-10T10:00:00.")
    assert event["request_url"].endswith("/records/1?x=1")
    assert event.get("user_agent") == (None if name in WITHOUT_AGENT else AGENT)
    assert "user_id" not in event


@pytest.mark.parametrize("name", CASES)
def test_a_line_of_each_format(name, tmp_path):
    taken_for, text = CASES[name]
    said = []
    summary, events = import_lines(tmp_path, text, say=said.append)
    assert (summary.problems, summary.result.malformed) == ([], 0), summary.result.faults
    assert f": read as {taken_for}: " in said[0]
    [event] = events
    expect_one(event, name)


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES)
@pytest.mark.parametrize("name", ["combined", "HAProxy", "Caddy", "S3", "IPv6"])
def test_a_prefix_before_each_format(envelope, name, tmp_path):
    lines = [envelope.replace("{}", line) for line in CASES[name][1].split("\n")]
    _summary, [event] = import_lines(tmp_path, *lines)
    expect_one(event, name)


def test_objects_around_a_line(tmp_path):
    for around in (
        {"log": f"{COMBINED}\n", "stream": "stdout", "time": "2026-11-10T10:00:00.1Z"},
        {"MESSAGE": COMBINED, "SYSLOG_IDENTIFIER": "nginx", "PRIORITY": "6"},
        {"MESSAGE": [*COMBINED.encode()], "SYSLOG_IDENTIFIER": "nginx"},
        {"@timestamp": "2026-11-10T10:00:00Z", "message": COMBINED},
    ):
        _summary, [event] = import_lines(tmp_path, json.dumps(around))
        expect_one(event, "combined")


def test_lines_of_other_programs_are_skipped(tmp_path):
    lines = [
        f"Nov 10 10:00:00 web1 nginx[12]: {COMBINED}",
        "Nov 10 10:00:01 web1 sshd[99]: Accepted publickey for root",
        "Nov 10 10:00:01 web1 CRON[100]: (root) CMD (true)",
    ]
    summary, events = import_lines(tmp_path, *lines)
    assert str(summary.result) == "imported 1, skipped 2, malformed 0"
    expect_one(events[0], "combined")


def test_each_definition_is_found_and_documented():
    tried = {taken_for for taken_for, _ in CASES.values()} | {"counter"}
    assert tried == {*LOG_FORMATS}, "CASES, above, has a line of each format"
    page = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")
    named = {
        name for row in re.findall(r"(?m)^\|([^|]+)\|", page) for name in re.findall("`(.+?)`", row)
    }
    assert {*LOG_FORMATS} <= named, "docs/importing.md has a row of each format"


def test_fields_of_w3c_change_in_the_middle_of_a_file(tmp_path):
    first = IIS.format("date time c-ip cs-method cs-uri-stem sc-status", "")
    lines = [
        *first.strip().split("\n"),
        "2026-11-10 10:00:00 192.0.2.1 GET /records/1 200",
        "#Fields: date time cs-method cs-uri-stem sc-status c-ip cs-username",
        "2026-11-10 10:00:01 GET /records/2 200 192.0.2.2 DOM\\mary",
        "2026-11-10 10:00:01 GET /records/2 200",
    ]
    summary, events = import_lines(tmp_path, *lines)
    assert summary.result.malformed == 1
    assert [(e["resource"], e["ip_address"], e.get("user_id")) for e in events] == [
        ("record:1", "192.0.2.1", None),
        ("record:2", "192.0.2.2", "DOM\\mary"),
    ]


def test_other_operations_of_s3_are_skipped(tmp_path):
    lines = [S3, S3.replace("REST.GET.OBJECT", "REST.GET.ACL"), S3.replace(" 200 ", " 206 ")]
    summary, _events = import_lines(tmp_path, *lines)
    assert str(summary.result) == "imported 1, skipped 2, malformed 0"


def test_an_object_without_an_agent_is_a_client_that_said_none(tmp_path):
    """Caddy leaves a header out that was not sent; that is a robot's silence, not a system's."""
    silent = json.loads(json.dumps(CADDY))
    del silent["request"]["headers"]["User-Agent"]
    _summary, events = import_lines(tmp_path, json.dumps(CADDY), json.dumps(silent))
    assert [event["user_agent"] for event in events] == [AGENT, ""]


def test_other_lines_of_a_json_log_are_skipped(tmp_path):
    other = {"level": "info", "ts": 1794304800.1, "msg": "serving"}
    summary, _events = import_lines(tmp_path, json.dumps(other), json.dumps(CADDY), "{broken")
    assert str(summary.result) == "imported 1, skipped 1, malformed 1"


def test_users_and_sessions_of_inveniordm(tmp_path):
    _summary, [event] = import_lines(tmp_path, TRACE[:-3] + "s1 7")
    assert (event["session_id"], event["user_id"]) == ("s1", "7")
    named = NGINX | {"upstream_http_x_user_id": "7", "upstream_http_x_session_id": "s1"}
    _summary, [event] = import_lines(tmp_path, json.dumps(named))
    assert (event["session_id"], event["user_id"]) == ("s1", "7")


def test_the_agent_never_swallows_a_field_behind_it(tmp_path):
    """What nginx ships by default: four lines, one visitor and no agent with an address in it."""
    lines = [
        f'10.0.0.9 - - {T} "-" "-" "203.0.113.5"',
        f'10.0.0.9 - - {T} "-" "{AGENT}" "-"',
        f'10.0.0.9 - - {T} "-" "a "quoted" agent" "203.0.113.5"',
        f'10.0.0.9 - - {T} "-" "a \\"quoted\\" agent" "203.0.113.5"',
    ]
    _summary, events = import_lines(tmp_path, *lines)
    agents = [event["user_agent"] for event in events]
    assert agents == ["", AGENT, 'a "quoted" agent', 'a "quoted" agent']
