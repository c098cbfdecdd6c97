"""Lines of logs become events: what is taken, skipped and malformed, and every wrong mapping."""

from __future__ import annotations

import gzip
import io
from datetime import datetime, timezone
from pathlib import Path

import pytest

from stats.errors import InputError
from stats.events.catalogue import EVENT_TYPES
from stats.events.importers.combined import read_combined
from stats.events.importers.counter import COLUMNS, read_counter
from stats.events.importers.formats import line_reader
from stats.events.importers.importing import EventLines, open_log, read_text, run_import
from stats.events.importers.mapping import parse_mapping, path_of

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
MAPPING = """
[[rule]]
path = '^/files/(?P<name>[^?]+)$'
type = "file-download"
resource = "file:{name}"
parents = ["collection:files", "record:{name}"]
owner_id = "o-{name}"
title = "The {name}"
access = "restricted"
via = "api"

[[rule]]
path = '^/(?P<kind>files|records)/'
type = "record-view"
resource = "record:{kind}"
"""
LINE = (
    '192.0.2.7 - mary [17/May/2015:10:05:03 +0200] "GET /files/a.pdf?x=1 HTTP/1.1" 200 2030 '
    '"https://search.example/?q=1" "Mozilla/5.0 (X11)"'
)


def mapping(text=MAPPING, **more):
    return parse_mapping(text, type_names=TYPES, **more)


def combined(line=LINE, **parts):
    for old, new in parts.pop("swap", {}).items():
        assert old in line
        line = line.replace(old, new)
    return read_combined(line, mapping=mapping())


def test_a_line_is_an_event():
    assert combined() == {
        "type": "file-download",
        "resource": "file:a.pdf",
        "parents": ["collection:files", "record:a.pdf"],
        "owner_id": "o-a.pdf",
        "title": "The a.pdf",
        "access": "restricted",
        "via": "api",
        "timestamp": "2015-05-17T10:05:03+0200",
        "ip_address": "192.0.2.7",
        "user_id": "mary",
        "user_agent": "Mozilla/5.0 (X11)",
        "referrer": "https://search.example/?q=1",
        "size": 2030,
    }


def test_hyphens_are_empty_or_absent():
    event = combined(
        swap={
            " mary ": " - ",
            " 2030 ": " - ",
            '"Mozilla/5.0 (X11)"': '"-"',
            "https://search.example/?q=1": "-",
        }
    )
    assert (event["user_agent"], event["referrer"]) == ("", "")
    assert "user_id" not in event
    assert "size" not in event


@pytest.mark.parametrize("status", [200, 304])
def test_use_is_counted(status):
    assert combined(swap={" 200 ": f" {status} "})


@pytest.mark.parametrize(
    "swap",
    [
        {" 200 ": " 206 "},
        {" 200 ": " 404 "},
        {" 200 ": " 301 "},
        {"GET": "HEAD"},
        {"GET": "POST"},
        {"/files/": "/elsewhere/"},
        {"GET /files/a.pdf?x=1 HTTP/1.1": "-"},
        {"GET /files/a.pdf?x=1 HTTP/1.1": r"\x16\x03\x01"},
    ],
)
def test_other_requests_are_skipped(swap):
    assert combined(swap=swap) is None


def test_the_first_rule_that_matches_wins():
    assert combined()["type"] == "file-download"
    assert combined(swap={"/files/": "/records/"})["resource"] == "record:records"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        LINE[:-20],
        LINE.replace("May", "Mai"),
        LINE.replace("May", "anF"),
        LINE.replace("17/May/2015", "2015-05-17"),
        LINE.replace(" 200 ", " OK "),
        LINE.replace(" 2030 ", " many "),
        LINE + " 0.003",
    ],
)
def test_a_malformed_line_says_so(line):
    with pytest.raises(InputError):
        combined(line)


@pytest.mark.parametrize(
    ("agent", "read"),
    [
        (r"a \"quoted\" agent", 'a "quoted" agent'),
        ('a "quoted" agent', 'a "quoted" agent'),
        (r"back\\slash", r"back\slash"),
        (r"M\xc3\xbcller", "Müller"),
        (r"M\xfcller", "Müller"),
        ("größe", "größe"),
        (r"unknown \q stays", r"unknown \q stays"),
    ],
)
def test_quotes_and_escapes_of_servers(agent, read):
    assert combined(swap={"Mozilla/5.0 (X11)": agent})["user_agent"] == read


