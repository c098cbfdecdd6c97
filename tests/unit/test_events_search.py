"""The audit log without an engine: parameters, bodies, cursors, and pages of what is visible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from stats.errors import InputError
from stats.events import search as log
from stats.events.search import AuditRequest, build_audit, parse_audit, run_all, run_page
from stats.kinds.declared import build_kinds
from stats.times import UTC

KINDS = build_kinds()
TYPES = ("record-view", "file-download")


def hit(number: int, resource: str = "record:r") -> dict[str, Any]:
    source = {"id": f"e{number:05d}", "type": "record-view", "resource": resource}
    return {"_source": source, "sort": [number, f"e{number:05d}", "record-view"]}


class Hits:
    """A store that answers what comes after the cursor; counts how often it is asked."""

    def __init__(self, hits: Sequence[dict[str, Any]]) -> None:
        self.hits = sorted(hits, key=lambda h: h["sort"], reverse=True)
        self.asked = 0

    def raw(self, type_name: str, month: str | None = None) -> str:
        return f"events-stats-{type_name}"

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        assert index == "events-stats-record-view,events-stats-file-download"
        self.asked += 1
        after = body.get("search_after")
        rest = [h for h in self.hits if after is None or h["sort"] < after]
        return {"hits": {"hits": rest[: body["size"]]}}


def ids(events: Sequence[dict[str, Any]]) -> list[int]:
    return [int(event["id"][1:]) for event in events]


def test_parameters() -> None:
    given = {"user": "u", "resource": "community:c", "type": "record-view", "size": "7"}
    asked = parse_audit(
        {**given, "from": "2025-01-02", "to": "2025-01-02"}, types=TYPES, kinds=KINDS
    )
    assert asked == AuditRequest(
        types=("record-view",),
        user="u",
        resource="community:c",
        start=datetime(2025, 1, 2, tzinfo=UTC),
        end=datetime(2025, 1, 3, tzinfo=UTC),
        size=7,
    )
    assert parse_audit({"from": "", "size": ""}, types=TYPES, kinds=KINDS) == AuditRequest(TYPES)
    moment = "2025-01-02T03:04:05.678+01:00"
    both = parse_audit({"from": moment, "to": moment}, types=TYPES, kinds=KINDS)
    assert both.start == datetime(2025, 1, 2, 2, 4, 5, 678_000, tzinfo=UTC)
    assert both.end == datetime(2025, 1, 2, 2, 4, 5, 679_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"usr": "u"}, "unknown_parameter"),
        ({"resource": "r1"}, "bad_format"),
        ({"user": ""}, "bad_format"),
        ({"resource": ""}, "bad_format"),
        ({"type": ""}, "bad_format"),
        ({"type": "nope"}, "unknown_type"),
        ({"from": "yesterday"}, "bad_format"),
        ({"to": "2025-02-30"}, "bad_format"),
        ({"to": "9999-12-31"}, "out_of_range"),
        ({"to": "9999-12-31T23:59:59.999Z"}, "out_of_range"),
        ({"from": "2025-01-03", "to": "2025-01-02"}, "bad_window"),
        ({"size": "0"}, "out_of_range"),
        ({"size": "1001"}, "out_of_range"),
        ({"size": "x"}, "out_of_range"),
        ({"cursor": "x"}, "bad_format"),
        ({"cursor": "é"}, "bad_format"),
        ({"cursor": log.write_cursor([1, 2, 3])}, "bad_format"),
        ({"cursor": log.write_cursor([True, "a", "b"])}, "bad_format"),
        ({"cursor": log.write_cursor([1, "a"])}, "bad_format"),
        ({"cursor": log.write_cursor([2**63, "a", "b"])}, "bad_format"),
        ({"cursor": log.write_cursor([-(2**63), "a", "b"])}, "bad_format"),
        ({"cursor": "bnVsbA"}, "bad_format"),
        ({"user": "u" * 257}, "too_long"),
    ],
)
def test_what_is_wrong(given: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_audit(given, types=TYPES, kinds=KINDS)
    assert refused.value.code == code
    assert refused.value.field == next(reversed(given))


def test_the_body_has_every_filter_and_no_bookkeeping() -> None:
    given = {"user": "u", "resource": "space:s", "from": "2025-01-02"}
    cursor = log.write_cursor([5, "e", "record-view"])
    body = build_audit(parse_audit({**given, "cursor": cursor}, types=TYPES, kinds=KINDS))
    assert body["query"]["bool"]["filter"] == [
        {"term": {"private.user_id": "u"}},
        {"term": {"resources": "space:s"}},
        {"range": {"timestamp": {"gte": "2025-01-02T00:00:00.000Z"}}},
    ]
    assert body["search_after"] == [5, "e", "record-view"]
    assert body["sort"] == [{"timestamp": "desc"}, {"id": "desc"}, {"type": "desc"}]
    assert not {"visitor_id", "session", "partition"} & set(body["_source"])


def test_an_event_is_flat_and_has_no_bookkeeping() -> None:
    source = {
        "id": "e",
        "country": "CH",
        "location": {"lat": 1, "lon": 2},
        "visitor_id": "secret",
        "private": {"user_id": "u", "ip_address": "192.0.2.1"},
    }
    assert log.read_event(source) == {
        "id": "e",
        "country": "CH",
        "location": {"lat": 1, "lon": 2},
        "user_id": "u",
        "ip_address": "192.0.2.1",
    }
    assert log.read_event({"id": "e", "scrubbed": True}) == {"id": "e"}


def test_pages_go_on_where_the_last_ended() -> None:
    store = Hits([hit(number) for number in range(10)])
    found, cursor, pages = [], "", 0
    while cursor is not None:
        given = {"size": "3", **({"cursor": cursor} if cursor else {})}
        page = run_page(parse_audit(given, types=TYPES, kinds=KINDS), store)
        store.hits.insert(0, hit(100 + pages))  # what is new moves nothing
        found += ids(page.events)
        cursor, pages = page.next, pages + 1
    assert found == list(range(9, -1, -1))


def test_pages_are_filled_with_what_is_visible() -> None:
    store = Hits([hit(n, "record:hidden" if n % 3 else "record:r") for n in range(30)])
    asked = AuditRequest(TYPES, size=4)

    def visible(refs: Sequence[str]) -> set[str]:
        return set(refs) - {"record:hidden"}

    first = run_page(asked, store, visible=visible)
    assert ids(first.events) == [27, 24, 21, 18]
    assert ids(list(run_all(asked, store, visible=visible))) == list(range(27, -1, -3))


def test_a_page_of_what_is_hidden_ends_with_a_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_SCANNED", 20)
    store = Hits([hit(n, "record:r" if n < 5 else "record:hidden") for n in range(100)])
    page = run_page(AuditRequest(TYPES, size=10), store, visible=lambda refs: {"record:r"})
    assert (page.events, store.asked) == ([], 2)
    assert page.next == log.write_cursor([80, "e00080", "record-view"])
    everything = run_all(AuditRequest(TYPES), store, visible=lambda refs: {"record:r"})
    assert ids(list(everything)) == [4, 3, 2, 1, 0]


def test_nothing_is_an_empty_page() -> None:
    assert run_page(AuditRequest(TYPES), Hits([])) == log.Page([], None)
