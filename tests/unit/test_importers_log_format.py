"""``--log-format``: the line of a server's configuration, as it stands there."""

from __future__ import annotations

import pytest

from stats.errors import InputError
from stats.events.importers.configured import build_configured
from tests.importing import import_lines, mapping

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
T = '[10/Nov/2026:10:00:00 +0000] "GET /records/1?x=1 HTTP/1.1" 200 512'
APACHE = r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"" combined'
CASES = {
    "the whole line of Apache": (APACHE, f'192.0.2.1 - - {T} "-" "{AGENT}"'),
    "its format alone": (
        '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"',
        f'192.0.2.1 - - {T} "-" "{AGENT}"',
    ),
    "with escaped quotes": (
        r"%h %l %u %t \"%r\" %>s %b \"%{User-agent}i\"",
        f'192.0.2.1 - - {T} "{AGENT}"',
    ),
    "a nickname": ("vhost_combined", f'repo.example.org:443 192.0.2.1 - - {T} "-" "{AGENT}"'),
    "CustomLog": (
        r'CustomLog logs/a.log "%t %a \"%m %U%q %H\" %s \"%{User-Agent}i\" %D" env=x',
        f'[10/Nov/2026:10:00:00 +0000] 192.0.2.1 "GET /records/1?x=1 HTTP/1.1" 200 "{AGENT}" 1234',
    ),
    "conditions and a cookie": (
        r'LogFormat "%{c}a %{sid}C %!200,304{Referer}i %t \"%r\" %>s %{User-Agent}i" x',
        f"192.0.2.1 abc - {T[:-4]} {AGENT}",
    ),
    "a time of one's own": (
        r'LogFormat "%{%Y-%m-%d %H:%M:%S}t.%{msec_frac}t %a \"%r\" %s \"%{User-Agent}i\"" x',
        f'2026-11-10 10:00:00.123 192.0.2.1 "GET /records/1?x=1 HTTP/1.1" 200 "{AGENT}"',
    ),
    "seconds since 1970": (
        r'LogFormat "%{sec}t %a \"%r\" %s \"%{User-Agent}i\"" x',
        f'1794304800 192.0.2.1 "GET /records/1?x=1 HTTP/1.1" 200 "{AGENT}"',
    ),
    "nginx": (
        "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n"
        "                '$status $body_bytes_sent \"$http_referer\" '\n"
        '                \'"$http_user_agent" "$http_x_forwarded_for"\';',
        f'192.0.2.1 - - {T} "-" "{AGENT}" "-"',
    ),
    "nginx, a string": (
        '$remote_addr [$time_iso8601] $request_time "$request_method $request_uri" $status'
        ' "$http_user_agent"',
        f'192.0.2.1 [2026-11-10T10:00:00+00:00] 0.004 "GET /records/1?x=1" 200 "{AGENT}"',
    ),
    "nginx with JSON's escapes": (
        'log_format j escape=json \'{"t":$msec,"a":"$remote_addr","r":"$request",\''
        '\'"s":$status,"ua":"${http_user_agent}"}\';',
        '{"t":1794304800.123,"a":"192.0.2.1","r":"GET /records/1?x=1 HTTP/1.1","s":200,'
        '"ua":"AGENT"}',
    ),
    "nginx without escapes": (
        "log_format n escape=none"
        " '$remote_addr\t$time_iso8601\t$request\t$status\t$http_user_agent';",
        "192.0.2.1\t2026-11-10T10:00:00Z\tGET /records/1?x=1 HTTP/1.1\t200\tAGENT",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_line_by_its_configuration(name, tmp_path):
    log_format, line = CASES[name]
    line = line.replace("AGENT", AGENT)
    summary, events = import_lines(tmp_path, line, log_format=log_format)
    assert (summary.problems, summary.result.malformed) == ([], 0), summary.result.faults
    [event] = events
    assert (event["resource"], event["ip_address"]) == ("record:1", "192.0.2.1")
    assert event["timestamp"].startswith("2026-11-10T10:00:00.")
    assert event["request_url"] == "/records/1?x=1"
    assert event["user_agent"] == AGENT


def test_fields_that_only_a_configuration_can_name(tmp_path):
    log_format = r'LogFormat "%h %u %{sid}C %{uid}C %{X-Client}i %t \"%r\" %>s" x'
    fields = {"session_id": "%{sid}C", "user_cookie": "%{uid}C", "forwarded_for": "%{X-Client}i"}
    lines = "\n".join(f"{name} = '{field}'" for name, field in fields.items())
    rule = "[[rule]]\npath = '^/records/1'\ntype = 'record-view'\nresource = 'record:1'"
    text = f"[fields]\n{lines}\n{rule}"
    _summary, [event] = import_lines(
        tmp_path,
        f"10.0.0.9 mary jane s1 u1 203.0.113.5 {T[:-4]}",
        log_format=log_format,
        rules=mapping(text),
        trusted=("10.0.0.0/8",),
    )
    assert (event["user_id"], event["session_id"], event["user_cookie"], event["ip_address"]) == (
        *("mary jane", "s1", "u1"),
        "203.0.113.5",
    )


@pytest.mark.parametrize(
    ("log_format", "words"),
    [
        ("%h %l %u", ["time", "status", "request"]),
        ("$remote_addr $status", ["time", "request"]),
        ("nothing", ["LogFormat", "log_format"]),
        ("log_format x escape=html '$remote_addr'", ["escape", "html"]),
        ("CustomLog logs/a%b.log", ["CustomLog", "format"]),
    ],
)
def test_a_configuration_that_is_none_says_what_it_lacks(log_format, words):
    with pytest.raises(InputError) as caught:
        build_configured(log_format)
    assert all(word in caught.value.message for word in words), caught.value.message


def test_lines_of_another_format_say_which_would_fit(tmp_path):
    summary, events = import_lines(
        tmp_path, f'192.0.2.1 - - {T} "-" "{AGENT}"', log_format="common"
    )
    assert events == []
    assert "is not in the format log-format; it looks like combined" in summary.problems[0]
