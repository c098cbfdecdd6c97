"""Parts of the views that need no engine and no application."""

from __future__ import annotations

import gzip
import threading
from datetime import datetime

import pytest
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.test import EnvironBuilder

from stats.errors import InputError, StoreUnavailable
from stats.limits import Limits
from stats.times import UTC
from stats.views.counted_until import CountedUntil
from stats.views.probes import Probed, Probes
from stats.views.request_parsing import (
    parse_batch,
    read_args,
    read_batch,
    read_json,
    read_list,
)


def request(body: bytes, content_type: str | None = None, coding: str | None = None) -> Request:
    headers = {"Content-Encoding": coding} if coding is not None else {}
    return Request(
        EnvironBuilder(
            method="POST", data=body, content_type=content_type, headers=headers
        ).get_environ()
    )


NDJSON = "application/x-ndjson"
LIMITS = Limits()


@pytest.mark.parametrize(
    ("body", "content_type", "items", "alone"),
    [
        (b'{"a": 1}', None, [{"a": 1}], True),
        (b'\n {"a":\n 1}\n', None, [{"a": 1}], True),
        (b'[{"a": 1}, 2]', "application/json", [{"a": 1}, 2], False),
        (b"[]", None, [], False),
        (b'{"a": 1}', NDJSON, [{"a": 1}], False),
        (b"", NDJSON, [], False),
        (b'{"a": 1}\n{"b": 2}\n', "application/x-www-form-urlencoded", [{"a": 1}, {"b": 2}], False),
        (b'{"a": 1}\r\n\r\n{"b": 2}', None, [{"a": 1}, {"b": 2}], False),
        ('{"a": "x\u2028y"}\n{"b": 2}'.encode(), None, [{"a": "x\u2028y"}, {"b": 2}], False),
        (b"7", None, [7], True),
        (b'\xef\xbb\xbf{"a": 1}', None, [{"a": 1}], True),
        (b'\xef\xbb\xbf{"a": 1}\n{"b": 2}\n', NDJSON, [{"a": 1}, {"b": 2}], False),
    ],
)
def test_a_body_is_one_object_an_array_or_lines(
    body: bytes, content_type: str | None, items: list[object], alone: bool
) -> None:
    batch = read_batch(request(body, content_type), LIMITS)
    assert (list(batch.items), batch.alone) == (items, alone)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a": NaN}'])
def test_a_body_that_is_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_batch(request(body), LIMITS)
    assert caught.value.code == "not_json"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", " GZIP ", "identity", ""])
def test_a_body_may_be_compressed(coding: str) -> None:
    body = b'\xef\xbb\xbf[{"a": 1}]'
    packed = gzip.compress(body[:5]) + gzip.compress(body[5:])  # members, as of joined files
    sent = packed if "zip" in coding.lower() else body
    assert read_json(request(sent, coding=coding), LIMITS) == [{"a": 1}]


@pytest.mark.parametrize("body", [b"{}", b"", gzip.compress(b"{}")[:-3], b"\x1f\x8b\x08junk" * 3])
def test_what_is_not_whole_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="gzip" if body else "JSON"):
        read_batch(request(body, coding="gzip"), LIMITS)


def test_a_small_body_that_unpacks_to_a_large_one_is_refused() -> None:
    bomb = gzip.compress(bytes(LIMITS.body_bytes + 1))
    assert len(bomb) < 20_000
    with pytest.raises(RequestEntityTooLarge, match="unpacked"):
        read_batch(request(bomb, coding="gzip"), LIMITS)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip"])
def test_other_codings_are_refused(coding: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="in gzip, not in"):
        read_batch(request(b"{}", coding=coding), LIMITS)


def test_a_bad_line_is_refused_in_its_place() -> None:
    def parse(item: object) -> object:
        if item == 0:
            raise InputError("out_of_range", "zero", field="n")
        return item

    batch = read_batch(request(b"1\n{\n0\n2\n"), LIMITS)
    accepted, rejected = parse_batch(batch, parse)
    assert accepted == [1, 2]
    assert [(r["index"], r["code"], r["field"]) for r in rejected] == [
        (1, "not_json", ""),
        (2, "out_of_range", "n"),
    ]


def address(query: str, path: str = "/") -> Request:
    return Request({"PATH_INFO": path, "QUERY_STRING": query})


def test_an_argument_is_known_and_counts_once() -> None:
    assert read_args(address("a=1&b=&%C3%BC=%EF%BF%BD")) == {"a": "1", "b": "", "ü": "\ufffd"}
    assert read_args(address("a=1"), ("a", "b")) == {"a": "1"}
    assert read_list(address("a=1&a=2"), "a") == ["1", "2"]


@pytest.mark.parametrize(
    ("query", "path", "code", "field"),
    [
        ("a=1&a=1", "/", "bad_format", "a"),
        ("a=1&c=1", "/", "unknown_parameter", "c"),
        ("x" * 100, "/", "unknown_parameter", "x" * 64),
        ("a=1&b=%ff", "/", "bad_format", "b"),
        ("%ff=1", "/", "bad_format", "\ufffd"),
        ("a=\xff", "/", "bad_format", "a"),
        ("a=%ED%A0%80", "/", "bad_format", "a"),
        ("a=1", "/record:\xff", "bad_format", "ref"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(
    query: str, path: str, code: str, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_args(address(query, path), ("a", "b"))
    assert (caught.value.code, caught.value.field) == (code, field)
    with pytest.raises(InputError):
        read_list(address(query.replace("a=1&a=1", "b=1"), path), "a")


def test_how_far_the_counting_is_is_asked_once_a_second() -> None:
    clock = [0.0]
    moments = [None, datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)]
    counted = CountedUntil(lambda: moments.pop(0), clock=lambda: clock[0])
    assert counted.get() is None  # "never" is not remembered
    assert counted.get() == datetime(2025, 1, 1, tzinfo=UTC)
    clock[0] = 0.99
    assert counted.get() == datetime(2025, 1, 1, tzinfo=UTC)
    clock[0] = 1.0
    assert counted.get() == datetime(2025, 1, 2, tzinfo=UTC)


def test_an_engine_that_hangs_holds_up_nobody_and_has_one_thread() -> None:
    release = threading.Event()
    calls: list[int] = []

    def hang() -> None:
        calls.append(1)
        release.wait(30)

    def refuse() -> None:
        raise StoreUnavailable("MongoDB", "no")

    def fail() -> None:
        raise ZeroDivisionError("secret")

    probes = Probes(
        {"hangs": hang, "refuses": refuse, "fails": fail, "answers": lambda: None}, seconds=0.1
    )
    expected = {
        "hangs": Probed(False, "no answer within 0.1 s"),
        "refuses": Probed(False, "not reachable"),
        "fails": Probed(False, "not reachable"),
        "answers": Probed(True),
    }
    assert probes.run() == expected
    assert probes.run() == expected
    assert calls == [1]
    release.set()
