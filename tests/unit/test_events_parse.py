"""Every field of an event: what is taken, and what is refused with which words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import orjson
import pytest

from stats.errors import InputError
from stats.events.accessories import ACCESSORIES, FieldWarning
from stats.events.catalogue import EVENT_TYPES, FILE_DOWNLOAD
from stats.events.fields import FIELDS, LIMITS
from stats.events.parse import dump_event, parse_event
from stats.times import iso_of_ms

NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
DOCS = Path(__file__).parent.parent.parent / "docs" / "events.md"
TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
LEAST = {"type": "file-download", "resource": "file:f1"}
FULL = LEAST | {
    "id": "e-1",
    "timestamp": "2024-05-17T09:08:07.123Z",
    "parents": ["record:r1", "community:zenodo"],
    "owner_id": "7",
    "title": "Größe 🙂",
    "url": "https://repo.example/files/f1",
    "access": "restricted",
    "size": 1000,
    "created": "2020-02-29",
    "user_id": "u7",
    "user_cookie": "c7",
    "session_id": "s7",
    "ip_address": "192.0.2.7",
    "user_agent": "Mozilla/5.0 (X11)",
    "referrer": "https://search.example/?q=1",
    "request_url": "/files/f1?download=1",
    "via": "api",
    "feature": "comment",
    "value": 1.5,
    "extra": {"client": "x", "tries": 2},
}


def parse(**fields):
    return parse_event(LEAST | fields, types=TYPES, now=NOW)


def refused(obj):
    with pytest.raises(InputError) as caught:
        parse_event(obj, types=TYPES, now=NOW)
    return caught.value


def mended(**fields):
    """Return the event that is taken, and what was said of it."""
    warnings: list[FieldWarning] = []
    event = parse_event(LEAST | fields, types=TYPES, now=NOW, warn=warnings.append)
    return event, warnings


def wrong(field, value):
    """Return the code and message for a value that cannot be kept, and check that it counts
    when it is an accessory's."""
    if field not in ACCESSORIES:
        error = refused(LEAST | {field: value})
        assert error.field == field
        return error.code, error.message
    event, (warning,) = mended(**{field: value})
    assert (event.resource, warning.field) == (LEAST["resource"], field)
    return warning.code, warning.message


def test_the_full_event_has_every_field():
    assert set(FULL) == set(FIELDS)


def test_what_was_dumped_parses_to_the_same_event():
    event = parse_event(FULL, types=TYPES, now=NOW)
    again = parse_event(orjson.loads(orjson.dumps(dump_event(event))), types=TYPES, now=NOW)
    assert again == event
    assert dump_event(again) == dump_event(event)


def test_the_least_event_gets_an_id_of_its_own_and_the_time_of_publishing():
    one, two = parse(), parse()
    assert one.type is FILE_DOWNLOAD
    assert iso_of_ms(one.timestamp) == "2024-05-17T12:00:00.000Z"
    assert one.id != two.id
    assert len(one.id) == 32
    assert (one.access, one.via, one.parents, dict(one.extra)) == ("open", "ui", (), {})


