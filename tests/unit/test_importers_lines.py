"""Lines become events: what is taken, skipped and malformed, and under which id."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from stats.events.importers.occurrences import Occurrences
from tests.importing import FILES, import_lines, mapping

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
LINE = (
    '192.0.2.7 - mary [17/May/2015:10:05:03 +0200] "GET /files/a.pdf?x=1 HTTP/1.1" 200 2030 '
    '"https://search.example/?q=1" "Mozilla/5.0 (X11)"'
)


@pytest.fixture
def imported(tmp_path):
    def imported(*lines, **more):
        return import_lines(tmp_path, *lines, **{"rules": mapping(FILES), "now": NOW, **more})

    return imported


def swapped(*pairs):
    line = LINE
    for old, new in pairs:
        assert old in line
        line = line.replace(old, new)
    return line


def test_a_line_is_an_event(imported):
    _summary, [event] = imported(LINE)
    assert event.pop("id")
    assert event == {
        "type": "file-download",
        "resource": "file:a.pdf",
        "parents": ["collection:files", "record:a.pdf"],
        "owner_id": "o-a.pdf",
        "title": "The a.pdf",
        "access": "restricted",
        "via": "api",
        "timestamp": "2015-05-17T08:05:03.000Z",
        "ip_address": "192.0.2.7",
        "user_id": "mary",
        "user_agent": "Mozilla/5.0 (X11)",
        "referrer": "https://search.example/?q=1",
        "size": 2030,
        "request_url": "/files/a.pdf?x=1",
    }


def test_hyphens_are_empty_or_absent(imported):
    line = swapped(
        (" mary ", " - "),
        (" 2030 ", " - "),
        ('"Mozilla/5.0 (X11)"', '"-"'),
        ("https://search.example/?q=1", "-"),
    )
    _summary, [event] = imported(line)
    assert (event["user_agent"], event["referrer"]) == ("", "")
    assert "user_id" not in event
    assert "size" not in event


@pytest.mark.parametrize("status", [200, 304])
def test_use_is_counted(imported, status):
    assert imported(swapped((" 200 ", f" {status} ")))[1]


@pytest.mark.parametrize(
    "swap",
    [
        (" 200 ", " 206 "),
        (" 200 ", " 404 "),
        (" 200 ", " 301 "),
        ("GET", "HEAD"),
        ("GET", "POST"),
        ("/files/", "/elsewhere/"),
        ("GET /files/a.pdf?x=1 HTTP/1.1", "-"),
        ("GET /files/a.pdf?x=1 HTTP/1.1", ""),
        ("GET /files/a.pdf?x=1 HTTP/1.1", r"\x16\x03\x01"),
        ("GET /files/a.pdf?x=1 HTTP/1.1", r"\"GET /files/a.pdf HTTP/1.1\""),
    ],
)
def test_other_requests_are_skipped(imported, swap):
    summary, events = imported(swapped(swap))
    assert (str(summary.result), events) == ("imported 0, skipped 1, malformed 0", [])


def test_http_2_and_3_and_absolute_targets_are_requests(imported):
    for version in ("HTTP/2.0", "HTTP/2", "HTTP/3.0"):
        assert imported(swapped(("HTTP/1.1", version)))[1][0]["resource"] == "file:a.pdf"
    [event] = imported(swapped(("/files/", "https://repo.example/files/")))[1]
    assert event["resource"] == "file:a.pdf"


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        LINE[:-20],
        LINE.replace("May", "Mai"),
        LINE.replace("May", "anF"),
        LINE.replace("17/May/2015", "17-05-2015"),
        LINE.replace(" 200 ", " OK "),
        LINE.replace("17/May", "32/May"),
        LINE.replace("2015", "1989"),
        LINE.replace("2015", "2024").replace("17/May", "19/May"),
        LINE.replace("a.pdf", "x" * 300),
    ],
)
def test_a_malformed_line_says_so(imported, line):
    summary, _events = imported(LINE, line)
    assert str(summary.result) == "imported 1, skipped 0, malformed 1"
    assert summary.result.faults[0].line == 2
    assert summary.result.faults[0].message


@pytest.mark.parametrize(
    ("agent", "read"),
    [
        (r"a \"quoted\" agent", 'a "quoted" agent'),
        (r"a \x22quoted\x22 agent", 'a "quoted" agent'),
        ('a "quoted" agent', 'a "quoted" agent'),
        (r"back\\slash", r"back\slash"),
        (r"M\xc3\xbcller", "Müller"),
        (r"M\xfcller", "Müller"),
        (r"a\ttab", "a\ttab"),
        ("größe", "größe"),
        (r"unknown \q stays", r"unknown \q stays"),
    ],
)
def test_quotes_and_escapes_of_servers(imported, agent, read):
    _summary, [event] = imported(swapped(("Mozilla/5.0 (X11)", agent)))
    assert event["user_agent"] == read


def test_bytes_that_are_no_utf_8_stay_apart(imported):
    lines = [swapped(("a.pdf", f"r{e}sum{e}.pdf")) for e in ("%E9", "%E8", r"\xe9", r"\xc3\xa9")]
    _summary, events = imported(*lines)
    names = [event["resource"] for event in events]
    assert names == [
        "file:r%E9sum%E9.pdf",
        "file:r%E8sum%E8.pdf",
        "file:r%E9sum%E9.pdf",
        "file:résumé.pdf",
    ]
    _summary, [event] = imported(swapped(("a.pdf", "\xe9.pdf")).encode("latin-1"))
    assert event["resource"] == "file:%E9.pdf"
    assert imported(swapped(("Mozilla", "M\xfcller")).encode("latin-1"))[1]


@pytest.mark.parametrize("user", ["-", '""', "????", ":guest"])
def test_nobody_is_signed_in(imported, user):
    _summary, [event] = imported(swapped((" mary ", f" {user} ")))
    assert "user_id" not in event


def test_users_with_blanks_quotes_and_ats(imported):
    for written, user in (
        ("mary jane", "mary jane"),
        ('"mary jane"', "mary jane"),
        (r"m\xc3\xbcller", "müller"),
        ("@jdoe", "@jdoe"),
        ("mary@example.org", "mary@example.org"),
    ):
        _summary, [event] = imported(swapped((" mary ", f" {written} ")))
        assert event["user_id"] == user


def test_months_are_the_english_ones(imported):
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    _summary, events = imported(*(LINE.replace("May", month) for month in months))
    assert [event["timestamp"][5:7] for event in events] == [f"{n:02d}" for n in range(1, 13)]


def test_nothing_counts_less_because_of_an_accessory(imported):
    lines = [
        swapped((" 2030 ", " -1 ")),
        swapped((" 2030 ", " null ")),
        swapped((" 2030 ", " 23.0 ")),
        swapped(("192.0.2.7", "null")),
        swapped(("https://search.example/?q=1", "https://x/" + "r" * 9_000)),
        swapped(("Mozilla/5.0 (X11)", "a" * 9_000)),
        swapped(("?x=1", "?x=" + "q" * 9_000)),
    ]
    summary, events = imported(*lines)
    assert str(summary.result) == "imported 7, skipped 0, malformed 0"
    assert [event.get("size") for event in events] == [None, None, 23, 2030, 2030, 2030, 2030]
    assert "ip_address" not in events[3]
    assert len(events[4]["referrer"]) == len(events[5]["user_agent"]) == 8_190
    assert dict(summary.result.warnings) == {
        "size": 3, "ip_address": 1, "referrer": 1, "user_agent": 1, "request_url": 1
    }  # fmt: skip


def test_lines_are_counted_and_the_first_faults_shown_with_their_line(imported):
    bad = [f"bad {n}" for n in range(7)]
    summary, events = imported(LINE, "", "  ", *bad, LINE.replace("/files", "/x"), LINE)
    assert str(summary.result) == "imported 2, skipped 1, malformed 7"
    assert [fault.line for fault in summary.result.faults] == [4, 5, 6]
    assert summary.result.reasons == {"is not in the combined format": 7}
    assert summary.result.rules == {1: 2}
    assert len(events) == 2


def test_ids_follow_from_the_line_and_its_occurrence(imported):
    other = LINE.replace("a.pdf", "b.pdf")
    _summary, once = imported(LINE, other, LINE)
    _summary, again = imported("bad", LINE, LINE, other, ending=b"\r\n")
    ids = [[event["id"] for event in events] for events in (once, again)]
    assert len(set(ids[0])) == 3
    assert sorted(ids[0]) == sorted(ids[1])


def test_ids_are_those_of_earlier_versions(imported):
    """An import from before and the same file now count once."""
    _summary, [event] = imported(LINE)
    assert event["id"] == "21a8777be06540fab2195b61b9b61c75-1"


def test_occurrences_are_remembered_for_a_while_only():
    """A million lines of a month, and the same line again while its minute is remembered."""
    seen = Occurrences(remembered=1_000)
    minute = 60_000
    for number in range(100_000):
        seen.id_of(b"%d" % number, number * 500)
    assert seen.id_of(b"99999", 99_999 * 500).endswith(b"-2")
    assert seen.id_of(b"99999", 99_999 * 500).endswith(b"-3")
    assert sum(len(one) for one in seen._minutes.values()) <= 1_000 + 2 * minute // 500