def test_months_are_the_english_ones():
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    found = [combined(swap={"May": month})["timestamp"][5:7] for month in months]
    assert found == [f"{number:02d}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b/%C3%A9?x=%3F", "/a b/é"),
        ("/a%2Fb", "/a/b"),
        ("/a%3Fb?c", "/a?b"),
        ("http://repo.example:8080/a?b", "/a"),
        ("/?a", "/"),
        ("*", "*"),
    ],
)
def test_the_path_is_without_host_and_query_and_percent_decoded(target, path):
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rule = 5", ["rule"]),
        ("", ["rule"]),
        ("nonsense", ["TOML"]),
        ("stauts = [200]\n" + MAPPING, ["stauts", "status"]),
        ('status = ["200"]\n' + MAPPING, ["status"]),
        ("status = [true]\n" + MAPPING, ["status"]),
        ("methods = 'GET'\n" + MAPPING, ["methods"]),
        ("methods = ['GET', 'HEAD']\n" + MAPPING, ["methods", "HEAD"]),
        (MAPPING.replace("[^?]+", "[^?"), ["rule 1", "path"]),
        (MAPPING.replace("path = '^/(", "pfad = '^/("), ["rule 2", "pfad", "path"]),
        (MAPPING.replace('"record-view"', '"record-viev"'), ["rule 2", "type", "record-viev"]),
        (MAPPING.replace('"record-view"', "5"), ["rule 2", "type"]),
        (MAPPING.replace("{kind}", "{kinds}"), ["rule 2", "resource", "kinds"]),
        (MAPPING.replace("{kind}", "{kind.__class__}"), ["rule 2", "resource"]),
        (MAPPING.replace("{kind}", "{kind!r}"), ["rule 2", "resource"]),
        (MAPPING.replace("{kind}", "{kind"), ["rule 2", "resource"]),
        (MAPPING.replace("record:{kind}", "records"), ["rule 2", "resource", "kind:id"]),
        (MAPPING.replace("collection:files", "files"), ["rule 1", "parents", "kind:id"]),
        (MAPPING.replace('"restricted"', '"secret"'), ["rule 1", "access"]),
        (MAPPING.replace('via = "api"', 'via = "bot"'), ["rule 1", "via"]),
        (MAPPING.replace('["collection:files", "record:{name}"]', '"x"'), ["rule 1", "parents"]),
        (MAPPING.replace('resource = "record:{kind}"', ""), ["rule 2", "resource", "missing"]),
    ],
)
def test_a_wrong_mapping_names_the_rule_and_the_key(text, words):
    with pytest.raises(InputError) as caught:
        mapping(text)
    assert all(word in caught.value.message for word in words), caught.value.message


def test_a_group_that_took_no_part_is_empty():
    rules = mapping(
        "[[rule]]\npath = '^/r/(?P<id>[0-9]+)(?P<v>v[0-9])?'\ntype = 'record-view'\n"
        "resource = 'record:{id}{v}'"
    )
    assert rules.match("/r/5")["resource"] == "record:5"
    assert rules.match("/r/5v2")["resource"] == "record:5v2"


class Queues:
    """Takes what is published, to show it."""

    def __init__(self):
        self.published = []

    def publish(self, type_name, bodies):
        self.published += [(type_name, body) for body in bodies]


def import_lines(*lines, ending=b"\n", reader=None, now=NOW):
    queues, sizes = Queues(), []
    read_line = reader or line_reader("combined", mapping=MAPPING, type_names=TYPES)
    events = EventLines(read_line, types=TYPES, now=now)
    content = b"".join((x if isinstance(x, bytes) else x.encode()) + ending for x in lines)
    result = run_import(io.BytesIO(content), events, queues=queues, report=sizes.append)
    assert sum(sizes) == len(content)
    return result, queues.published


def test_lines_are_counted_and_the_first_faults_shown_with_their_line():
    bad = [f"bad {n}" for n in range(7)]
    result, published = import_lines(LINE, "", "  ", *bad, LINE.replace("/files", "/x"), LINE)
    assert str(result) == "imported 2, skipped 1, malformed 7"
    assert [fault.line for fault in result.faults] == [4, 5, 6, 7, 8]
    assert len(published) == 1


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("a.pdf", "a%00b"),
        LINE.replace("a.pdf", "x" * 300),
        LINE.replace("2015", "2024").replace("17/May", "19/May"),
        LINE.replace("2015", "1989"),
        LINE.replace("17/May", "32/May"),
    ],
)
def test_a_line_whose_event_would_be_refused_is_malformed(line):
    result, published = import_lines(line)
    assert str(result) == "imported 0, skipped 0, malformed 1"
    assert result.faults[0].message
    assert published == []