def test_null_is_absent_but_an_empty_user_agent_is_there():
    event = parse(user_id=None, user_agent="", id=None)
    assert event.user_id is None
    assert event.user_agent == ""
    assert event.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-17T09:08:07Z", "2024-05-17T09:08:07.000Z"),
        ("2024-05-17T09:08:07", "2024-05-17T09:08:07.000Z"),
        ("2024-05-17T09:08:07.1", "2024-05-17T09:08:07.100Z"),
        ("2024-05-17T09:08:07.123999Z", "2024-05-17T09:08:07.123Z"),
        ("2024-05-17T09:08:07.123456789Z", "2024-05-17T09:08:07.123Z"),
        ("2024-05-17T09:08:07,5Z", "2024-05-17T09:08:07.500Z"),
        ("2024-05-17 09:08Z", "2024-05-17T09:08:00.000Z"),
        ("2024-05-17T01:08:07+02:00", "2024-05-16T23:08:07.000Z"),
        ("2024-05-17T01:08:07-0530", "2024-05-17T06:38:07.000Z"),
        ("2024-05-17T01:08:07+02", "2024-05-16T23:08:07.000Z"),
        ("20240517T090807Z", "2024-05-17T09:08:07.000Z"),
        ("2024-05-17", "2024-05-17T00:00:00.000Z"),
        ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00.000Z"),
        ("2024-05-18T12:00:00.000Z", "2024-05-18T12:00:00.000Z"),
    ],
)
def test_times_are_read_in_every_usual_form_and_cut_to_the_millisecond(text, expected):
    assert iso_of_ms(parse(timestamp=text).timestamp) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yesterday", "bad_format"),
        ("", "bad_format"),
        ("2024-02-30T00:00:00Z", "bad_format"),
        ("2024-05-17T25:00:00Z", "bad_format"),
        ("2024-05-17x09:08:07", "bad_format"),
        ("2024-05-17T09:08:07+25:00", "bad_format"),
        ("0001-01-01T00:00:00+05:00", "bad_format"),
        ("٢٠٢٤-05-17T09:08:07Z", "bad_format"),
        (1715936400, "wrong_type"),
        ("1989-12-31T23:59:59.999Z", "out_of_range"),
        ("2024-05-18T12:00:00.001Z", "in_the_future"),
    ],
)
def test_other_times_are_refused(text, code):
    error = refused(LEAST | {"timestamp": text})
    assert (error.code, error.field) == (code, "timestamp")


@pytest.mark.parametrize("ref", ["file:größe 🙂.txt", "file:a/b c", "x-1:a:b", "file: "])
def test_refs_take_any_id_of_their_grammar(ref):
    assert parse(resource=ref, parents=[ref]).resource == ref


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("f1", "bad_format"),
        ("file:", "bad_format"),
        (":f1", "bad_format"),
        ("File:f1", "bad_format"),
        ("1file:f1", "bad_format"),
        ("file:a\nb", "bad_format"),
        ("file:" + "x" * 257, "too_long"),
        (5, "wrong_type"),
        (True, "wrong_type"),
    ],
)
def test_other_refs_are_refused_as_resource_and_as_parent(ref, code):
    error = refused(LEAST | {"resource": ref})
    assert (error.code, error.field) == (code, "resource")
    error = refused(LEAST | {"parents": ["record:r1", ref]})
    assert (error.code, error.field) == (code, "parents")


WRONG_TYPES = {
    "type": [1, [], {}, True],
    "id": [1, [], {}, True],
    "timestamp": [1, [], {}, True],
    "resource": [1, [], {}, True],
    "parents": [1, "record:r1", {}, True, [["record:r1"]], [None]],
    "owner_id": [1, [], {}, True],
    "title": [1, [], {}, True],
    "url": [1, [], {}, True],
    "access": [1, [], {}, True],
    "size": ["1", 1.5, [], {}, True],
    "created": [1, [], {}, True],
    "user_id": [1, [], {}, True],
    "user_cookie": [1, [], {}, True],
    "session_id": [1, [], {}, True],
    "ip_address": [1, [], {}, True],
    "user_agent": [1, [], {}, True],
    "referrer": [1, [], {}, True],
    "request_url": [1, [], {}, True],
    "via": [1, [], {}, True],
    "feature": [1, [], {}, True],
    "value": ["1", [], {}, True],
    "extra": [1, "x", [], True, {"a": {}}, {"a": []}, {"a": None}, {"a": True}],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in WRONG_TYPES.items() for value in values],
)
def test_a_field_of_the_wrong_type_is_named(field, value):
    code, message = wrong(field, value)
    assert code == "wrong_type"
    assert field in message


