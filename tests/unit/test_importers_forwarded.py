"""Who asked, behind which proxies."""

from __future__ import annotations

import pytest

from stats.events.importers.forwarded import address_of, client_of, is_address_list, trust
from tests.importing import import_lines

TRUSTED = trust(["10.0.0.0/8", "fd00::/8", "127.0.0.1"])
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", "192.0.2.1"),
        ("10.0.0.9", None, "10.0.0.9"),
        ("10.0.0.9", "-", "10.0.0.9"),
        ("10.0.0.9", "", "10.0.0.9"),
        ("10.0.0.9", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.9:4711", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.9", "203.0.113.5, 10.0.0.3", "203.0.113.5"),
        ("10.0.0.9", "6.6.6.6, 203.0.113.5, 10.0.0.3", "203.0.113.5"),
        ("10.0.0.9", "6.6.6.6,203.0.113.5:443", "203.0.113.5"),
        ("10.0.0.9", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.9", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.9", "::ffff:203.0.113.5", "203.0.113.5"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.9", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.9", "203.0.113.5, unknown", "203.0.113.5"),
        ("10.0.0.9", "unknown", "10.0.0.9"),
        ("10.0.0.9", "203.0.113.5, proxy.example.org, 10.0.0.3", "203.0.113.5"),
        ("10.0.0.9", "10.0.0.4, 10.0.0.3", "10.0.0.4"),
        ("10.0.0.9", 'for=203.0.113.5;proto=https, for="[fd00::2]:80"', "203.0.113.5"),
        ("10.0.0.9", 'For="[2001:db8::1]:4711"', "2001:db8::1"),
        ("10.0.0.9", "for=_hidden, for=unknown", "10.0.0.9"),
        ("unix:", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.9, 10.0.0.1", None, "192.0.2.9"),
        ("client.example.org", None, None),
        ("client.example.org", "203.0.113.5", None),
        ("null", None, None),
        ("-", None, None),
        (None, None, None),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_not_trusted(peer, forwarded, client):
    assert client_of(peer, forwarded, is_trusted=TRUSTED) == client


def test_without_trust_only_the_peer_counts():
    assert client_of("10.0.0.9", "203.0.113.5", is_trusted=trust([])) == "10.0.0.9"


@pytest.mark.parametrize(
    ("text", "address"),
    [("fe80::1%eth0", "fe80::1"), ("192.0.2.1 ", "192.0.2.1"), ("192.0.2.256", None), ("1", None)],
)
def test_addresses_as_they_are_written(text, address):
    assert address_of(text) == address


def test_lists_of_addresses():
    assert is_address_list("203.0.113.5, unknown")
    assert not is_address_list("unknown")
    assert not is_address_list("203.0.113.5, Mozilla/5.0")
    assert not is_address_list("200")


FORMATS = {
    "nginx main": '10.0.0.9 - - {T} "-" "{A}" "203.0.113.5"',
    "list": '10.0.0.9 - - {T} "-" "{A}" "203.0.113.5, 10.0.0.3"',
    "key=value": '10.0.0.9 - - {T} "-" "{A}" rt=0.004 xff="203.0.113.5" ua="127.0.0.1:80"',
    "bare": '10.0.0.9 - - {T} "-" "{A}" 0.004 203.0.113.5',
    "before the peer": '203.0.113.5, 10.0.0.3 10.0.0.9 - - {T} "-" "{A}"',
    "quoted before": '"203.0.113.5" 10.0.0.9 - - {T} "-" "{A}"',
    "behind the peer": '10.0.0.9 203.0.113.5 - - {T} "-" "{A}"',
    "in the peer's place": '203.0.113.5, 10.0.0.3 - - {T} "-" "{A}"',
    "with an upstream": '10.0.0.9 - - {T} "-" "{A}" "203.0.113.5" "10.0.0.7:8080" 0.004',
}


@pytest.mark.parametrize("line", FORMATS.values(), ids=FORMATS)
def test_forwarded_for_in_a_combined_line(line, tmp_path):
    time = '[10/Nov/2026:10:00:00 +0000] "GET /records/1 HTTP/1.1" 200 5120'
    line = line.replace("{T}", time).replace("{A}", AGENT)
    _summary, [event] = import_lines(tmp_path, line, trusted=("10.0.0.0/8",))
    assert (event["ip_address"], event["user_agent"]) == ("203.0.113.5", AGENT)


def test_the_server_behind_is_never_the_client(tmp_path):
    time = '[10/Nov/2026:10:00:00 +0000] "GET /records/1 HTTP/1.1" 200 5120'
    lines = [
        f'10.0.0.9 - - {time} "-" "{AGENT}" "-" "192.0.2.80:8080"',
        f'10.0.0.9 - - {time} "-" "{AGENT}" "203.0.113.5" "192.0.2.80:8080"',
    ]
    _summary, events = import_lines(tmp_path, *lines, trusted=("10.0.0.0/8",))
    assert [event["ip_address"] for event in events] == ["10.0.0.9", "203.0.113.5"]