def test_ids_follow_from_the_line_and_its_occurrence():
    other = LINE.replace("a.pdf", "b.pdf")
    _result, once = import_lines(LINE, other, LINE)
    _result, again = import_lines("bad", LINE, LINE, other, ending=b"\r\n")
    ids = [event_ids(published) for published in (once, again)]
    assert len(set(ids[0])) == 3
    assert sorted(ids[0]) == sorted(ids[1])


def event_ids(published):
    return [part.split(b'"')[0] for _type, body in published for part in body.split(b'"id":"')[1:]]


def test_bytes_that_are_not_utf_8_are_read():
    result, _published = import_lines(LINE.replace("Mozilla", "M\xfcller").encode("latin-1"))
    assert result.imported == 1


def test_a_compressed_log_and_one_that_is_none(tmp_path):
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    with open_log(tmp_path / "a.log.gz") as stream:
        assert list(stream) == [b"one\n", b"two\n"]
    (tmp_path / "b.log.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"b\.log\.gz"), open_log(tmp_path / "b.log.gz") as stream:
        list(stream)
    for path in (tmp_path / "absent.log", tmp_path):
        with pytest.raises(InputError, match="cannot read"), open_log(path):
            pass
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="cannot read"):
        read_text(tmp_path / "bad.toml")


def test_an_access_log_needs_a_mapping():
    with pytest.raises(InputError, match="mapping"):
        line_reader("combined", mapping=None, type_names=TYPES)


ROW = dict.fromkeys(COLUMNS, "-") | {
    "event_time": "2018-03-01T00:00:00-0800",
    "client_ip": "192.0.2.7",
    "session_cookie_id": "s1",
    "user_cookie_id": "c1",
    "user_id": "u1",
    "request_url": "http://repo.example/stash/dataset/doi:10.1/x",
    "identifier": "doi:10.1/x",
    "user_agent": "Mozilla/5.0 (X11)",
    "title": "A title",
}


def row(**columns):
    return "\t".join((ROW | columns).values())


def test_a_view_of_a_dataset():
    assert read_counter(row(), mapping=None) == {
        "type": "dataset-view",
        "resource": "dataset:doi:10.1/x",
        "title": "A title",
        "timestamp": "2018-03-01T00:00:00-0800",
        "ip_address": "192.0.2.7",
        "user_agent": "Mozilla/5.0 (X11)",
        "user_id": "u1",
        "session_id": "s1",
    }


def test_a_request_of_a_file():
    event = read_counter(row(filename="data.csv", size="23"), mapping=None)
    assert (event["type"], event["resource"]) == ("file-download", "file:doi:10.1/x/data.csv")
    assert (event["parents"], event["size"]) == (["dataset:doi:10.1/x"], 23)


def test_a_request_of_a_whole_dataset():
    event = read_counter(row(size="23"), mapping=None)
    assert (event["type"], event["resource"]) == ("dataset-download", "dataset:doi:10.1/x")
    assert (event["title"], event["size"]) == ("A title", 23)


@pytest.mark.parametrize("null", ["-", "", "????"])
def test_nulls_of_a_counter_log(null):
    event = read_counter(
        row(user_id=null, session_cookie_id=null, user_agent=null, client_ip=null), mapping=None
    )
    assert event["session_id"] == "c1"
    assert event["user_agent"] == ""
    assert "user_id" not in event
    assert "ip_address" not in event


def test_comments_are_skipped_and_other_lines_counted():
    reader = line_reader("counter", mapping=None, type_names=TYPES)
    result, _published = import_lines(
        "#Version: 0.0.1", row(), row() + "\tmore", row(size="many"), row(event_time="-"),
        row(identifier="-"), row(event_time="yesterday"), reader=reader
    )  # fmt: skip
    assert str(result) == "imported 1, skipped 1, malformed 5"


def test_a_mapping_decides_on_the_path_of_a_counter_log():
    text = (
        "[[rule]]\npath = '^/stash/(?P<what>[a-z]+)/'\ntype = 'record-view'\n"
        "resource = 'record:{what}/{identifier}'"
    )
    reader = line_reader("counter", mapping=text, type_names=TYPES)
    assert reader(row())["resource"] == "record:dataset/doi:10.1/x"
    assert reader(row(request_url="http://repo.example/other")) is None
    with pytest.raises(InputError, match="identifier"):
        line_reader("combined", mapping=text, type_names=TYPES)


def test_the_example_of_a_mapping_is_right():
    example = Path(__file__).parent.parent.parent / "docs" / "events.md"
    text = example.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    assert mapping(text).rules