def test_every_field_is_tried_with_wrong_types():
    assert set(WRONG_TYPES) == set(FIELDS)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id", "", "bad_format"),
        ("id", "a\x00b", "bad_format"),
        ("user_id", "", "bad_format"),
        ("session_id", "\x7f", "bad_format"),
        ("owner_id", "a\nb", "bad_format"),
        ("feature", "", "bad_format"),
        ("title", "\ud800", "bad_format"),
        ("user_agent", "a\0b", "bad_format"),
        ("request_url", "", "bad_format"),
        ("user_cookie", "", "bad_format"),
        ("url", "javascript:alert(1)", "bad_format"),
        ("url", "https://repo.example/a b", "bad_format"),
        ("url", "", "bad_format"),
        ("access", "Open", "bad_format"),
        ("via", "", "bad_format"),
        ("size", -1, "out_of_range"),
        ("size", 2**53, "out_of_range"),
        ("value", float("nan"), "out_of_range"),
        ("value", float("inf"), "out_of_range"),
        ("value", -float("inf"), "out_of_range"),
        ("value", 10**400, "out_of_range"),
        ("ip_address", "", "bad_format"),
        ("ip_address", "192.0.2.300", "bad_format"),
        ("ip_address", "192.0.2.1:80", "bad_format"),
        ("ip_address", "[2001:db8::1]", "bad_format"),
        ("ip_address", "fe80::1%eth0", "bad_format"),
        ("ip_address", "localhost", "bad_format"),
        ("created", "2020-13-01", "bad_format"),
        ("extra", {"": 1}, "bad_format"),
        ("extra", {1: 1}, "bad_format"),
        ("extra", {"a": float("nan")}, "out_of_range"),
        ("extra", {"a": 10**400}, "out_of_range"),
        ("extra", {"a": 2**70}, "bad_format"),
        ("extra", {"a": "\ud800"}, "bad_format"),
        ("type", "file-downlod", "unknown_type"),
    ],
)
def test_a_value_of_the_wrong_form_or_range_is_named(field, value, code):
    found, message = wrong(field, value)
    assert found == code
    assert field in message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("file-downlod", "did you mean file-download?"),
        ("zzz", f"GET /api/stats lists all {len(TYPES)}"),
        ("z" * 10_000, "GET /api/stats lists all"),
    ],
)
def test_what_is_said_of_each_line_with_a_wrong_type_is_short(name, hint):
    error = refused(LEAST | {"type": name})
    assert hint in error.message
    assert len(error.message) < 130


LONGEST = {
    "url": lambda n: "/" + "x" * (n - 1),
    "parents": lambda n: [f"record:{i}" for i in range(n)],
    "extra": lambda n: {"a": "x" * (n - len('{"a":""}'))},
}


@pytest.mark.parametrize("field", sorted(LIMITS.keys() & FIELDS.keys()))
def test_the_longest_value_is_taken_whole_and_one_more_is_not(field):
    make = LONGEST.get(field, lambda n: "x" * n)
    value = make(LIMITS[field])
    taken = getattr(parse(**{field: value}), field)
    assert taken == (tuple(value) if field == "parents" else value)
    code, message = wrong(field, make(LIMITS[field] + 1))
    assert code == ("too_large" if field in ("parents", "extra") else "too_long")
    assert str(LIMITS[field]) in message


@pytest.mark.parametrize(
    ("field", "value", "kept", "done"),
    [
        ("title", "é" * 5000, "é" * 4096, "cut"),
        ("title", "a\0b\ud83d", "a\ufffdb\ufffd", "replaced"),
        ("title", "\ud83d\ude00", "\U0001f600", "replaced"),
        ("user_agent", "Mozilla/5.0 " * 1000, ("Mozilla/5.0 " * 1000)[:8190], "cut"),
        ("referrer", "https://a.example/" + "x" * 9000, "https://a.example/" + "x" * 8172, "cut"),
        ("url", "https://a.example/" + "x" * 9000, "https://a.example/" + "x" * 8172, "cut"),
        ("url", "javascript:" + "x" * 9000, None, "left out"),
        ("size", 23.0, 23, "read as 23"),
        ("size", "23.0", 23, "read as 23"),
        ("size", "23", 23, "read as 23"),
        ("size", -1, None, "left out"),
        ("size", "-1", None, "left out"),
        ("size", "null", None, "left out"),
        ("size", 23.5, None, "left out"),
        ("size", "inf", None, "left out"),
        ("size", float("nan"), None, "left out"),
        ("size", True, None, "left out"),
        ("size", 10**400, None, "left out"),
        ("ip_address", "null", None, "left out"),
        ("user_id", "", None, "left out"),
        ("owner_id", "x" * 257, None, "left out"),
        ("created", "last year", None, "left out"),
    ],
)
def test_what_is_kept_of_an_accessory_and_what_is_said_of_it(field, value, kept, done):
    event, (warning,) = mended(**{field: value})
    assert getattr(event, field) == kept
    assert warning.field == field
    assert warning.message.endswith(f": {done}")


@pytest.mark.parametrize("field", ["session_id", "user_cookie", "request_url"])
def test_two_identities_that_begin_alike_stay_two(field):
    values = ["x" * 9000 + "a", "x" * 9000 + "b", "x\0", "x\n", "\ud800"]
    kept = [getattr(mended(**{field: value})[0], field) for value in values]
    assert len(set(kept)) == len(values)
    assert kept == [getattr(mended(**{field: value})[0], field) for value in values]


def test_each_accessory_that_is_wrong_is_said_and_the_null_ones_are_absent():
    event, warnings = mended(size=-1, title="x" * 5000, ip_address="null", referrer=None)
    assert [warning.field for warning in warnings] == ["size", "title", "ip_address"]
    assert (event.size, event.ip_address, event.referrer) == (None, None, None)


def test_a_mended_event_parses_from_the_queue_without_a_word():
    event, _ = mended(size="23", title="a\0b", session_id="x" * 300, url="ftp://x", user_agent=7)
    again: list[FieldWarning] = []
    read = orjson.loads(orjson.dumps(dump_event(event)))
    assert parse_event(read, types=TYPES, now=NOW, warn=again.append) == event
    assert again == []


def test_parents_are_each_once_in_their_order():
    event = parse(parents=["record:b", "record:a", "record:b"])
    assert event.parents == ("record:b", "record:a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
    ],
)
def test_one_address_has_one_form(text, expected):
    assert parse(ip_address=text).ip_address == expected


@pytest.mark.parametrize(("field", "near"), [("resourc", "resource"), ("userid", "user_id")])
def test_an_unknown_field_is_refused_with_the_near_one(field, near):
    error = refused(LEAST | {field: 1})
    assert (error.code, error.field) == ("unknown_field", field)
    assert near in error.message


@pytest.mark.parametrize("obj", [None, [], "x", 1, [LEAST]])
def test_only_an_object_is_an_event(obj):
    assert refused(obj).code == "wrong_type"


@pytest.mark.parametrize("field", ["type", "resource"])
def test_what_is_required_is_missed(field):
    without = {name: value for name, value in LEAST.items() if name != field}
    for obj in (without, LEAST | {field: None}):
        error = refused(obj)
        assert (error.code, error.field) == ("missing", field)


def test_a_clock_may_be_a_day_ahead():
    late = (NOW + timedelta(hours=23)).isoformat()
    assert parse(timestamp=late).timestamp


def test_the_documentation_names_every_field_and_limit():
    rows = [row for row in DOCS.read_text("utf-8").splitlines() if row.startswith("| `")]
    documented = "\n".join(row.split("|")[1] for row in rows)
    assert [field for field in FIELDS if f"`{field}`" not in documented] == []
    for field in LIMITS.keys() & FIELDS.keys():  # nobody can send the others
        (row,) = [row for row in rows if f"`{field}`" in row.split("|")[1]]
        assert row.split("|")[3].split()[0] == str(LIMITS[field])
